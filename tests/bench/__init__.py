"""Time and memory of the descriptor engine beside others, in one run on the same data."""
