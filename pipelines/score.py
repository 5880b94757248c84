"""The flow that scores new readings with the current release."""

from __future__ import annotations

from prefect import flow

from pipelines import tasks


@flow(name="score")
def score(params: str = tasks.PARAMS, *, read_first: bool = False) -> str:
    """Score every asset; with ``read_first`` the plant's files are read again before."""
    if read_first:
        tasks.ingest(params)
    return tasks.score(params)


if __name__ == "__main__":
    score()
