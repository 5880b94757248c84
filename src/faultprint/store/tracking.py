"""The experiment tracker: runs, registered models and their aliases; the only user of MLflow.

The tracker is a notebook, not the record of truth: it stores absolute paths and does not survive
being moved. What ships is the release.
"""

from __future__ import annotations

import hashlib
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy.exc import DBAPIError

from faultprint.config import Tracking
from faultprint.errors import TrackingError
from faultprint.store import run_log, tracker_env
from faultprint.store.folders import locked
from faultprint.store.run_log import ModelVersion
from faultprint.store.training import TrainedModel, Training, model_name, run_tags

__all__ = [
    "Logged",
    "ModelVersion",
    "TrainedModel",
    "Training",
    "champion",
    "log_training",
    "model_name",
    "prepare",
    "promote",
    "read_booster",
    "read_files",
    "set_alias",
]

Alias = Literal["champion", "challenger"]

DATABASE, ARTIFACTS = "mlflow.db", "mlruns"


@dataclass(frozen=True)
class Logged:
    """Where a training was logged."""

    run_id: str
    versions: dict[str, ModelVersion]
    """Equipment class -> its classifier, now the challenger."""


def prepare(tracking: Tracking, root: Path) -> str:
    """Find the tracker and make it ready, once, whoever else does so at the same time.

    Parameters
    ----------
    tracking : Tracking
        Settings.
    root : Path
        The repository; a DVC experiment that runs elsewhere uses the main one (``DVC_ROOT``).

    Returns
    -------
    str
        URI of the tracker: the one of the settings, or a SQLite file in the repository.
    """
    home = Path(os.environ.get("DVC_ROOT") or root).absolute()
    uri = tracking.uri or f"sqlite:///{home / DATABASE}"
    home.mkdir(parents=True, exist_ok=True)
    with locked(home):
        if tracking.uri is None and not (home / DATABASE).exists():
            _make_database(home)
        with tracker_env.impatient(), _client(uri) as client:
            if client.get_experiment_by_name(tracking.experiment) is None:
                place = None if tracking.uri else (home / ARTIFACTS).as_uri()
                client.create_experiment(tracking.experiment, artifact_location=place)
    return uri


def log_training(uri: str, tracking: Tracking, training: Training) -> Logged:
    """Log a training as one run, and register its classifiers as challengers.

    Parameters
    ----------
    uri : str
        From :func:`prepare`.
    tracking : Tracking
        Settings.
    training : Training
        What to log.

    Returns
    -------
    Logged
        The run and the registered versions. A run that fails half-way is marked as failed.
    """
    with _mlflow(uri) as mlflow:
        mlflow.set_experiment(tracking.experiment)
        with mlflow.start_run(tags={**run_tags(), **training.tags}) as run:
            run_id = str(run.info.run_id)
            run_log.log_values(mlflow, training)
            run_log.log_data(mlflow, run_id, training.fingerprints)
            run_log.log_files(mlflow, training.files)
            versions = {
                model.equipment_class: run_log.register(
                    mlflow, model, model_name(tracking, model.equipment_class)
                )
                for model in training.models
            }
    for version in versions.values():
        set_alias(uri, version.name, "challenger", version.version)
    return Logged(run_id, versions)


def set_alias(uri: str, name: str, alias: Alias, version: str) -> None:
    """Give a registered version an alias; the version that had it loses it.

    Parameters
    ----------
    uri : str
        From :func:`prepare`.
    name : str
        Registered model.
    alias : Alias
        ``champion`` or ``challenger``.
    version : str
        Its version.
    """
    with _client(uri) as client:
        client.get_model_version(name, version)  # SQLite would take an alias of nothing
        client.set_registered_model_alias(name, alias, version)


def champion(
    uri: str, tracking: Tracking, equipment_class: str, alias: Alias = "champion"
) -> ModelVersion:
    """Look up the classifier in charge.

    Parameters
    ----------
    uri : str
        From :func:`prepare`.
    tracking : Tracking
        Settings.
    equipment_class : str
        Equipment class.
    alias : Alias, default 'champion'
        ``champion``, or ``challenger`` for its rival.

    Returns
    -------
    ModelVersion
        The version that has the alias. A missing alias is an error (TrackingError), never the
        latest version.
    """
    with _client(uri) as client:
        return run_log.model_version(
            client.get_model_version_by_alias(model_name(tracking, equipment_class), alias)
        )


