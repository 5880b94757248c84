"""The flow that learns a candidate release from tables."""

from __future__ import annotations

from prefect import flow

from pipelines import tasks
from pipelines.artifacts import Progress


@flow(name="train")
def train(params: str = tasks.PARAMS) -> str:
    """Describe windows, subtract what healthy equipment reads, learn signatures."""
    progress = Progress("train", steps=3)
    tasks.describe(params)
    progress.step()
    tasks.expect(params)
    progress.step()
    candidate = tasks.learn(params)
    progress.step()
    return candidate


if __name__ == "__main__":
    train()
