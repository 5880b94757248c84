"""Judging bearing recordings by their envelope alone, with no training."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd

from faultprint.config import Equipment, Sensor, Source
from faultprint.signal.bearing_faults import (
    CLEAR,
    HARMONICS,
    RANKED,
    USUAL,
    Ranking,
    rank_faults,
    ringing_band,
)
from faultprint.signal.bearings import PARTS, Bearing
from faultprint.signal.envelope import envelope_spectrum
from faultprint.store.sources.cwru import MODES, RATE_HZ, open_cwru
from faultprint.store.sources.raw import RawEvents, RawReadings

DRIVE_END = Bearing(balls=9, ball_diameter=0.3126, pitch_diameter=1.537)
"""6205-2RS JEM SKF, diameters in inches, as published with the recordings."""

_FREQUENCIES = {"outer_race": "bpfo", "inner_race": "bpfi", "ball": "bsf"}


def judge_recordings(folder: Path, how: Ranking = USUAL) -> pd.DataFrame:
    """Rank the faults of each Case Western recording.

    Parameters
    ----------
    folder : Path
        Folder with ``Normal`` and the folders of faults.
    how : Ranking, default USUAL
        Bands, resolution and tolerance.

    Returns
    -------
    pandas.DataFrame
        One row a recording: ``recording``, ``asset``, ``rpm``, ``fault`` (empty if healthy),
        ``first`` (the part whose frequency stands out most), ``prominence`` and ``second``
        [1], ``right`` (of the faulty), ``energy`` (the part with the largest envelope energy in
        ``band``, the most impulsive one) and the band's ``kurtosis``.
    """
    sensor = Sensor(unit="g_0", type="acceleration")
    equipment = Equipment(sensors={"drive_end": sensor, "speed": Sensor(unit="rpm")})
    rows: list[dict[str, object]] = []
    for raw in open_cwru(Source(kind="cwru", path=str(folder)), {"bearing": equipment}):
        if isinstance(raw, RawReadings) and "RPM" in raw.frame:
            rows.append(_row(raw, how))
        elif isinstance(raw, RawEvents) and rows:
            fault = str(raw.frame["failure_mode"].iloc[0])
            rows[-1] |= {"fault": fault, "right": rows[-1]["first"] == _FREQUENCIES[fault]}
    return pd.DataFrame(rows).sort_values("recording", ignore_index=True)


def _row(raw: RawReadings, how: Ranking) -> dict[str, object]:
    samples = raw.frame["DE_time"].to_numpy(dtype=np.float64)
    rpm = float(raw.frame["RPM"].iloc[0])
    ranked = list(rank_faults(samples, RATE_HZ, DRIVE_END, rpm / 60, how).items())
    wanted = DRIVE_END.frequencies(rpm / 60)
    band = ringing_band(samples, RATE_HZ, max(wanted.values()))
    spectrum = envelope_spectrum(samples, RATE_HZ, band)
    energies = {name: spectrum.energy(wanted[name], HARMONICS) for name in RANKED}
    return {
        "recording": int(raw.frame["recording"].iloc[0]),
        "asset": raw.asset,
        "rpm": rpm,
        "fault": "",
        "first": ranked[0][0],
        "prominence": ranked[0][1],
        "second": ranked[1][1],
        "right": False,
        "energy": max(energies, key=lambda name: energies[name]),
        "band": f"{band.low_hz:.0f}-{band.high_hz:.0f} Hz",
        "kurtosis": band.kurtosis,
    }


def bearing_page(judged: pd.DataFrame) -> str:
    """Write what was found as a table for people.

    Parameters
    ----------
    judged : pandas.DataFrame
        From :func:`judge_recordings`.

    Returns
    -------
    str
        Lines of Markdown: one a recording, then the counts.
    """
    lines = [
        "| recording | bearing | rpm | seeded fault | stands out most | prominence | next | right "
        "| most impulsive band | kurtosis | largest energy in it |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in judged.to_dict("records"):
        right = "-" if not row["fault"] else "yes" if row["right"] else "no"
        lines.append(
            f"| {row['recording']} | {row['asset']} | {row['rpm']:.0f} | "
            f"{str(row['fault']).replace('_', ' ') or 'none'} | {PARTS[str(row['first'])]} | "
            f"{row['prominence']:.2f} | {row['second']:.2f} | {right} | {row['band']} | "
            f"{row['kurtosis']:.2f} | {PARTS[str(row['energy'])]} |"
        )
    return "\n".join([*lines, "", *counts(judged)])


def counts(judged: pd.DataFrame) -> list[str]:
    """Count how often the right fault came first.

    Parameters
    ----------
    judged : pandas.DataFrame
        From :func:`judge_recordings`.

    Returns
    -------
    list[str]
        Sentences: first of all, among those prominent enough to be named, and by energy.
    """
    faulty = judged[judged["fault"] != ""]
    named = faulty[faulty["prominence"] >= CLEAR]
    healthy = judged[judged["fault"] == ""]
    energetic = int((faulty["energy"] == faulty["fault"].map(_FREQUENCIES)).sum())
    false = int((healthy["prominence"] >= CLEAR).sum())
    return [
        f"The right fault comes first in {int(faulty['right'].sum())} of {len(faulty)} faulty "
        f"recordings (chance: {len(faulty) / len(MODES):.0f}).",
        f"At a prominence of {CLEAR:g} or more ({math.exp(CLEAR):.0f} times the floor) "
        f"{len(named)} of {len(faulty)} are named, {int(named['right'].sum())} of them rightly, "
        f"and {false} of {len(healthy)} healthy ones.",
        f"The largest envelope energy in the most impulsive band is the right one in "
        f"{energetic} of {len(faulty)}.",
    ]
