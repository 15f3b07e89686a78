"""The pairing journey, one module per step: each does one thing and follows `flow.complete` to the next."""
