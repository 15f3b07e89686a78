"""What the patient must still do for one authorization request: a stored request, and one dispatcher over it."""
