"""Every test of the signature database runs on SQLite and on PostgreSQL."""

from tests.store.databases import url

__all__ = ["url"]
