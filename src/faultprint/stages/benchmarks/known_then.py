"""Tables as they were known at an instant."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from faultprint.store.parquet import list_assets, read_readings, read_table, write_readings
from faultprint.store.parquet import write_tables as write


def hide_failures(tables: Path, begin: pd.Timestamp) -> None:
    """Take the failures of the judged time out of the tables.

    Parameters
    ----------
    tables : Path
        Folder of tables; ``events`` is written anew.
    begin : pandas.Timestamp
        Begin of the judged time.
    """
    events = read_table(tables, "events")
    later = events["kind"].isin(["failure", "fault"]) & (events["time"] > begin)
    write(tables, {"events": events[~later].reset_index(drop=True)})


def cut_histories(tables: Path, until: pd.Timestamp) -> None:
    """Take everything after an instant out of the tables.

    Parameters
    ----------
    tables : Path
        Folder of tables; ``events`` and ``readings`` are written anew.
    until : pandas.Timestamp
        The instant.
    """
    events = read_table(tables, "events")
    write(tables, {"events": events[events["time"] <= until].reset_index(drop=True)})
    for name, asset in list_assets(tables):
        rows = read_readings(tables, name, asset)
        write_readings(tables, name, rows[rows["time"] <= until].reset_index(drop=True))
