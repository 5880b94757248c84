"""Signatures: what they name, and how they read."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import MappingProxyType

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from faultprint.config import Signatures
from faultprint.faults.learn import Learned, learn_class
from faultprint.faults.learning.space import Reference
from faultprint.faults.learning.symptoms import choose, nameable, separations, spread_evenly
from faultprint.faults.pages.around import Around
from faultprint.faults.pages.page import WIDTH, signature_page
from faultprint.faults.pages.sentences import said_by, summary
from faultprint.faults.signature import identity, with_performance
from faultprint.records import Signature, signature_from
from tests.faults.pumps import ORIGIN, fleet, settings


@cache
def learned() -> Learned:
    return learn_class(*fleet(), settings(), 7, ORIGIN)


def named(mode: str) -> Signature:
    return next(s for s in learned().signatures if s.failure_mode == mode)


def test_planted_symptoms_are_found_with_direction_and_size() -> None:
    wear, blockage = named("bearing_wear"), named("blockage")
    first = wear.symptoms[0]
    assert (first.descriptor, first.direction, first.unit) == ("vibration.deviance", "up", "1")
    assert 3 < first.effect < 6
    assert first.separation > 0.95
    assert first.low < first.typical < first.high
    assert {s.descriptor.split(".")[0] for s in wear.symptoms} == {"vibration", "temperature"}
    assert blockage.symptoms[0].descriptor == "pressure.deviance"
    assert blockage.symptoms[0].direction == "down"
    assert blockage.symptoms[0].effect < -3
    assert {s.descriptor.split(".")[0] for s in blockage.symptoms} == {"pressure"}


def test_circumstances_are_not_symptoms() -> None:
    pump = settings().equipment["pump"]
    features = ("load.mean", "maintenance.any.hours_since", "pressure.mean", "error.E1.count")
    assert nameable(features, pump) == (2, 3)
    assert nameable(features[:2], pump) == (0, 1)


def test_descriptors_that_repeat_each_other_are_named_once() -> None:
    rng = np.random.default_rng(0)
    healthy, fault = rng.normal(size=(400, 1)), rng.normal(3, 1, (200, 1))
    noise = rng.normal(size=(600, 2))
    copies = np.hstack([np.vstack([healthy, fault])] * 2 + [noise])
    copies[:, 1] *= 2
    copies[400:, 3] -= 2
    ref = Reference(np.zeros(4), np.array([1.0, 2.0, 1.0, 1.0]))
    chosen = choose(
        copies[400:], copies[:400], ref, (0, 1, 2, 3), ("a.x", "a.y", "c.x", "d.x"), Signatures()
    )
    assert chosen == (0, 3)


def test_two_sensors_that_move_together_are_both_named() -> None:
    rng = np.random.default_rng(0)
    one = np.concatenate([rng.normal(size=400), rng.normal(3, 1, 200)])
    both = np.column_stack([one, one])
    ref = Reference(np.zeros(2), np.ones(2))
    names = ("error.E1.count", "error.E2.count")
    assert choose(both[400:], both[:400], ref, (0, 1), names, Signatures()) == (0, 1)


def test_an_error_code_that_comes_more_often_is_a_symptom() -> None:
    windows, residuals = fleet()
    rng = np.random.default_rng(3)
    faulty = (windows["label"] == "blockage").to_numpy()
    counts = np.where(faulty, rng.random(len(windows)) < 0.4, rng.random(len(windows)) < 0.02)
    windows["error.E1.count"] = counts.astype("float64")
    found = learn_class(windows, residuals, settings(), 7, ORIGIN).signatures[1]
    code = next(s for s in found.symptoms if s.descriptor == "error.E1.count")
    assert (code.direction, code.unit) == ("up", "1")
    assert code.typical == pytest.approx(counts[faulty].mean(), rel=1e-4)
    assert code.healthy < 0.05
    assert code.effect > 1


def test_a_weak_fault_still_names_its_best_two() -> None:
    rng = np.random.default_rng(1)
    ref = Reference(np.zeros(3), np.ones(3))
    rows = rng.normal(0, 0.1, (100, 3))
    chosen = choose(rows[:50], rows[50:], ref, (0, 1, 2), ("a.x", "b.x", "c.x"), Signatures())
    assert len(chosen) == 2


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=12),
    st.lists(st.integers(0, 5), min_size=1, max_size=12),
)
@hypothesis_settings(max_examples=25, deadline=None)
def test_separation_equals_counting_pairs(high: list[int], low: list[int]) -> None:
    pairs = [(a > b) + 0.5 * (a == b) for a in high for b in low]
    curve = separations(np.array(high, float)[:, None], np.array(low, float)[:, None])
    np.testing.assert_allclose(curve, [np.mean(pairs)])


def test_rows_are_taken_evenly() -> None:
    rows = np.arange(10.0)[:, None]
    assert spread_evenly(rows, 4)[:, 0].tolist() == [0, 3, 6, 9]
    assert spread_evenly(rows, 10) is rows


def test_signature_is_complete_and_survives_yaml() -> None:
    wear = named("bearing_wear")
    assert wear.id == identity("pump", "bearing_wear") != identity("pump", "blockage")
    assert wear.required_sensors == ("temperature", "vibration")
    assert wear.status == "candidate"
    assert 30 < wear.conditions["load"][0] < wear.conditions["load"][1] < 70
    assert len(wear.origin.episodes) == 8
    assert all(len(p.centre) == len(wear.symptoms) for p in wear.prototypes)
    assert sum(p.weight for p in wear.prototypes) == pytest.approx(1, abs=1e-5)
    assert wear.accept_distance > 0
    assert wear.performance.recall.hits == wear.performance.recall.n == 8
    assert wear.performance.lead_time.median == pytest.approx(90, abs=12)
    assert signature_from(yaml.safe_load(yaml.safe_dump(wear.to_dict()))) == wear


def test_page_can_be_read_by_a_technician() -> None:
    wear = replace(
        named("bearing_wear"),
        opinions=("A. Smith: seen on P03, agreed",),
        confused_with={"blockage": 0.07, "leak": 0.21},
    )
    page = signature_page(wear)
    assert page.startswith("Bearing wear (pump)\n===")
    for words in (
        "vibration against what is expected: higher by",
        "degC",
        "Found and rightly named 8 of 8",
        "load between",
        "P00@2025-01-11T00:00Z",
        "Expert: A. Smith",
    ):
        assert words in page
    assert all(len(line) <= WIDTH + 8 for line in page.splitlines())
    assert page.index("leak: 21 %") < page.index("blockage: 7 %")
    assert "Easily taken for" not in signature_page(replace(wear, confused_with={}))


@pytest.mark.parametrize(
    ("fields", "confirmed", "says"),
    [
        ({}, 0, "Learnt from data, not yet confirmed by an expert."),
        ({}, 2, "Learnt from data; experts confirmed it on 2 incidents; not yet proven."),
        ({"opinions": ("A: seen",), "severity": 4}, 0, "in 1 opinion, not yet proven. Severity: 4"),
        ({"symptoms": (), "rule": "a > b", "severity": 3}, 0, "as a rule, not yet proven."),
        ({"status": "test"}, 0, "On trial"),
        ({"status": "deprecated"}, 0, "named where it matches, but nothing replaces it."),
        ({"status": "deprecated", "replaced_by": "leak"}, 0, "but go by leak instead."),
    ],
)
def test_the_page_says_how_far_it_is_proven_and_by_whom(
    fields: dict[str, object], confirmed: int, says: str
) -> None:
    one = replace(named("bearing_wear"), **fields)
    assert says in summary(one, Around(confirmed=confirmed))


def test_opinions_that_are_not_at_hand_are_named() -> None:
    name = "0b9d8f6e-3c3c-5d0e-9a55-1f2e3d4c5b6a"
    one = replace(named("bearing_wear"), opinions=(name, "A. Smith: agreed"))
    unheard = f"Taught by opinion {name}; its words are in no database at hand."
    assert said_by(one) == [unheard, "Expert: A. Smith: agreed"]
    around = Around(opinions=("Mira, 2026-01-01: ice",), heard=frozenset({name}))
    assert said_by(one, around) == ["Mira, 2026-01-01: ice", "Expert: A. Smith: agreed"]


def test_performance_is_replaced_and_nothing_else() -> None:
    wear = named("bearing_wear")
    better = replace(wear.performance, false_alarms=0)
    done = with_performance(wear, better, MappingProxyType({"z": 0.1, "a": 0.2}))
    assert done.performance == better
    assert list(done.confused_with) == ["a", "z"]
    assert replace(done, performance=wear.performance, confused_with=wear.confused_with) == wear
