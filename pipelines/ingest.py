"""The flow that reads the plant's files into tables."""

from __future__ import annotations

from prefect import flow

from pipelines import tasks


@flow(name="ingest")
def ingest(params: str = tasks.PARAMS) -> str:
    """Read the plant's files into assets, readings, events and rejects."""
    return tasks.ingest(params)


if __name__ == "__main__":
    ingest()
