"""The page of one signature for a browser; it says what the text says."""

from __future__ import annotations

import base64
from typing import Any

import jinja2

from faultprint.faults.learning.design import words_of
from faultprint.faults.pages import sentences
from faultprint.faults.pages.around import NOTHING, Around, in_units
from faultprint.records import Signature, Symptom
from faultprint.serve import wording
from faultprint.store.course_figure import course_figure
from faultprint.store.figures import contrast_figure


def environment() -> jinja2.Environment:
    """Make the environment of all pages.

    Returns
    -------
    jinja2.Environment
        Escapes everything, refuses what is not defined, and knows the words of the project.
    """
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("faultprint.serve"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = ("number", "percent", "share", "rate", "span", "instant", "plain")
    made.filters |= {name: getattr(wording, name) for name in names}
    return made


def render_signature(signature: Signature, release: str, around: Around = NOTHING) -> str:
    """Write the page of a signature.

    Parameters
    ----------
    signature : Signature
        The signature.
    release : str
        Name of its release.
    around : Around, default NOTHING
        What is known beside what it says itself.

    Returns
    -------
    str
        HTML; needs no network, no script and no other file.
    """
    s, course = in_units(signature, around), around.course
    drawn = course is not None and len(course) > 0
    return (
        environment()
        .get_template("signature.html.j2")
        .render(
            s=s,
            release=release,
            summary=sentences.summary(s, around),
            symptoms=[_row(x) for x in s.symptoms],
            course=inline(course_figure(course, s)) if course is not None and drawn else "",
            contrast=inline(contrast_figure(s)) if s.symptoms else "",
            sure=sentences.sure(s),
            confused=sentences.confused(s, around),
            valid=sentences.valid(s),
            said_by=sentences.said_by(s, around),
            origin=sentences.origin(s),
            history=around.history,
        )
    )


def inline(png: bytes) -> str:
    """Write a picture as an address that holds it.

    Parameters
    ----------
    png : bytes
        The picture.

    Returns
    -------
    str
        A ``data:`` address.
    """
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def _row(x: Symptom) -> dict[str, Any]:
    return {
        "words": words_of(x.descriptor),
        "up": x.direction == "up",
        "effect": abs(x.effect),
        "typical": sentences.number(x.typical, x.unit),
        "low": sentences.number(x.low),
        "high": sentences.number(x.high, x.unit),
        "healthy": sentences.number(x.healthy, x.unit),
        "separation": f"{100 * x.separation:.0f}",
    }
