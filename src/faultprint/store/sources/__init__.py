"""Readers: one for any plant's CSV, Parquet or SQL, and one for each published layout."""
