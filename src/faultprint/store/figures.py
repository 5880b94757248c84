"""Pictures of the report and of the experiment tracker, as bytes of a PNG or SVG file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from faultprint.records import Signature
from faultprint.state.intervals import wilson
from faultprint.store.canvas import (
    EXPECTED,
    INK,
    OBSERVED,
    VERDICT_COLOURS,
    Format,
    blank,
    line_style,
    rendered,
    spelled,
)
from faultprint.store.timeline import timeline_figure

__all__ = [
    "calibration_figure",
    "confusion_figure",
    "contrast_bars",
    "contrast_figure",
    "lead_time_figure",
    "precision_recall",
    "precision_recall_figure",
    "timeline_figure",
]

_DARK = 0.55
"""Share above which numbers are written in white on the blue."""


def confusion_figure(counts: pd.DataFrame, fmt: Format = "png") -> bytes:
    """Draw how often each true class was given each name.

    Parameters
    ----------
    counts : pandas.DataFrame
        Rows: truth; columns: what was said; values: counts >= 0.
    fmt : Format, default 'png'
        ``png`` or ``svg``.

    Returns
    -------
    bytes
        The picture; shade is the share of the row, the number the count.
    """
    numbers = counts.to_numpy(float)
    shares = numbers / np.maximum(numbers.sum(axis=1, keepdims=True), 1)
    figure = blank(2.6 + 0.75 * counts.shape[1], 1.8 + 0.5 * counts.shape[0])
    panel = figure.subplots()
    panel.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        shade = "white" if share > _DARK else INK
        said = f"{numbers[row, column]:g}"
        panel.text(column, row, said, ha="center", va="center", color=shade, fontsize=9)
    panel.set_xticks(range(counts.shape[1]), map(spelled, counts.columns), rotation=35, ha="right")
    panel.set_yticks(range(counts.shape[0]), map(spelled, counts.index))
    panel.set_xlabel("said")
    panel.set_ylabel("truth")
    return rendered(figure, fmt)


def precision_recall_figure(
    truth: pd.Series, probabilities: pd.DataFrame, fmt: Format = "png"
) -> bytes:
    """Draw precision against recall of each class, over windows.

    Parameters
    ----------
    truth : pandas.Series
        True class of each window.
    probabilities : pandas.DataFrame
        One column per class, rows as in ``truth``.
    fmt : Format, default 'png'
        ``png`` or ``svg``.

    Returns
    -------
    bytes
        The picture; a class without any true window is named as such.
    """
    figure = blank(5.2, 4.2)
    panel = figure.subplots()
    for number, name in enumerate(probabilities.columns):
        positive = (truth.to_numpy() == name).astype(bool)
        label = f"{spelled(name)} ({positive.sum()})"
        if not positive.any():
            panel.plot([], [], label=f"{spelled(name)} (none to find)", **line_style(number))
            continue
        precision, recall = precision_recall(positive, probabilities[name].to_numpy(float))
        panel.plot(recall, precision, drawstyle="steps-post", label=label, **line_style(number))
    panel.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="recall of windows", ylabel="precision")
    panel.legend(fontsize=8, frameon=False)
    return rendered(figure, fmt)


def precision_recall(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute precision and recall at every distinct score, from strict to lax.

    Parameters
    ----------
    positive : numpy.ndarray
        Whether each row is positive, bool; at least one is.
    scores : numpy.ndarray
        Score of each row, higher means more likely positive.

    Returns
    -------
    tuple[numpy.ndarray, numpy.ndarray]
        Precision and recall, each in [0, 1]; recall rises to 1.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    last_of_tie = np.append(ranked[1:] != ranked[:-1], True)
    found = np.cumsum(positive[order])[last_of_tie]
    said = np.flatnonzero(last_of_tie) + 1
    return found / said, found / positive.sum()


def calibration_figure(truth: pd.Series, probabilities: pd.DataFrame, fmt: Format = "png") -> bytes:
    """Draw stated probability against observed share, with 95 % Wilson intervals.

    Parameters
    ----------
    truth : pandas.Series
        True class of each window.
    probabilities : pandas.DataFrame
        One column per class, rows as in ``truth``.
    fmt : Format, default 'png'
        ``png`` or ``svg``.

    Returns
    -------
    bytes
        The picture, of the probability of the class that was named, in ten bins.
    """
    stated = probabilities.to_numpy(float).max(axis=1)
    named = probabilities.columns.to_numpy()[probabilities.to_numpy(float).argmax(axis=1)]
    right = named == truth.to_numpy()
    bins = np.minimum((stated * 10).astype(int), 9)
    figure = blank(4.6, 4.2)
    panel = figure.subplots()
    panel.plot([0, 1], [0, 1], color=EXPECTED, lw=1, ls="--", label="perfect")
    for number in np.unique(bins):
        inside = bins == number
        share = wilson(int(right[inside].sum()), int(inside.sum()))
        x = float(stated[inside].mean())
        panel.plot([x, x], [share.low, share.high], color=OBSERVED, lw=1.5)
        panel.plot(x, share.value, "o", color=OBSERVED, ms=5)
    panel.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="stated probability", ylabel="share right")
    panel.legend(fontsize=8, frameon=False)
    return rendered(figure, fmt)


def lead_time_figure(hours: Mapping[str, Sequence[float]], fmt: Format = "png") -> bytes:
    """Draw how long before each failure its incident was opened.

    Parameters
    ----------
    hours : Mapping[str, Sequence[float]]
        Failure mode to the lead time of each failure [h]; NaN where it was missed.
    fmt : Format, default 'png'
        ``png`` or ``svg``.

    Returns
    -------
    bytes
        The picture: a dot per failure found, a bar at the median, and the number found of all.
    """
    figure = blank(6.4, 1.4 + 0.45 * max(len(hours), 1))
    panel = figure.subplots()
    for row, leads in enumerate(hours.values()):
        every = np.asarray(leads, dtype=float)
        found = every[np.isfinite(every)]
        panel.plot(found, np.full(len(found), row), "o", color=OBSERVED, alpha=0.5, ms=6)
        if len(found):
            panel.plot([np.median(found)] * 2, [row - 0.3, row + 0.3], color=INK, lw=2)
    counts = {name: np.isfinite(np.asarray(v, dtype=float)).sum() for name, v in hours.items()}
    labels = [f"{spelled(name)} ({n} of {len(hours[name])})" for name, n in counts.items()]
    panel.set_yticks(range(len(labels)), labels)
    panel.set(xlabel="hours before the failure", ylim=(max(len(labels), 1) - 0.5, -0.5))
    panel.set_xlim(left=0)
    return rendered(figure, fmt)


def contrast_figure(signature: Signature, fmt: Format = "png") -> bytes:
    """Draw how far each descriptor of a signature lies from healthy.

    Parameters
    ----------
    signature : Signature
        The signature.
    fmt : Format, default 'png'
        ``png`` or ``svg``.

    Returns
    -------
    bytes
        The picture, in robust standard deviations of healthy; numbers are typical and healthy
        values in the descriptor's unit.
    """
    symptoms = signature.symptoms
    notes = [f"{s.typical:.3g} instead of {s.healthy:.3g} {s.unit}" for s in symptoms]
    title = f"{signature.title} ({signature.equipment_class})"
    bars = [(s.descriptor, s.effect, note) for s, note in zip(symptoms, notes, strict=True)]
    return contrast_bars(bars, title, fmt)


def contrast_bars(bars: Sequence[tuple[str, float, str]], title: str, fmt: Format = "png") -> bytes:
    """Draw how far descriptors lie from healthy.

    Parameters
    ----------
    bars : Sequence[tuple[str, float, str]]
        Name, distance [robust standard deviations of healthy] and note of each, best first.
    title : str
        What is drawn.
    fmt : Format, default 'png'
        ``png`` or ``svg``.

    Returns
    -------
    bytes
        The picture.
    """
    figure = blank(7.0, 1.4 + 0.42 * max(len(bars), 1))
    panel = figure.subplots()
    rows = range(len(bars))
    colours = [OBSERVED if size < 0 else VERDICT_COLOURS["known"] for _, size, _ in bars]
    panel.barh(rows, [size for _, size, _ in bars], color=colours, height=0.65)
    for row, (_, size, note) in zip(rows, bars, strict=True):
        side = 1 if size >= 0 else -1
        panel.annotate(
            note,
            (size, row),
            xytext=(4 * side, 0),
            textcoords="offset points",
            ha="left" if side > 0 else "right",
            va="center",
            fontsize=8,
        )
    panel.axvline(0, color=INK, lw=0.8)
    panel.set_yticks(rows, [name for name, _, _ in bars], fontsize=9)
    panel.invert_yaxis()
    panel.margins(x=0.45)
    panel.set_xlabel("distance from healthy [robust standard deviations]")
    panel.set_title(title, fontsize=10)
    return rendered(figure, fmt)
