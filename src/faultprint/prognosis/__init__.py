"""How long equipment will last: health, remaining useful life and its interval."""
