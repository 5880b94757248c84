"""Every test of the signature database runs on SQLite and on PostgreSQL."""

from tests.store.databases import url
from tests.store.sites import recorded, site

__all__ = ["recorded", "site", "url"]
