"""A signature's page says what the text says, and needs nothing from elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from faultprint.faults.pages.around import Around
from faultprint.faults.pages.contrasts import Contrast
from faultprint.faults.pages.course import COLUMNS
from faultprint.faults.pages.page import signature_page
from faultprint.faults.pages.sentences import sure
from faultprint.serve.signature_page import render_signature
from tests.serve import samples
from tests.serve.test_report import Page


@pytest.fixture(scope="module")
def around() -> Around:
    rows = [("vibration.rms", -6.0 * n, 2.0, 4.0 - 0.2 * n, 5.0, 4) for n in range(9, -1, -1)]
    return Around(
        apart={"misalignment": (Contrast("flow.mean", "m3/h", 92.0, 101.0, 3.2),)},
        course=pd.DataFrame(rows, columns=COLUMNS),
        opinions=("A. Smith <b>, 2025-03-01: seen",),
        history=("release 1.0.0+ab: version 1.0.0, candidate",),
    )


@pytest.fixture(scope="module")
def html(around: Around) -> str:
    return render_signature(samples.signature(), samples.RELEASE, around)


def test_it_stands_alone(html: str) -> None:
    page = Page(html)
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    assert len(page.images) == 2
    assert all(image.get("alt") for image in page.images)
    assert not {"script", "link", "iframe"} & set(page.tags)
    assert "<b>" not in html


def test_it_says_what_the_text_says(html: str, around: Around) -> None:
    signature = samples.signature()
    said = re.sub(r"\s+", " ", " ".join(Page(html).texts))
    text = re.sub(r"\s+", " ", signature_page(signature, around))
    for line in [*sure(signature), signature.recommended_action, *around.opinions]:
        assert line in said
        assert line in text
    assert "flow.mean: here 92 m3/h, there 101 m3/h" in said
    assert "4.4 mm/s" in said
    assert "misalignment: 12 % of its windows" in said
    assert "release 1.0.0+ab: version 1.0.0, candidate" in said


def test_few_occurrences_are_called_few() -> None:
    one = samples.signature()
    few = replace(one.performance, recall=replace(one.performance.recall, hits=2, n=2))
    assert "Only 2 could be judged" in " ".join(sure(replace(one, performance=few)))
    assert "Only" not in " ".join(sure(one))


def test_same_input_gives_the_same_page(html: str, around: Around) -> None:
    assert render_signature(samples.signature(), samples.RELEASE, around) == html


def test_a_signature_of_which_little_is_known_has_a_page_too() -> None:
    bare = replace(samples.signature(), symptoms=(), conditions={}, confused_with={})
    said = " ".join(Page(render_signature(bare, "x")).texts)
    assert "Nothing that this release knows." in said
    assert "It names no descriptor." in said
    assert "No operating condition is measured." not in said  # the sensors it needs are named
