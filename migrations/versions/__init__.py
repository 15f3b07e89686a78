"""The revisions, one module each; the number says the order."""
