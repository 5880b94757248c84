"""Faultprint: a versioned database of fault signatures, learnt from histories and experts."""

__version__ = "0.1.0"
