"""Is this still healthy? Conformal limits, persistence, incidents."""
