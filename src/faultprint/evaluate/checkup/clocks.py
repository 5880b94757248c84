"""Checks on clocks: of the log against the readings, and of one sensor against another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultprint.evaluate.checkup.around import Around
from faultprint.evaluate.checkup.finding import Finding
from faultprint.evaluate.checkup.material import Material
from faultprint.signal.instants import instants

Floats = NDArray[np.float64]

SIDE = 6
"""Bins on each side of a possible end of a deviation that are compared at least; a quarter of what
is looked at before the instant if that is more."""

USUAL = 0.97
"""Share of calm instants whose largest fall must be smaller than one that counts."""

LEAST = 4
"""Ends of deviations, or assets, from which something is said."""

OFFSET = 2
"""Bins, or periods, from which an offset is one: readings are cut, so that one proves nothing."""


@dataclass(frozen=True)
class Ends:
    """Where, around instants of the log, what the sensors show comes to its end."""

    lag: Floats
    """Bins from the instant to the end, negative: the end comes first; NaN: none was seen."""
    n: int
    """Instants with readings on both sides."""

    @property
    def seen(self) -> Floats:
        """Lags of the ends that were seen."""
        return self.lag[~np.isnan(self.lag)]

    @property
    def middle(self) -> float:
        """Median lag [bins]; NaN if no end was seen."""
        return float(np.median(self.seen)) if len(self.seen) else float("nan")

    @property
    def spread(self) -> float:
        """Median distance from the median [bins]."""
        return float(np.median(np.abs(self.seen - self.middle))) if len(self.seen) else np.inf

    @property
    def is_steady(self) -> bool:
        """Whether most ends that were seen lie the same time from their instant."""
        return len(self.seen) >= LEAST and self.spread <= max(1.0, 0.1 * abs(self.middle))


def ends_of_deviations(around: Around, calm: Around) -> Ends:
    """Find for each instant when the deviation near it, or the run, came to its end.

    Parameters
    ----------
    around : Around
        Readings around instants of the log.
    calm : Around
        Readings around instants that nothing in the log is near.

    Returns
    -------
    Ends
        The lag at which the mean distance from usual falls most, over all sensors, from the bins
        before to as many after; not running counts as no distance. Only falls larger than nearly
        all at calm instants count.
    """
    if not around.n or not calm.n:
        return Ends(np.full(around.n, np.nan), around.n)
    usual, _ = _falls(calm)
    usual = usual[np.isfinite(usual)]
    fall, lag = _falls(around)
    least = np.quantile(usual, USUAL) if len(usual) else np.inf
    return Ends(np.where(fall > least, lag, np.nan), int(np.isfinite(fall).sum()))


def _falls(around: Around) -> tuple[Floats, Floats]:
    """Largest fall of each instant, and where it lies: half a bin before the first bin after."""
    size = np.abs(around.scaled)
    still = (around.running < 0.5)[:, :, None]
    size = np.where(still & np.isnan(size), 0.0, np.minimum(size, 20.0))
    known = ~np.isnan(size)
    sums = np.cumsum(np.where(known, size, 0.0), axis=1)
    counts = np.cumsum(known, axis=1)
    sums, counts = (np.pad(x, ((0, 0), (1, 0), (0, 0))) for x in (sums, counts))
    side = max(SIDE, around.before // 4)
    cuts = np.arange(side, size.shape[1] - side + 1)
    if not len(cuts):
        return np.zeros(around.n), np.zeros(around.n)

    def mean(low: NDArray[np.int64], high: NDArray[np.int64]) -> Floats:
        held = counts[:, high] - counts[:, low]
        total = sums[:, high] - sums[:, low]
        return np.where(held >= side // 2, total / np.maximum(held, 1), np.nan)

    fall = mean(cuts - side, cuts) - mean(cuts, cuts + side)
    fall = np.nan_to_num(fall, nan=-np.inf).max(axis=2, initial=-np.inf)
    at = fall.argmax(axis=1)
    within = (around.time % around.bin) / around.bin
    return fall[np.arange(len(fall)), at], cuts[at] - around.before - 0.5 - within


def log_clock(material: Material) -> Iterator[Finding]:
    """Find that the log's failures come later than what the sensors show, or at another clock.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        ``labels_after_repair`` if the deviation before most failures is over well before the log
        says that it failed; ``clock_skew`` if it ends the same time before, or after, nearly every
        failure, or maintenance.

    Notes
    -----
    An end that comes late and at varying times is usual (a failed machine runs on until it is
    repaired); one that comes early is not: nobody repairs before the failure.
    """
    failed = ends_of_deviations(material.around, material.calm)
    seen = failed.seen
    if len(seen) < LEAST or len(seen) < 0.2 * failed.n:
        return
    middle, hours = failed.middle, material.around.hours(round(failed.middle))
    early = float(np.mean(seen <= -OFFSET))
    told = f"{len(seen)} of {failed.n} failures"
    if (
        failed.is_steady
        and abs(middle) >= OFFSET
        and not (middle > 0 and _repaired_then(material, middle))
    ):
        yield Finding(
            "clock_skew",
            "misleads",
            material.equipment_class,
            f"what the sensors show before {told} ends {abs(hours):.3g} h "
            f"{'before' if hours < 0 else 'after'} the log says, nearly always the same "
            f"(half lie within {material.around.hours(failed.spread):.2g} h)",
            "log and readings run on clocks that differ, or one is in another time zone: labels "
            "fall on the wrong windows",
            "state the zone of each file (source.timezone, readings.timezone, events.timezone); "
            "a whole number of hours is a zone or summer time",
            (),
            len(seen) / failed.n,
        )
    elif early >= 0.5 and middle <= -OFFSET:
        yield Finding(
            "labels_after_repair",
            "misleads",
            material.equipment_class,
            f"what the sensors show before {told} is over {abs(hours):.3g} h (median) before the "
            "log says that it failed",
            "failures are logged late, after the stop or the repair: windows that show the fault "
            "lie outside the horizon and are called healthy, and those inside show a machine that "
            "stands or is whole again",
            "use the time of the breakdown instead of that of the entry; if there is none, set "
            "labels.gap to the usual delay and labels.horizon longer by as much",
            (),
            early,
        )


def _repaired_then(material: Material, lag: float) -> bool:
    """Whether the fault simply lasts until the maintenance that the log has at that time."""
    tended = material.events[material.events["kind"].isin(["maintenance", "restart"])]
    then = []
    for asset, time in zip(material.around.asset, material.around.time, strict=True):
        mine = instants(tended.loc[tended["asset"] == asset, "time"])
        off = np.abs((mine - time) / material.around.bin - lag)
        then.append(bool((off <= OFFSET).any()))
    return bool(np.mean(then) >= 0.5)


def sensor_clocks(material: Material) -> Iterator[Finding]:
    """Find sensors of single assets that run behind, or ahead of, the same on the others.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If on at least one of four or more assets the lag differs from the usual one by two periods
        or more, and the changes agree much better there than at the usual lag; or if on most assets
        a symptom comes two periods or more before the condition that drives it.
    """
    period = material.equipment.period.total_seconds()
    conditions = set(material.equipment.named("condition"))
    odd, ahead = [], []
    for (sensor, against), rows in material.lags.groupby(["sensor", "against"]):
        if len(rows) < LEAST:
            continue
        usual = float(rows["lag"].median())
        off = rows[(rows["lag"] - usual).abs() >= OFFSET]
        off = off[off["strength"] >= 0.3]
        if len(off) < 0.5 * len(rows):
            odd += [
                f"{asset}: {sensor} {(lag - usual) * period / 3600:+.3g} h to {against}"
                for asset, lag in zip(off["asset"], off["lag"], strict=True)
            ]
        early = rows[(rows["lag"] <= -OFFSET) & (rows["strength"] > 1.5 * rows["at_once"])]
        if against in conditions and sensor not in conditions and len(early) > 0.5 * len(rows):
            hours = float(early["lag"].median()) * period / 3600
            ahead.append(f"{sensor} {hours:+.3g} h to {against}")
    for where, said in (
        (odd, "run behind or ahead of another sensor, unlike on the other assets"),
        (ahead, "answer before the condition that drives them changes, on most assets"),
    ):
        if where:
            yield Finding(
                "clock_skew",
                "misleads" if where is ahead else "weakens",
                material.equipment_class,
                f"{len(where)} sensors {said}",
                "sensors of two clocks are compared at different times: the twin expects the wrong "
                "value whenever the machine changes its load",
                "correct the time zone or the clock of the file it comes from",
                tuple(where),
                len(where) / max(len(material.lags), 1),
            )
