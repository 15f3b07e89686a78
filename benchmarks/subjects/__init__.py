"""One module per server: how it is laid, started, signed in to, and what it is configured to do."""
