"""Signatures in words for people."""
