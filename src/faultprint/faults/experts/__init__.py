"""What experts said of incidents: settling, carrying over, what still stands."""
