"""What one run of the tracker holds, written through the tracker that is handed in."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from faultprint.errors import TrackingError
from faultprint.store.training import TrainedModel, Training, numbers, spelled_params

_BATCH = 1000
_DIGEST = 36
"""Characters MLflow keeps of the digest of a data set; the tags hold all."""
_TAG = "booster_sha256"


@dataclass(frozen=True)
class ModelVersion:
    """A registered classifier."""

    name: str
    version: str
    run_id: str
    sha256: str
    """Of the booster's text."""


def log_values(mlflow: Any, training: Training) -> None:
    """Log parameters and metrics: flat, for searching, and whole, as files.

    Parameters
    ----------
    mlflow : Any
        The tracker, with a run under way.
    training : Training
        What to log.
    """
    mlflow.log_params(spelled_params(training.params))
    mlflow.log_dict(dict(training.params), "params.json")
    mlflow.log_dict(dict(training.metrics), "metrics.json")
    found = sorted(numbers(training.metrics).items())
    for first in range(0, len(found), _BATCH):
        mlflow.log_metrics(dict(found[first : first + _BATCH]))


def log_data(mlflow: Any, run_id: str, fingerprints: Mapping[str, str]) -> None:
    """Log which data a run used.

    Parameters
    ----------
    mlflow : Any
        The tracker, with a run under way.
    run_id : str
        The run.
    fingerprints : Mapping[str, str]
        Name of a table or folder -> sha256.
    """
    mlflow.set_tags({f"data.{name}": digest for name, digest in fingerprints.items()})
    entities = mlflow.entities
    inputs = [
        entities.DatasetInput(entities.Dataset(name, digest[:_DIGEST], "local", "{}"), [])
        for name, digest in fingerprints.items()
    ]
    mlflow.MlflowClient().log_inputs(run_id, inputs)


def log_files(mlflow: Any, files: Mapping[str, bytes]) -> None:
    """Log files.

    Parameters
    ----------
    mlflow : Any
        The tracker, with a run under way.
    files : Mapping[str, bytes]
        Path -> content.
    """
    if not files:
        return
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        mlflow.log_artifacts(folder)


def register(mlflow: Any, model: TrainedModel, name: str) -> ModelVersion:
    """Log a classifier with its signature, and register it.

    Parameters
    ----------
    mlflow : Any
        The tracker, with a run under way.
    model : TrainedModel
        The classifier.
    name : str
        Registered model it becomes a version of.

    Returns
    -------
    ModelVersion
        The new version.

    Raises
    ------
    TrackingError
        If the tracker kept the model without its signature.
    """
    digest = hashlib.sha256(model.booster.encode()).hexdigest()
    info = mlflow.lightgbm.log_model(
        lightgbm.Booster(model_str=model.booster),
        name=f"booster-{model.equipment_class}",
        signature=_signature(mlflow, model),
        # left out, MLflow starts a process to find out, which takes ten seconds
        pip_requirements=[f"lightgbm=={lightgbm.__version__}"],
        metadata={"booster_sha256": digest, "classes": list(model.classes)},
    )
    if mlflow.models.get_model_info(info.model_uri).signature is None:
        raise TrackingError.because(
            f"a logged model without signature: {info.model_uri}",
            "one that names its inputs and outputs",
            "log it again with a version of MLflow that keeps signatures",
        )
    client = mlflow.MlflowClient()
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    made = client.create_model_version(
        name, info.model_uri, str(info.run_id), tags={_TAG: digest}, model_id=info.model_id
    )
    return model_version(made)


def model_version(found: Any) -> ModelVersion:
    """Describe a registered version.

    Parameters
    ----------
    found : Any
        The tracker's own record of it.

    Returns
    -------
    ModelVersion
        What matters of it.
    """
    return ModelVersion(found.name, str(found.version), found.run_id, found.tags.get(_TAG, ""))


def _signature(mlflow: Any, model: TrainedModel) -> Any:
    types = mlflow.types
    shares = types.TensorSpec(np.dtype("float64"), (-1, len(model.classes)))
    return mlflow.models.ModelSignature(
        inputs=types.Schema([types.ColSpec("double", name) for name in model.features]),
        outputs=types.Schema([shares]),
    )


def runs_tagged(
    client: Any, experiment: str, tag: str, value: str
) -> list[tuple[str, str, dict[str, str]]]:
    """Find the runs of an experiment that carry a tag.

    Parameters
    ----------
    client : Any
        The tracker's client.
    experiment : str
        Its name.
    tag : str
        Name of the tag.
    value : str
        Its value.

    Returns
    -------
    list[tuple[str, str, dict[str, str]]]
        Of each run its id, when it began [UTC, ISO 8601] and its tags.
    """
    held = client.get_experiment_by_name(experiment)
    if held is None:
        return []
    runs = client.search_runs([held.experiment_id], f"tags.`{tag}` = '{value}'")
    return [
        (
            run.info.run_id,
            datetime.fromtimestamp(run.info.start_time / 1000, UTC).isoformat(timespec="seconds"),
            dict(run.data.tags),
        )
        for run in runs
    ]
