"""Boards: public data judged by protocols that cannot leak."""
