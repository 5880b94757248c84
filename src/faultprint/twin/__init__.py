"""Expected behaviour of healthy equipment, and what is left over."""