def promote(uri: str, tracking: Tracking, equipment_class: str, version: str) -> None:
    """Make a version the champion; it is no longer a challenger.

    Parameters
    ----------
    uri : str
        From :func:`prepare`.
    tracking : Tracking
        Settings.
    equipment_class : str
        Equipment class.
    version : str
        Its version.
    """
    name = model_name(tracking, equipment_class)
    set_alias(uri, name, "champion", version)
    with _client(uri) as client:
        rival = client.get_registered_model(name).aliases.get("challenger")
        if str(rival) == version:  # the client says text, some backends a number
            client.delete_registered_model_alias(name, "challenger")


def read_booster(uri: str, model: ModelVersion) -> str:
    """Fetch the text of a registered classifier.

    Parameters
    ----------
    uri : str
        From :func:`prepare`.
    model : ModelVersion
        Which one.

    Returns
    -------
    str
        LightGBM's text, byte for byte the one that was logged.

    Raises
    ------
    TrackingError
        If it is no longer there or was altered.
    """
    with _mlflow(uri) as mlflow:
        place = f"models:/{model.name}/{model.version}/model.lgb"
        text = Path(mlflow.artifacts.download_artifacts(place)).read_text("utf-8")
    if hashlib.sha256(text.encode()).hexdigest() != model.sha256:
        raise TrackingError.because(
            f"a booster of {model.name} {model.version} that was altered",
            f"sha256 {model.sha256}",
            "train again, or take it from the release",
        )
    return text


def read_files(uri: str, run_id: str, folder: str) -> dict[str, bytes]:
    """Fetch the files of a run, e.g. the parts of the release that a champion belongs to.

    Parameters
    ----------
    uri : str
        From :func:`prepare`.
    run_id : str
        The run.
    folder : str
        Folder in the run.

    Returns
    -------
    dict[str, bytes]
        Path below the folder -> content.
    """
    with _mlflow(uri) as mlflow:
        place = Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=folder))
        files = (path for path in sorted(place.rglob("*")) if path.is_file())
        return {path.relative_to(place).as_posix(): path.read_bytes() for path in files}


def _import() -> Any:
    """Import MLflow only when it is used: it takes seconds, and must find telemetry off."""
    tracker_env.be_quiet()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own modules warn of one another
        import mlflow
        import mlflow.lightgbm
        import mlflow.pyfunc

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It logs a traceback of what it raises too; we say it in a line.
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    return mlflow


@contextmanager
def _mlflow(uri: str) -> Iterator[Any]:
    """Use MLflow on one tracker, and leave its global state as it was."""
    mlflow = _import()
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    try:
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        yield mlflow
    except (mlflow.exceptions.MlflowException, DBAPIError, OSError) as error:
        raise TrackingError.because(
            f"{_said(error)!r:.300} from {uri}",
            "a tracker that answers, holds and takes this",
            "see that it runs, that the model was trained and the alias was given",
        ) from error
    finally:
        mlflow.set_tracking_uri(before[0])
        mlflow.set_registry_uri(before[1])


def _said(error: Exception) -> str:
    """Leave out the statements and tracebacks that a tracker's errors carry along."""
    return " ".join(str(error).partition("[SQL:")[0].split())


@contextmanager
def _client(uri: str) -> Iterator[Any]:
    with _mlflow(uri) as mlflow:
        yield mlflow.MlflowClient(uri, uri)


def _make_database(home: Path) -> None:
    """Make the schema aside: a half-made one, killed on the way, would stay broken for ever."""
    temp = home / f".{DATABASE}.tmp"
    temp.unlink(missing_ok=True)
    with _client(f"sqlite:///{temp}") as client:
        client.search_experiments(max_results=1)
    temp.rename(home / DATABASE)
