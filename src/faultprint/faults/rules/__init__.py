"""Rules that experts write: the language, its units, its three answers."""
