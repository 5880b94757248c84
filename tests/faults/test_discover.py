"""Incidents that look alike are found together, whatever their order, size or names."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint.config import Discover
from faultprint.errors import TableError
from faultprint.faults.discover import (
    CUTS,
    USUAL_CUT,
    Groups,
    choose_cut,
    group_incidents,
    name_groups,
)
from faultprint.faults.discovery.picture import Pictures

FEATURES = tuple(f"s{i}.deviance" for i in range(6))
DIRECTIONS = {
    "clogged": (3.0, 3.5, 0.0, 0.0, -2.0, 0.0),
    "worn": (0.0, 0.0, 3.0, -3.0, 0.0, 2.0),
    "leaking": (-3.0, -3.5, 0.0, 0.0, 2.0, 0.0),  # the opposite of clogged
}


def pictures(counts: dict[str, int], seed: int = 0, noise: float = 0.3) -> Pictures:
    random = np.random.default_rng(seed)
    names, rows = [], []
    for kind, count in counts.items():
        for k in range(count):
            grown = random.uniform(0.8, 1.4)
            rows.append(grown * np.array(DIRECTIONS[kind]) + noise * random.standard_normal(6))
            names.append(f"{kind}-{k}")
    return Pictures(tuple(names), FEATURES, np.array(rows).reshape(-1, 6))


def sets(found: Groups) -> set[frozenset[str]]:
    return {frozenset(group.incidents) for group in found.groups}


def shuffled(given: Pictures, order: list[int]) -> Pictures:
    return Pictures(tuple(given.incidents[i] for i in order), FEATURES, given.matrix[order])


def test_kinds_are_told_apart_and_also_opposite_ones() -> None:
    given = pictures({"clogged": 4, "worn": 3, "leaking": 2})
    found = group_incidents(given, Discover())
    assert sets(found) == {
        frozenset(n for n in given.incidents if n.startswith(kind)) for kind in DIRECTIONS
    }
    assert found.alone == ()
    assert [len(g.incidents) for g in found.groups] == [4, 3, 2]
    assert all(g.stability > 0.9 for g in found.groups)


def test_a_fault_just_begun_and_one_far_grown_belong_together() -> None:
    shape = np.array(DIRECTIONS["clogged"])
    rows = np.array([0.75 * shape, 1.0 * shape, 2.0 * shape])
    found = group_incidents(Pictures(("a", "b", "c"), FEATURES, rows), Discover())
    assert sets(found) == {frozenset("abc")}


def test_a_lone_incident_stays_alone_and_a_pair_below_the_smallest_group_too() -> None:
    given = pictures({"clogged": 3, "worn": 1, "leaking": 2})
    found = group_incidents(given, Discover(min_incidents=3))
    assert len(found.groups) == 1
    assert found.alone == ("leaking-0", "leaking-1", "worn-0")


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_to_group(count: int) -> None:
    found = group_incidents(pictures({"worn": count}), Discover())
    assert found.groups == ()
    assert len(found.alone) == count


def test_two_alike_are_a_group_and_two_unlike_are_not() -> None:
    assert sets(group_incidents(pictures({"worn": 2}), Discover())) == {
        frozenset({"worn-0", "worn-1"})
    }
    assert group_incidents(pictures({"worn": 1, "clogged": 1}), Discover()).groups == ()


def test_identical_incidents_are_one_stable_group() -> None:
    rows = np.tile(DIRECTIONS["worn"], (5, 1))
    found = group_incidents(Pictures(tuple("abcde"), FEATURES, rows), Discover())
    assert [g.incidents for g in found.groups] == [tuple("abcde")]
    assert found.groups[0].stability == 1.0


def test_incidents_of_which_nothing_stands_out_have_nothing_in_common() -> None:
    rows = 0.5 * np.ones((3, 6))
    found = group_incidents(Pictures(("a", "b", "c"), FEATURES, rows), Discover(max_distance=1.0))
    assert found.groups == ()


def test_a_sensor_that_was_not_measured_neither_joins_nor_parts() -> None:
    given = pictures({"clogged": 3, "worn": 3})
    values = given.matrix.copy()
    values[:, 4] = np.nan  # a minor symptom, nowhere
    values[1, 0] = np.nan  # a leading symptom, in one incident
    assert sets(group_incidents(Pictures(given.incidents, FEATURES, values), Discover())) == sets(
        group_incidents(given, Discover())
    )
    blind = np.full_like(values, np.nan)
    assert group_incidents(Pictures(given.incidents, FEATURES, blind), Discover()).groups == ()


def test_what_is_seen_by_different_sensors_is_not_compared() -> None:
    rows = np.array([[3.0, 3.0, 1.3, np.nan, np.nan, 0], [np.nan, np.nan, 1.3, 3.0, 3.0, 0]])
    found = group_incidents(Pictures(("a", "b"), FEATURES, rows), Discover())
    assert found.groups == ()


@given(st.permutations(range(9)), st.integers(0, 20))
@settings(max_examples=15, deadline=None)
def test_order_changes_nothing(order: list[int], seed: int) -> None:
    given = pictures({"clogged": 4, "worn": 3, "leaking": 2}, seed, noise=1.0)
    assert group_incidents(shuffled(given, order), Discover()) == group_incidents(given, Discover())


@given(st.integers(0, 30))
@settings(max_examples=15, deadline=None)
def test_an_incident_seen_twice_joins_its_twin(seed: int) -> None:
    given = pictures({"clogged": 3, "worn": 3}, seed, noise=0.8)
    twice = Pictures(
        (*given.incidents, "again"), FEATURES, np.concatenate([given.matrix, given.matrix[:1]])
    )
    found = group_incidents(twice, Discover())
    home = next(g for g in found.groups if "again" in g.incidents)
    assert given.incidents[0] in home.incidents


def test_a_small_disturbance_leaves_stable_groups() -> None:
    given = pictures({"clogged": 4, "worn": 4})
    nudged = given.matrix + 0.05 * np.random.default_rng(9).standard_normal(given.matrix.shape)
    again = group_incidents(Pictures(given.incidents, FEATURES, nudged), Discover(), seed=5)
    assert sets(again) == sets(group_incidents(given, Discover()))


def test_a_group_that_hangs_on_one_feature_is_less_stable() -> None:
    torn = np.array([[3.0, 3, 0, 0, 0, 0], [3.0, 0, 3, 0, 0, 0], [3.0, 0, 0, 3, 0, 0]])
    found = group_incidents(Pictures(("a", "b", "c"), FEATURES, torn), Discover(max_distance=0.55))
    solid = group_incidents(pictures({"worn": 3}), Discover(max_distance=0.55))
    assert found.groups[0].stability < 0.9 < solid.groups[0].stability


def test_the_cut_lies_between_one_fault_and_two() -> None:
    known = pictures({"clogged": 4, "worn": 4})
    rows = {"clogged": known.matrix[:4], "worn": known.matrix[4:]}
    cut, basis = choose_cut(Discover(), rows)
    assert basis == "known faults"
    assert CUTS[0] <= cut <= CUTS[1]
    near = {"a": known.matrix[:4], "b": known.matrix[:4] * 1.1}  # two names of one picture
    assert choose_cut(Discover(), near)[0] == CUTS[0]


def test_the_cut_of_the_user_counts_and_few_known_faults_do_not() -> None:
    one = {"clogged": pictures({"clogged": 4}).matrix, "worn": pictures({"worn": 1}).matrix}
    assert choose_cut(Discover(), one) == (USUAL_CUT, "usual")
    assert choose_cut(Discover(max_distance=0.2), one) == (0.2, "setting")


def test_names_stay_when_incidents_join_leave_or_split_off() -> None:
    first = name_groups([frozenset("abc"), frozenset("xy")], {})
    assert len(set(first)) == 2
    before = dict(zip(first, [frozenset("abc"), frozenset("xy")], strict=True))
    assert name_groups([frozenset("xyz"), frozenset("abcde")], before) == first[::-1]
    split = name_groups([frozenset("ab"), frozenset("cde")], before)
    assert split[0] == first[0]
    assert split[1] not in first
    merged = name_groups([frozenset("abcxy")], before)
    assert merged == [first[0]]
    assert name_groups([frozenset("ade")], before)[0] not in first  # a third of it is not it


def test_a_new_group_never_takes_a_name_that_is_held() -> None:
    name = name_groups([frozenset("ab")], {})[0]
    found = name_groups([frozenset("ab")], {name: frozenset("cd")})
    assert found[0] != name
    assert found[0].startswith(name)


def test_growing_keeps_the_name() -> None:
    few = group_incidents(pictures({"clogged": 3}), Discover())
    held = {g.name: frozenset(g.incidents) for g in few.groups}
    more = group_incidents(pictures({"clogged": 5, "worn": 3}), Discover(), None, held)
    assert few.groups[0].name == more.groups[0].name


def test_pictures_that_do_not_fit_are_refused() -> None:
    with pytest.raises(TableError, match=r"pictures of shape \(1, 2\).*2 incidents"):
        Pictures(("a", "b"), ("x.deviance", "y.deviance"), np.zeros((1, 2)))
    with pytest.raises(TableError, match="2 pictures of 1 incidents"):
        Pictures(("a", "a"), ("x.deviance",), np.zeros((2, 1)))
