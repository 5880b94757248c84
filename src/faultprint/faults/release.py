"""A release in memory: everything scoring needs, and its canonical files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import quote

import yaml
from pydantic import ValidationError

from faultprint.config import (
    Cleaning,
    Descriptors,
    Detect,
    Equipment,
    SensorHealth,
    Settings,
    Strict,
    Windows,
)
from faultprint.errors import ReleaseError
from faultprint.faults.model import ClassModel, class_model_from
from faultprint.faults.rules.book import NO_RULES, RuleBook
from faultprint.faults.rules.parts import rules_from_parts, rules_to_parts
from faultprint.faults.teaching.taught import TaughtSet, taught_from
from faultprint.records import Learnt, MadeFrom, Signature, signature_from
from faultprint.twin.baseline import Twin, twin_from

SCORING = "scoring.json"
LEARNT = "learnt.json"
ORIGIN = "origin.json"
TAUGHT = "taught.json"


class ScoringSettings(Strict):
    """The settings that scoring needs; they travel with the release."""

    equipment: dict[str, Equipment]
    cleaning: Cleaning
    sensor_health: SensorHealth = SensorHealth(enabled=False)
    """Releases from before sensors were judged leave it out."""
    windows: Windows
    descriptors: Descriptors
    detect: Detect


def scoring_settings(settings: Settings) -> ScoringSettings:
    """Pick from params.yaml what scoring needs.

    Parameters
    ----------
    settings : Settings
        All settings.

    Returns
    -------
    ScoringSettings
        Neither seed nor paths nor anything of learning.
    """
    return ScoringSettings(
        equipment=settings.equipment,
        cleaning=settings.cleaning,
        sensor_health=settings.sensor_health,
        windows=settings.windows,
        descriptors=settings.descriptors,
        detect=settings.detect,
    )


@dataclass(frozen=True, eq=False)
class Release:
    """An immutable set of signatures with the models and settings that use it."""

    scoring: ScoringSettings
    models: dict[str, ClassModel]
    """By equipment class."""
    twins: dict[str, Twin]
    """By equipment class."""
    signatures: tuple[Signature, ...]
    learnt: Learnt | None = None
    """On which time and assets; unknown of releases that were made before it was written down."""
    made_from: MadeFrom | None = None
    """Data, code and settings; unknown of releases that were made before it was written down."""
    taught: dict[str, TaughtSet] = field(default_factory=dict)
    """By equipment class, where experts taught something since it was learnt."""
    rules: RuleBook = NO_RULES
    """Signatures written by hand."""


def _canonical(data: Any) -> bytes:
    text = json.dumps(
        data, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    return (text + "\n").encode("utf-8")


def _ordered(data: Any) -> bytes:
    """Write settings: the order of sensors is part of them, so keys stay as they are."""
    return (json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")


def _safe(name: str) -> str:
    """Make a folder or file name of a class or failure mode, also of one with a slash."""
    quoted = quote(name, safe=" ")
    return quoted.replace(".", "%2E") if quoted.startswith(".") else quoted


def signature_path(signature: Signature) -> str:
    """Say where a signature stands in a release.

    Parameters
    ----------
    signature : Signature
        The signature.

    Returns
    -------
    str
        ``signatures/<class>/<mode>.yaml``.
    """
    return f"signatures/{_safe(signature.equipment_class)}/{_safe(signature.failure_mode)}.yaml"


def signature_text(signature: Signature) -> bytes:
    """Write a signature as its part of a release.

    Parameters
    ----------
    signature : Signature
        The signature.

    Returns
    -------
    bytes
        YAML; equal signatures give equal bytes.
    """
    text = yaml.safe_dump(signature.to_dict(), sort_keys=False, allow_unicode=True, width=100)
    return text.encode("utf-8")


def with_signatures(
    parts: Mapping[str, bytes], held: Iterable[Signature], made: Iterable[Signature]
) -> dict[str, bytes]:
    """Write other signatures into a release.

    Parameters
    ----------
    parts : Mapping[str, bytes]
        Path -> content.
    held : Iterable[Signature]
        Its signatures.
    made : Iterable[Signature]
        What they become, in the same order.

    Returns
    -------
    dict[str, bytes]
        The same release; every part but the signatures that changed stays byte by byte.
    """
    pairs = zip(held, made, strict=True)
    changed = {signature_path(new): signature_text(new) for old, new in pairs if new != old}
    return {**parts, **changed}


def release_to_parts(release: Release) -> dict[str, bytes]:
    """Write a release as files in memory.

    Parameters
    ----------
    release : Release
        The release.

    Returns
    -------
    dict[str, bytes]
        Path -> content, sorted by path: ``scoring.json``, ``learnt.json`` and ``origin.json`` if
        they are known, ``classes/<class>/model.json``, ``booster.txt`` and ``twin.json``,
        ``taught.json`` if something was taught, ``signatures/<class>/<mode>.yaml``,
        ``rules/<class>/<rule>.yaml`` and ``rules/<class>/assets/<asset>.yaml``. Equal releases
        give equal bytes; floats are written by ``repr``, so that they read back as they were.

    Raises
    ------
    ReleaseError
        If a class has a model but no twin, or the other way round, or two signatures stand for one
        failure mode.
    """
    if set(release.models) != set(release.twins):
        raise ReleaseError.because(
            f"models of {sorted(release.models)} and twins of {sorted(release.twins)}",
            "both for each equipment class",
            "learn and publish both",
        )
    parts = {SCORING: _ordered(release.scoring.model_dump(mode="json"))}
    if release.learnt:
        parts[LEARNT] = _canonical(asdict(release.learnt))
    if release.made_from:
        parts[ORIGIN] = _ordered(asdict(release.made_from))
    for name, model in release.models.items():
        folder = f"classes/{_safe(name)}"
        parts[f"{folder}/model.json"] = _canonical(model.to_dict())
        parts[f"{folder}/booster.txt"] = model.booster.encode("utf-8")
        parts[f"{folder}/twin.json"] = _canonical(release.twins[name].to_dict())
        if name in release.taught:
            parts[f"{folder}/{TAUGHT}"] = _canonical(release.taught[name].to_dict())
    for signature in release.signatures:
        path = signature_path(signature)
        if path in parts:
            raise ReleaseError.because(
                f"two signatures of {signature.failure_mode!r} on {signature.equipment_class!r}",
                "one per equipment class and failure mode",
                "keep one of them",
            )
        parts[path] = signature_text(signature)
    parts |= rules_to_parts(release.rules, _safe)
    return dict(sorted(parts.items()))


def release_from_parts(parts: Mapping[str, bytes]) -> Release:
    """Read a release from its files.

    Parameters
    ----------
    parts : Mapping[str, bytes]
        Path -> content, as :func:`release_to_parts` gave.

    Returns
    -------
    Release
        Judges as the one that was written.

    Raises
    ------
    ReleaseError
        If a part is missing or does not hold what it should.
    """
    try:
        scoring = ScoringSettings.model_validate(json.loads(parts[SCORING]))
        folders = sorted({p.rsplit("/", 1)[0] for p in parts if p.startswith("classes/")})
        models = [_model(parts, folder) for folder in folders]
        twins = [twin_from(json.loads(parts[f"{folder}/twin.json"])) for folder in folders]
        learnt = _learnt(json.loads(parts[LEARNT])) if LEARNT in parts else None
        made_from = MadeFrom(**json.loads(parts[ORIGIN])) if ORIGIN in parts else None
        said = [json.loads(parts[path]) for path in sorted(parts) if path.endswith(f"/{TAUGHT}")]
        taught = [taught_from(one) for one in said]
        signatures = tuple(
            _signature(path, parts[path])
            for path in sorted(parts)
            if path.startswith("signatures/")
        )
        rules = rules_from_parts(parts)
    except KeyError as error:
        raise ReleaseError.because(
            f"a release without {error.args[0]!r}",
            f"{SCORING}, and model.json, booster.txt and twin.json for each class",
            "read it with the version of Faultprint that wrote it, or a newer one",
        ) from error
    except (ValueError, TypeError, yaml.YAMLError, ValidationError) as error:
        raise ReleaseError.because(
            f"a part that cannot be read: {error}",
            "the files that release_to_parts writes",
            "read it with the version of Faultprint that wrote it, or a newer one",
        ) from error
    names = [model.equipment_class for model in models]
    return Release(
        scoring,
        dict(zip(names, models, strict=True)),
        dict(zip(names, twins, strict=True)),
        signatures,
        learnt,
        made_from,
        {one.equipment_class: one for one in taught},
        rules,
    )


def _model(parts: Mapping[str, bytes], folder: str) -> ClassModel:
    booster = parts[f"{folder}/booster.txt"].decode("utf-8")
    return class_model_from(json.loads(parts[f"{folder}/model.json"]), booster)


def _signature(path: str, content: bytes) -> Signature:
    try:
        return signature_from(yaml.safe_load(content))
    except ReleaseError as error:
        raise ReleaseError.because(f"{path}: {error.got}", error.expected, error.do) from error


def _learnt(data: Mapping[str, Any]) -> Learnt:
    return Learnt(until=data["until"], assets=tuple(data["assets"]))
