"""The report says what was found, names its false alarms, and needs nothing from elsewhere."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from faultprint import tables
from faultprint.evaluate.metrics import event_metrics
from faultprint.serve import wording
from faultprint.serve.report import (
    choose_assets,
    choose_sensors,
    headline,
    render_report,
)
from faultprint.serve.sensor_report import WORDS, sensor_part
from faultprint.serve.wording import evidence
from tests.serve import samples

VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """Collects texts, tags and addresses, and fails on tags that do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.addresses += [v or "" for k, v in attrs if k in {"src", "href"}]
        self.ids += [found["id"] or ""] if "id" in found else []
        if tag == "img":
            self.images.append(found)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)


@pytest.fixture(scope="module")
def html() -> str:
    return render_report(samples.context(notes=("Asset <K-09> was not judged.",)))


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


@pytest.fixture(scope="module")
def text(page: Page) -> str:
    return re.sub(r"\s+", " ", " ".join(page.texts))


def test_nothing_is_loaded_from_elsewhere(html: str, page: Page) -> None:
    assert page.addresses
    assert all(address.startswith(("#", "data:image/png;base64,")) for address in page.addresses)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert "url(" not in html
    assert "@import" not in html
    assert "http:" not in html.replace("http-equiv", "")


def test_links_within_the_page_lead_somewhere(page: Page) -> None:
    inner = {address[1:] for address in page.addresses if address.startswith("#")}
    assert inner
    assert inner <= set(page.ids)


def test_names_from_the_plant_are_shown_and_never_run(html: str, text: str) -> None:
    assert "P-02 <b>" in text
    assert "<K-09>" in text
    assert "<b>" not in html


def test_it_says_what_was_found_and_how_sure(text: str) -> None:
    assert "1 of 2 failures was announced, half of them at least 5.0 d ahead." in text
    assert "There was one false alarm in 2 asset-months." in text
    assert "50 % (9 to 91 %)" in text
    assert "0.5 (0.013 to 2.8) per asset-month" in text
    assert samples.RELEASE in text
    assert "4b825dc" in text
    assert "d" * 64 in text


def test_false_alarms_are_named_as_such(text: str) -> None:
    named = text.split("1 incident was followed by no failure and no repair:")[1]
    named = named.split("Observed readings against")[0]
    assert "P-02 <b> 2025-03-09 00:00 2025-03-11 00:00 unknown deviation" in named
    assert "P-01" not in named


def test_missed_failures_are_shown(text: str) -> None:
    assert "P-02 <b> 2025-03-22 00:00 seal leak missed" in text


def test_open_incidents_come_first(text: str) -> None:
    assert text.index("Open at the end of the data") < text.index("By failure mode")
    assert "P-01 misalignment 2025-03-30 00:00 0.0008 vibration.rms 4.13 mm/s" in text


def test_signatures_are_pages(text: str) -> None:
    assert "Bearing wear of the pump" in text
    assert "Regrease and plan a change of the bearing" in text
    assert "6 of 8: 75 % (41 to 93 %), on 4 assets" in text
    assert "misalignment (12 %)" in text


def test_every_picture_has_words(page: Page) -> None:
    assert len(page.images) == 3  # two assets and a signature
    assert all(image.get("alt") for image in page.images)


def test_same_input_gives_the_same_page(html: str) -> None:
    assert render_report(samples.context(notes=("Asset <K-09> was not judged.",))) == html


def test_a_quiet_plant_has_a_report_too() -> None:
    nothing = samples.failures().iloc[:0], samples.incidents().iloc[:0]
    quiet = samples.context(
        failures=nothing[0],
        incidents=nothing[1],
        metrics=event_metrics(*nothing, samples.observed()),
        residuals=samples.residuals().iloc[:0],
        signatures=(),
    )
    said = " ".join(Page(render_report(quiet)).texts)
    assert "No failure happened in the judged time. There was no false alarm" in said
    assert "There is nothing to draw." in said


def test_detectors_that_look_at_nothing_stand_beside() -> None:
    metrics = event_metrics(samples.failures(), samples.incidents(), samples.observed())
    names = ("found", "named", "precision", "f1_events", "false_alarms_per_asset_month")
    baselines = {"random": dict.fromkeys(names, 0.123), "always_on": dict.fromkeys(names, 0.5)}
    page = Page(render_report(samples.context(metrics={**metrics, "baselines": baselines})))
    said = re.sub(r"\s+", " ", " ".join(page.texts))
    assert "this release 50 % 50 % 50 % 0.50 0.5" in said
    assert "as many incidents at random times 12 % 12 % 12 % 0.12 0.12" in said
    assert "Beside detectors" not in " ".join(Page(render_report(samples.context())).texts)


def test_the_rate_of_false_alarms_says_over_which_time() -> None:
    exposed = samples.observed().tail(1)
    metrics = event_metrics(samples.failures(), samples.incidents(), samples.observed(), exposed)
    said = " ".join(Page(render_report(samples.context(metrics=metrics))).texts)
    assert "over the 1 of them in which an alarm could have been false" in said
    assert "1 (0.025 to 5.6) per asset-month" in said


def test_failures_without_mode_or_lead_are_shown() -> None:
    vague = samples.failures().assign(failure_mode="", mode_right=False)
    said = " ".join(Page(render_report(samples.context(failures=vague))).texts)
    assert "not stated" in said


