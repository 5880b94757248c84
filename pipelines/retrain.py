"""The flow that reads, learns and publishes again, for a schedule."""

from __future__ import annotations

from prefect import flow

from pipelines import tasks
from pipelines.ingest import ingest
from pipelines.publish import publish
from pipelines.train import train


@flow(name="retrain")
def retrain(params: str = tasks.PARAMS) -> str:
    """Learn from everything there is by now; the gate decides whether it replaces the release."""
    ingest(params)
    train(params)
    return publish(params)


if __name__ == "__main__":
    retrain()
