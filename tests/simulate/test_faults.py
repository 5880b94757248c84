"""Faults grow, end and are reset; the log and the alarms tell of them as a plant would."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint.simulate import compressor, pump
from faultprint.simulate.alarms import raise_alarms
from faultprint.simulate.ambient import make_clock
from faultprint.simulate.faults import Course, Mode, Plan, draw_course, plan_replacements, severity
from faultprint.simulate.history import Conditions
from faultprint.simulate.maintenance import (
    CORRECTIVE,
    FAILURE,
    MODE_WORDS,
    PREVENTIVE,
    UNKNOWN_WORDS,
    write_log,
)

FEW = settings(max_examples=25, deadline=None)
STEP = 1.0


def ordinary(days: int = 300, load: float = 0.7) -> Conditions:
    time = make_clock("2025-01-06T00:00:00+00:00", days, STEP)
    n = len(time)
    return Conditions(time, np.full(n, load), np.full(n, 16.0), np.ones(n, dtype=bool), STEP)


def course(seed: int, plan: Plan = pump.PLAN, days: int = 300) -> Course:
    return draw_course(np.random.default_rng(seed), plan, ordinary(days))


@FEW
@given(
    st.sampled_from(pump.MODES + compressor.MODES),
    st.lists(st.floats(0.001, 1.0), min_size=2, max_size=20),
)
def test_severity_grows_from_nothing_to_one(mode: Mode, damage: list[float]) -> None:
    at = np.sort(np.array([0.0, *damage, 1.0]))
    grown = severity(mode, at)
    assert grown[0] == 0
    assert grown[-1] == pytest.approx(1.0)
    assert (np.diff(grown) >= 0).all()


def test_modes_grow_differently() -> None:
    half = {m.name: float(severity(m, np.array([0.5]))[0]) for m in pump.MODES}
    assert half["bearing_wear"] < 0.15 < half["impeller_wear"] < half["cavitation"]
    assert half["seal_leak"] > 0.6


@FEW
@given(st.integers(0, 10_000))
def test_episodes_follow_each_other_and_severity_lives_in_them_alone(seed: int) -> None:
    done = course(seed)
    count, last = len(done.running), -1
    inside = {name: np.zeros(count, dtype=bool) for name in done.severities}
    for episode in done.episodes:
        assert last < episode.onset <= episode.end <= count
        last = episode.end
        inside[episode.mode][episode.onset : episode.end] = True
        assert (episode.outcome == "ongoing") == (episode.end == count)
    for name, grown in done.severities.items():
        assert (grown[~inside[name]] == 0).all()
        assert ((grown >= 0) & (grown <= 1)).all()


@FEW
@given(st.integers(0, 10_000))
def test_machine_stands_after_failure_and_during_replacement(seed: int) -> None:
    done = course(seed)
    for episode in done.episodes:
        if episode.outcome == "failure":
            assert not done.running[episode.end]
            reached = done.severities[episode.mode][episode.end - 1]
            assert 0.8 * episode.strength < reached <= episode.strength
    for work in done.planned:
        assert not done.running[work.start : work.end].any()


def test_preventive_replacement_ends_an_episode_in_time() -> None:
    outcomes = [e for seed in range(60) for e in course(seed).episodes if e.outcome == "preventive"]
    assert len(outcomes) >= 5
    for seed in range(20):
        done = course(seed)
        starts = {(w.item, w.start) for w in done.planned}
        for episode in done.episodes:
            if episode.outcome == "preventive":
                assert (episode.item, episode.end) in starts


def test_more_stress_shortens_life() -> None:
    plan = replace(pump.PLAN, replaced_every={}, healthy_days=(5.0, 5.0))

    def mean_life(load: float) -> float:
        ends = [
            (e.end - e.onset, e.mode)
            for seed in range(15)
            for e in draw_course(np.random.default_rng(seed), plan, ordinary(200, load)).episodes
            if e.outcome == "failure" and e.mode == "motor_cooling"
        ]
        return float(np.mean([life for life, _ in ends]))

    assert mean_life(0.85) < 0.6 * mean_life(0.4)


def test_damage_waits_while_the_machine_stands() -> None:
    conditions = ordinary(120)
    plan = replace(pump.PLAN, modes=pump.MODES[:1], replaced_every={}, healthy_days=(5.0, 5.0))
    sound = draw_course(np.random.default_rng(1), plan, conditions).episodes[0]
    running = conditions.running.copy()
    running[sound.onset + 24 : sound.onset + 24 + 240] = False
    stopped = draw_course(np.random.default_rng(1), plan, replace(conditions, running=running))
    assert stopped.episodes[0].end == sound.end + 240


def test_held_back_mode_appears_late_and_only_where_told() -> None:
    late = 4000
    plan = replace(pump.PLAN, held_back="seal_leak", held_back_from=late, shows_it=True)
    onsets = [
        e.onset for seed in range(20) for e in course(seed, plan).episodes if e.mode == "seal_leak"
    ]
    assert len(onsets) >= 15
    assert min(onsets) >= late
    hidden = replace(plan, shows_it=False)
    seen = {e.mode for seed in range(20) for e in course(seed, hidden).episodes}
    assert seen == {m.name for m in pump.MODES} - {"seal_leak"}


def test_replacements_keep_their_interval() -> None:
    plan = replace(pump.PLAN, replaced_every={"bearing": 30.0})
    work = plan_replacements(np.random.default_rng(5), plan, ordinary())
    gaps = np.diff([w.start for w in work]) * STEP / 24
    assert len(work) >= 8
    assert ((gaps > 26) & (gaps < 34)).all()


def test_log_is_late_and_vague_but_not_lost() -> None:
    conditions, words = ordinary(), []
    for seed in range(60):
        done = draw_course(np.random.default_rng(seed), pump.PLAN, conditions)
        names = tuple(m.name for m in pump.MODES)
        log = write_log(np.random.default_rng(seed + 1000), done, conditions, names)
        assert log["time"].is_monotonic_increasing
        assert str(log["time"].dtype) == "datetime64[ns, UTC]"
        failed = [e for e in done.episodes if e.outcome == "failure"]
        reports = log[log["kind"] == FAILURE]
        assert len(reports) == len(failed)
        for episode, at in zip(failed, reports["time"], strict=True):
            late = at - conditions.time[episode.end]
            assert -pd.Timedelta("1min") < late <= pd.Timedelta("3h")
        repairs = log[log["kind"] == CORRECTIVE]
        assert (repairs["mode"] == "").all()
        assert (log["kind"] == PREVENTIVE).sum() == len(done.planned)
        words += [(e.mode, w) for e, w in zip(failed, reports["mode"], strict=True)]
    right = np.mean([word in MODE_WORDS[mode] for mode, word in words])
    unknown = np.mean([word in UNKNOWN_WORDS for _, word in words])
    assert len(words) > 150
    assert 0.8 < right < 0.97
    assert 0.02 < unknown < 0.16


def test_repair_is_booked_within_three_days() -> None:
    conditions = ordinary()
    done = draw_course(np.random.default_rng(4), pump.PLAN, conditions)
    log = write_log(np.random.default_rng(4), done, conditions, ("bearing_wear",))
    failures = log.loc[log["kind"] == FAILURE, "time"].to_list()
    for booked in log.loc[log["kind"] == CORRECTIVE, "time"]:
        late = min(booked - at for at in failures if at <= booked)
        assert pd.Timedelta("6h") < late < pd.Timedelta("3D")


def test_alarm_is_logged_once_until_it_was_quiet() -> None:
    time = make_clock("2025-01-06T00:00:00+00:00", 4, 1.0)
    calm = {s: np.full(len(time), 1.0) for s in pump.NOISE} | {"seal_pressure": np.full(96, 6.0)}
    readings = pd.DataFrame(calm, index=time)
    readings.iloc[[10, 11, 13, 40], readings.columns.get_loc("vibration_de")] = 9.0
    running = pd.Series(data=True, index=time)
    found = raise_alarms(np.random.default_rng(0), "centrifugal_pump", readings, running)
    assert found.loc[found["code"] == "A101", "time"].to_list() == [time[10], time[40]]
    stopped = raise_alarms(np.random.default_rng(0), "centrifugal_pump", readings, ~running)
    assert not (stopped["code"] == "A101").any()
