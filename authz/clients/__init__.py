"""Apps as OAuth knows them: their rows, their registry, their metadata rules and their security profiles."""
