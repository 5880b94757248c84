"""Splits that cannot leak, metrics by event, leakage tests, the promotion gate."""
