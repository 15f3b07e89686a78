"""My data to take away: what is in it, as a zip made while it is sent, and a summary on paper."""
