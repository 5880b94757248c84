"""The errors of Faultprint: each says what was got, what was expected and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Self

SHOWN = 5
"""How many offenders a message lists before it says how many more there are."""


def listed(items: Iterable[object], shown: int = SHOWN) -> str:
    """Join ``items`` for a message, capped.

    Parameters
    ----------
    items : Iterable[object]
        What to list.
    shown : int, default SHOWN
        How many to spell out.

    Returns
    -------
    str
        For example ``'a', 'b' and 3 more``.
    """
    every = [repr(item) if isinstance(item, str) else str(item) for item in items]
    text = ", ".join(every[:shown])
    return text if len(every) <= shown else f"{text} and {len(every) - shown} more"


class FaultprintError(Exception):
    """Base class of every error raised on purpose by Faultprint."""

    got = ""
    expected = ""
    do = ""

    @classmethod
    def because(cls, got: str, expected: str, do: str) -> Self:
        """Build the error from the three things a reader needs.

        Parameters
        ----------
        got : str
            What was found, as a clause.
        expected : str
            What should have been there.
        do : str
            What the reader can do next.

        Returns
        -------
        Self
            An instance of the class it is called on.
        """
        error = cls(f"got {got}; expected {expected}; {do}")
        error.got, error.expected, error.do = got, expected, do
        return error

    @classmethod
    def unknown(cls, what: str, name: str, known: Sequence[str]) -> Self:
        """Build the error for a name that does not exist, naming the nearest that does.

        Parameters
        ----------
        what : str
            The kind of thing, e.g. ``'descriptor'``.
        name : str
            The name that was given.
        known : Sequence[str]
            The names there are; may be none.

        Returns
        -------
        Self
            An instance of the class it is called on.
        """
        if not known:
            nothing = "none is known here: check the folder or the settings"
            return cls.because(f"unknown {what} {name!r}", "a name that is known", nothing)
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else "choose one of these"
        return cls.because(f"unknown {what} {name!r}", f"one of {listed(sorted(known), 12)}", hint)


class ConfigError(FaultprintError):
    """params.yaml, an argument or the environment asks for something that cannot be."""


class RuleError(FaultprintError):
    """An expert's rule cannot be read, or does not fit the equipment it is written for."""


class SourceError(FaultprintError):
    """A file, folder, URL or query cannot be read as the mapping says."""


class TableError(FaultprintError):
    """A table breaks its schema."""


class LeakageError(FaultprintError):
    """A split or a descriptor would let the future, or the test assets, into training."""


class LearnError(FaultprintError):
    """There is not enough, or not the right, data to learn from."""


class OpinionError(FaultprintError):
    """An opinion is incomplete, contradicts itself, or is on an incident nobody knows."""


class ReleaseError(FaultprintError):
    """A release is missing, incomplete, altered or not fit for what was asked."""


class StoreError(FaultprintError):
    """A database or a disk refused what was asked of it."""


class TrackingError(FaultprintError):
    """The experiment tracker refused, or holds no such model or alias."""
