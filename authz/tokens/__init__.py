"""What a client holds: codes, access and refresh tokens, kept as digests, in families that hang from a pairing."""
