"""What is told to people: contacts, the outbox and its worker, and the channels that deliver."""
