"""Fault signatures: learning, matching, explaining."""
