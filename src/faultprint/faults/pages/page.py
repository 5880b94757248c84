"""A signature as a text that a technician can act on."""

from __future__ import annotations

import textwrap

from faultprint.faults.pages.around import NOTHING, Around, in_units
from faultprint.faults.pages.sentences import (
    confused,
    origin,
    said_by,
    summary,
    sure,
    symptom_text,
    valid,
)
from faultprint.records import Signature

WIDTH = 78


def signature_page(signature: Signature, around: Around = NOTHING) -> str:
    """Print a signature as plain text.

    Parameters
    ----------
    signature : Signature
        The signature.
    around : Around, default NOTHING
        What is known beside.

    Returns
    -------
    str
        What it is, what to do, how it shows, how sure, where valid, what it is taken for and how
        to tell them apart, who says so, where it comes from; lines of at most 78 characters,
        except for names that are longer.
    """
    s = in_units(signature, around)
    sections = {
        "What to do": [s.recommended_action],
        "How it shows": [symptom_text(x, around) for x in s.symptoms],
        "How sure": sure(s),
        "Easily taken for": confused(s, around),
        "Learnt under": valid(s),
        "Who says so": said_by(s, around),
        "Where from": origin(s),
        "Versions": list(around.history),
    }
    parts = [f"{s.title}\n{'=' * min(len(s.title), WIDTH)}", _wrap(summary(s, around))]
    parts += [_section(title, lines) for title, lines in sections.items() if lines]
    return "\n\n".join(parts) + "\n"


def _wrap(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _section(title: str, lines: list[str]) -> str:
    body = "\n".join(line if "\n" in line else _wrap(line) for line in lines)
    return f"{title}\n{'-' * len(title)}\n{body}"