def test_pictures_of_all_outcomes_take_turns() -> None:
    incidents = pd.DataFrame(
        {
            "asset": [f"T{i}" for i in range(9)] + ["F0", "F1", "U0"],
            "outcome": ["true"] * 9 + ["false", "false", "censored"],
            "verdict": ["known"] * 11 + ["deviation"],
        }
    )
    failures = pd.DataFrame(
        {"asset": [f"T{i}" for i in range(9)] + ["M0"], "found": [True] * 9 + [False]}
    )
    every = set(incidents["asset"]) | {"M0", "quiet"}
    assert choose_assets(incidents, failures, every, most=6) == ["T0", "M0", "F0", "U0", "T1", "T2"]
    assert choose_assets(incidents, failures, {"T3", "F1"}) == ["T3", "F1"]


def test_sensors_that_left_their_range_are_drawn() -> None:
    found = choose_sensors(samples.residuals(), samples.incidents(), "P-01", most=2)
    assert set(found) == {"vibration", "temperature"}


def test_headline_counts_in_words() -> None:
    metrics = event_metrics(samples.failures(), samples.incidents(), samples.observed())
    missed = {**metrics, "lead_time": {"median": None}, "false_alarms": 4}
    assert headline(missed) == (
        "None of 2 failures was announced. There were 4 false alarms in 2 asset-months."
    )


def test_evidence_of_a_deviation_is_what_speaks_against_healthy() -> None:
    item = '{"descriptor": "a.mean", "observed": 3.14159, "healthy": null, "unit": "1"}'
    text = f'{{"healthy": {{"for": [], "against": [{item}]}}}}'
    assert evidence(text, "") == ["a.mean 3.14 (healthy -)"]
    assert evidence("", "wear") == []


def test_the_sensors_a_fault_rests_on_are_told_first() -> None:
    item = {"descriptor": "a.mean", "observed": 3.0, "healthy": 1.0, "unit": "1"}
    told = {"wear": {"for": [item], "against": []}, "sensor:oil_temperature": {"for": [item]}}
    first, second = evidence(json.dumps(told), "wear")
    assert first == "rests on oil temperature: check the sensor first"
    assert second == "a.mean 3 (healthy 1)"
    many = {f"sensor:s{n}": {} for n in range(6)}
    assert wording.resting_on(many) == "s0, s1, s2 and 3 more"
    rests = evidence(json.dumps(many), "wear")
    assert rests == ["rests on s0, s1, s2 and 3 more: check these sensors first"]
    assert wording.resting_on({"wear": {}}) == ""


def test_evidence_by_a_deprecated_signature_says_what_replaces_it() -> None:
    item = {"descriptor": "a.mean", "observed": 3.0, "healthy": 1.0, "unit": "bar"}
    sides = {"for": [item] * 4, "against": [], "deprecated": ["replaced by leak"]}
    said = evidence(json.dumps({"wear": sides}), "wear")
    assert said == [*["a.mean 3 bar (healthy 1)"] * 3, "deprecated: replaced by leak"]


@pytest.mark.parametrize(
    ("hours", "said"),
    [(None, "-"), (float("nan"), "-"), (0.5, "30 min"), (18.2, "18 h"), (96.0, "4.0 d")],
)
def test_spans_read_as_people_say_them(hours: float | None, said: str) -> None:
    assert wording.span(hours) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(1234.4, "1234"), (0.012345, "0.0123"), (99.4, "99.4"), (float("inf"), "-"), (None, "-")],
)
def test_numbers_keep_what_matters(value: float | None, said: str) -> None:
    assert wording.number(value) == said


def test_a_rule_that_holds_is_told_first() -> None:
    part = {"part": "residual(oil) > 8 K", "observed": 9.12, "limit": 8.0, "unit": "K"}
    rules = [
        {"rule": "hot", "holds": True, "parts": [part | {"holds": True}]},
        {"rule": "no", "holds": False, "parts": [part | {"holds": True}]},
    ]
    text = json.dumps({"fouling": {"for": [], "against": [], "rules": rules}})
    assert evidence(text, "fouling") == ["residual(oil) > 8 K: 9.12 K (rule hot)"]


def _health() -> pd.DataFrame:
    start = pd.Timestamp("2025-03-01T00:00:00Z")
    rows = [
        ("p2", "flow", "drift", start, pd.NaT, "+5.1 healthy scales; current does not follow"),
        ("p1", "seal", "stuck", start, start + pd.Timedelta(hours=36), "11 of 12 readings repeat"),
        ("p1", "flow", "stuck", start, start + pd.Timedelta(hours=2), "<b>"),
    ]
    columns = ["asset", "sensor", "kind", "since", "until", "evidence"]
    frame = pd.DataFrame(rows, columns=columns).assign(release="1.0.0")
    types = tables.empty("sensor_health").dtypes.to_dict()
    return frame.astype(types)[list(types)]


def test_bad_sensors_are_listed_with_what_shows_it() -> None:
    page = render_report(samples.context(health=_health()))
    section = page[page.index('id="sensors"') : page.index('id="signatures"')]
    assert "+5.1 healthy scales; current does not follow" in section
    assert "still bad: flow" in section
    assert "2025-03-01 00:00" in section
    assert "&lt;b&gt;" in section
    part = sensor_part(_health())
    assert [(row["what"], row["spells"], row["open"]) for row in part["counts"]] == [
        ("stuck", 2, 0),
        ("drifting", 1, 1),
    ]
    assert [(a["asset"], len(a["spells"])) for a in part["assets"]] == [("p1", 2), ("p2", 1)]
    assert part["assets"][0]["spells"][1]["hours"] == 36
    assert set(WORDS) == set(tables.SENSOR_FAULTS)


def test_a_report_without_bad_sensors_says_so() -> None:
    assert "Every sensor was believed throughout." in render_report(samples.context())
