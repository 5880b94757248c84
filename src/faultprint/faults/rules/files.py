"""What files of expert rules may say: templates of a class, and what an asset does otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from faultprint.config import Mix, Strict, complaints
from faultprint.errors import ConfigError
from faultprint.faults.rules.nodes import KEYWORDS

_VERSION = re.compile(r"\d{1,6}\.\d{1,6}\.\d{1,6}")
_NAME = re.compile(r"[^\W\d]\w{0,62}")


def _as_text(value: object) -> object:
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return repr(value) if plain else value


def _named(value: str) -> str:
    if _NAME.fullmatch(value) and value not in KEYWORDS:
        return value
    raise ValueError("a name is one word of letters, digits and _, and none that rules know")


def _versioned(value: str) -> str:
    if _VERSION.fullmatch(value):
        return value
    raise ValueError("a version is MAJOR.MINOR.PATCH, such as 1.0.0, in quotes")


Name = Annotated[str, AfterValidator(_named)]
Version = Annotated[str, AfterValidator(_versioned)]
Parameters = dict[Name, Annotated[str, BeforeValidator(_as_text)]]
Status = Literal["candidate", "test", "stable", "deprecated"]


class Written(Strict):
    """A rule as its author writes it in a template."""

    title: str
    """What it finds, in a few words."""
    failure_mode: str = Field(min_length=1)
    """The fault it is a rule for."""
    rule: str
    """When the fault is there."""
    item: str = ""
    """Maintainable item."""
    severity: int = Field(3, ge=1, le=5)
    """From 1 (harmless) to 5 (dangerous)."""
    recommended_action: str = ""
    """What to do about it."""
    author: str = ""
    """Who says so; the author of the file when left out."""
    status: Status = "candidate"
    """How far it is proven; a deprecated rule is not judged."""
    version: Version = "1.0.0"
    """Counted up by the author: minor when the rule says otherwise, patch for its words."""
    mix: Mix | None = None
    """How it mixes with a learnt signature of the fault; ``expert.mix`` when left out."""
    parameters: Parameters = Field(default_factory=dict)
    """Names for numbers in the rule, each with its unit: ``limit: 8 K``."""


class Template(Strict):
    """The rules of an equipment class."""

    template: str
    """The equipment class."""
    author: str = ""
    """Author of its rules."""
    modes: dict[Name, str] = Field(default_factory=dict)
    """Operating modes, each a condition, for ``mode is <name>``."""
    rules: dict[Name, Written]
    """The rules by name."""


class Override(Strict):
    """What an asset does otherwise than its template in one rule."""

    disabled: bool = False
    """Whether the rule is not judged on this asset."""
    rule: str | None = None
    """Another rule text."""
    severity: int | None = Field(None, ge=1, le=5)
    """Another severity."""
    recommended_action: str | None = None
    """Something else to do."""
    mix: Mix | None = None
    """Another way to mix."""
    parameters: Parameters = Field(default_factory=dict)
    """Other values of single parameters."""


class Instance(Strict):
    """An asset that inherits the rules of its class, with what it does otherwise."""

    instance: str
    """The asset."""
    template: str
    """Its equipment class."""
    rules: dict[Name, Override] = Field(default_factory=dict)
    """Rule -> what is different here."""
    reset: tuple[str, ...] = ()
    """Rules, or ``<rule>.<parameter>``, as in the template again, whatever stands above."""


def read_template(data: Mapping[str, Any]) -> Template:
    """Check and type what a template file says.

    Parameters
    ----------
    data : Mapping[str, Any]
        What the file holds.

    Returns
    -------
    Template
        Its rules, not read yet.

    Raises
    ------
    ConfigError
        If a key is unknown or a value of the wrong kind; all offenders are listed.
    """
    try:
        return Template.model_validate(dict(data))
    except ValidationError as error:
        raise ConfigError(complaints(error, Template, "wrong entries")) from error


def read_instance(data: Mapping[str, Any]) -> Instance:
    """Check and type what the file of an asset says.

    Parameters
    ----------
    data : Mapping[str, Any]
        What the file holds.

    Returns
    -------
    Instance
        What it does otherwise.

    Raises
    ------
    ConfigError
        If a key is unknown or a value of the wrong kind; all offenders are listed.
    """
    try:
        return Instance.model_validate(dict(data))
    except ValidationError as error:
        raise ConfigError(complaints(error, Instance, "wrong entries")) from error
