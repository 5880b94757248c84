"""The boundary tables: one schema each, and the vocabulary they share."""

from faultprint.tables.checking import TABLES, check, check_columns, completed, empty, table
from faultprint.tables.vocabulary import (
    EVENT_KINDS,
    GROUP_CUTS,
    QUALITY,
    QUALITY_SUFFIX,
    SENSOR_FAULTS,
    UTC_TIME,
    VERDICTS,
    Column,
    Kind,
    Table,
)

__all__ = [
    "EVENT_KINDS",
    "GROUP_CUTS",
    "QUALITY",
    "QUALITY_SUFFIX",
    "SENSOR_FAULTS",
    "TABLES",
    "UTC_TIME",
    "VERDICTS",
    "Column",
    "Kind",
    "Table",
    "check",
    "check_columns",
    "completed",
    "empty",
    "table",
]
