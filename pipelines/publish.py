"""The flow that lets the gate decide on a candidate and publishes it."""

from __future__ import annotations

from prefect import flow

from pipelines import tasks


@flow(name="publish")
def publish(params: str = tasks.PARAMS) -> str:
    """Publish the candidate as the next release, or hold it and say why."""
    return tasks.publish(params)


if __name__ == "__main__":
    publish()
