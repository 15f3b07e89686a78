"""What patients see of a service, and the units of consent with their texts."""
