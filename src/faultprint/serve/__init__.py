"""Scoring with a release, and the service around it."""
