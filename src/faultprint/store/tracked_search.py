"""Searches in the experiment tracker: a run for the search, a child for each trial."""

from __future__ import annotations

from collections.abc import Mapping

from faultprint.config import Tracking
from faultprint.store.studies import Studied
from faultprint.store.tracking import _mlflow
from faultprint.store.training import run_tags, spelled_params


def log_search(uri: str, tracking: Tracking, name: str, studies: Mapping[str, Studied]) -> str:
    """Log the trials of a search.

    Parameters
    ----------
    uri : str
        From :func:`faultprint.store.tracking.prepare`.
    tracking : Tracking
        Settings.
    name : str
        What was searched.
    studies : Mapping[str, Studied]
        Study -> what it found.

    Returns
    -------
    str
        The run of the search.
    """
    # The one place that knows how to reach the tracker lends it within this package.
    with _mlflow(uri) as mlflow:
        mlflow.set_experiment(tracking.experiment)
        with mlflow.start_run(run_name=f"search {name}", tags=run_tags()) as run:
            for study, found in studies.items():
                mlflow.log_dict({"best": found.best, "loss": found.loss}, f"{study}.json")
                for one in found.tried:
                    label = f"{study}, trial {one.number}"
                    with mlflow.start_run(run_name=label, nested=True, tags={"study": study}):
                        mlflow.log_params(spelled_params(one.given))
                        mlflow.log_metrics(
                            {"loss": one.loss, "parts": one.parts, "cpu_seconds": one.cpu}
                        )
            return str(run.info.run_id)
