"""The centre: the long-lived link between one profile and one client, and the consents that hang from it."""
