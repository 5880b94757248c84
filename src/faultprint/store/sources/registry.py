"""Which reader opens which kind of source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from faultprint.config import Equipment, Layout, Source
from faultprint.store.sources.azure_pdm import open_azure_pdm
from faultprint.store.sources.cmapss import open_cmapss
from faultprint.store.sources.cwru import open_cwru
from faultprint.store.sources.hydraulic import open_hydraulic
from faultprint.store.sources.plain import open_plain
from faultprint.store.sources.raw import Raw
from faultprint.store.sources.skab import open_skab

Reader = Callable[[Source, Mapping[str, Equipment]], Iterator[Raw]]

READERS: dict[Layout, Reader] = {
    "generic": open_plain,
    "sql": open_plain,
    "azure_pdm": open_azure_pdm,
    "cmapss": open_cmapss,
    "hydraulic": open_hydraulic,
    "skab": open_skab,
    "cwru": open_cwru,
}


def open_source(source: Source, equipment: Mapping[str, Equipment]) -> Iterator[Raw]:
    """Read a source with the reader of its kind.

    Parameters
    ----------
    source : Source
        Section ``source`` of params.yaml.
    equipment : Mapping[str, Equipment]
        Equipment classes.

    Returns
    -------
    Iterator[Raw]
        Frames as the plant wrote them, each with its mapping, a file or chunk at a time.
    """
    return READERS[source.kind](source, equipment)
