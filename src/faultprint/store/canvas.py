"""What all pictures share: size, colours, line styles, and how they become bytes.

Figures are built as objects, without the global state of pyplot, so that a service may draw in
several threads; equal input gives equal bytes.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Format = Literal["png", "svg"]

DOTS_PER_INCH = 110
INK, EXPECTED, OBSERVED = "#222222", "#767676", "#0072B2"
VERDICT_COLOURS = {"known": "#D55E00", "ambiguous": "#E69F00", "deviation": "#CC79A7"}
"""Colours of Okabe and Ito, told apart by most colour-blind readers."""

_SERIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D31")
_STYLES = ("-", "--", ":", "-.")


def blank(width: float, height: float) -> Figure:
    """Make an empty figure on white, so that it is readable on a dark page too.

    Parameters
    ----------
    width : float
        Width [inch].
    height : float
        Height [inch].

    Returns
    -------
    matplotlib.figure.Figure
        With a layout that keeps labels inside.
    """
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DOTS_PER_INCH, layout="constrained",
                  facecolor="white")  # fmt: skip


def rendered(figure: Figure, fmt: Format = "png") -> bytes:
    """Turn a figure into a file's content.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What to draw.
    fmt : Format, default 'png'
        ``png`` or ``svg``.

    Returns
    -------
    bytes
        The file; without date or version, and in SVG with text as text.
    """
    import matplotlib as mpl

    for panel in figure.axes:
        panel.spines[["top", "right"]].set_visible(False)
    unnamed: dict[str, Any] = (
        {"Software": None} if fmt == "png" else {"Date": None, "Creator": None}
    )
    file = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "faultprint", "svg.fonttype": "none"}):
        figure.savefig(file, format=fmt, metadata=unnamed)
    return file.getvalue()


def line_style(number: int) -> dict[str, Any]:
    """Choose colour and dashes of one line among many.

    Parameters
    ----------
    number : int
        Its number, from 0.

    Returns
    -------
    dict[str, Any]
        Arguments of ``Axes.plot``; the first 32 numbers all differ.
    """
    dashes = _STYLES[number // len(_SERIES) % len(_STYLES)]
    return {"color": _SERIES[number % len(_SERIES)], "ls": dashes, "lw": 1.6}


def spelled(name: object) -> str:
    """Write a name for people, and keep it from being read as a formula.

    Parameters
    ----------
    name : object
        E.g. a failure mode.

    Returns
    -------
    str
        With spaces for underscores and dollar signs escaped.
    """
    return str(name).replace("_", " ").replace("$", r"\$")
