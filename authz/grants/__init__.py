"""What each grant type adds to the token endpoint's phases, one module each, and the extensions beside them."""
