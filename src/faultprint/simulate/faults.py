"""How faults begin, grow and end: damage that adds up under stress, maintenance that resets it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from faultprint.simulate.history import Conditions, Episode, Flags, Floats, Planned


@dataclass(frozen=True)
class Mode:
    """How one failure mode of an equipment class grows."""

    name: str
    item: str
    """Maintainable item that is replaced or cleaned after it."""
    days: tuple[float, float]
    """Shortest and longest life from onset to failure at rated stress [d of running]."""
    growth: Literal["exponential", "power", "step"]
    """How severity follows damage, see :func:`severity`."""
    sharpness: float
    """Exponent of the growth, or the size of the first step [1]."""
    stress: Callable[[Conditions], Floats]
    """Rate of damage relative to the rated one, from the circumstances [1]."""
    strength: tuple[float, float] = (0.2, 1.0)
    """Lowest and highest severity at which machines fail: some give little warning [1]."""


@dataclass(frozen=True)
class Course:
    """What happens to one asset."""

    running: Flags
    """Whether it runs: asked for, neither failed nor being worked on."""
    severities: dict[str, Floats]
    """Failure mode -> severity from 0 (healthy) to the episode's strength, at most 1, by step."""
    episodes: tuple[Episode, ...]
    planned: tuple[Planned, ...]


@dataclass(frozen=True)
class Plan:
    """Which faults an asset may get, and when."""

    modes: tuple[Mode, ...]
    replaced_every: dict[str, float]
    """Item -> days between its preventive replacements."""
    held_back: str | None = None
    """A mode that must not appear before ``held_back_from``, and does after it if ``shows_it``."""
    held_back_from: int = 0
    """Step."""
    shows_it: bool = False
    healthy_days: tuple[float, float] = (28.0, 68.0)
    """Shortest and longest time from one fault to the onset of the next [d]."""
    repair_hours: tuple[float, float] = (6.0, 30.0)
    """Shortest and longest standstill after a failure [h]."""


def severity(mode: Mode, damage: Floats) -> Floats:
    """Turn damage into severity.

    Parameters
    ----------
    mode : Mode
        The failure mode.
    damage : numpy.ndarray
        Damage, 0 to 1 [1].

    Returns
    -------
    numpy.ndarray
        Severity, 0 to 1 [1]; 1 where damage is 1.

    Notes
    -----
    ``exponential``: ``(exp(k d) - 1) / (exp(k) - 1)``, as rolling-bearing damage spreads;
    ``power``: ``d^k``; ``step``: ``k + (1 - k) d`` from the first moment on, as a seal that tears.
    """
    sharpness = mode.sharpness
    if mode.growth == "exponential":
        return np.asarray(np.expm1(sharpness * damage) / np.expm1(sharpness))
    if mode.growth == "power":
        return np.asarray(damage**sharpness)
    return np.asarray(np.where(damage > 0, sharpness + (1 - sharpness) * damage, 0.0))


def plan_replacements(
    rng: np.random.Generator, plan: Plan, conditions: Conditions
) -> tuple[Planned, ...]:
    """Lay out the preventive replacements of an asset.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    plan : Plan
        How often each item is replaced.
    conditions : Conditions
        Circumstances, for the clock.

    Returns
    -------
    tuple[Planned, ...]
        Replacements in order of time; the first of each item falls anywhere in its interval.
    """
    count, step = len(conditions.time), conditions.step
    found = []
    for item, days in sorted(plan.replaced_every.items()):
        begin = rng.uniform(0.1, 1.0) * days * 24 / step
        while begin < count:
            work = int(np.ceil(rng.uniform(2.0, 8.0) / step))
            found.append(Planned(item, int(begin), int(begin) + work))
            begin += rng.uniform(0.9, 1.1) * days * 24 / step
    return tuple(sorted(found, key=lambda p: (p.start, p.item)))


def _grow(mode: Mode, life: float, conditions: Conditions, onset: int) -> Floats:
    """Return damage from ``onset`` on (Palmgren-Miner: shares of life used up add linearly)."""
    rate = mode.stress(conditions)[onset:] * conditions.running[onset:]
    return np.asarray(np.cumsum(rate) * conditions.step / 24 / life)


def _end(
    mode: Mode, damage: Floats, onset: int, strength: float, planned: Sequence[Planned]
) -> Episode:
    """Say how an episode ends: whatever comes first of failure, replacement, end of history."""
    over = np.flatnonzero(damage >= 1)
    last = onset + (int(over[0]) if len(over) else len(damage))
    outcome = "failure" if len(over) else "ongoing"
    for work in planned:
        if work.item == mode.item and onset < work.start < last:
            return Episode(mode.name, mode.item, onset, work.start, "preventive", strength)
    return Episode(mode.name, mode.item, onset, last, outcome, strength)


class _Deck:
    """Draws failure modes so that an asset sees each once before any comes again."""

    def __init__(self, rng: np.random.Generator, plan: Plan) -> None:
        self._rng, self._plan = rng, plan
        self._known = [m for m in plan.modes if m.name != plan.held_back]
        self._waiting = [m for m in plan.modes if m.name == plan.held_back and plan.shows_it]
        self._cards: list[Mode] = []

    def draw(self, step: int) -> Mode:
        if self._waiting and step >= self._plan.held_back_from:
            return self._waiting.pop()
        if not self._cards:
            self._cards = [self._known[i] for i in self._rng.permutation(len(self._known))]
        return self._cards.pop()


def draw_course(rng: np.random.Generator, plan: Plan, conditions: Conditions) -> Course:
    """Draw what happens to one asset: faults one after another, repairs and replacements.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    plan : Plan
        Which faults may come.
    conditions : Conditions
        Circumstances; they decide how fast damage grows.

    Returns
    -------
    Course
        Running flags, severities, episodes and the replacements that took place.
    """
    count, per_day = len(conditions.time), 24 / conditions.step
    planned, deck = plan_replacements(rng, plan, conditions), _Deck(rng, plan)
    severities = {mode.name: np.zeros(count) for mode in plan.modes}
    failed, episodes = np.zeros(count, dtype=np.bool_), []
    onset = int(rng.uniform(*plan.healthy_days) * per_day)
    while onset < count:
        mode = deck.draw(onset)
        damage = _grow(mode, rng.uniform(*mode.days), conditions, onset)
        episode = _end(mode, damage, onset, rng.uniform(*mode.strength), planned)
        episodes.append(episode)
        grown = severity(mode, np.minimum(damage[: episode.end - onset], 1.0))
        severities[mode.name][onset : episode.end] = grown * episode.strength
        back = episode.end
        if episode.outcome == "failure":
            back += int(np.ceil(rng.uniform(*plan.repair_hours) / conditions.step))
            failed[episode.end : back] = True
        onset = back + int(rng.uniform(*plan.healthy_days) * per_day)
    done = tuple(work for work in planned if not failed[work.start])
    running = conditions.running & ~failed
    for work in done:
        running[work.start : work.end] = False
    return Course(running, severities, tuple(episodes), done)
