"""The fleet as a whole: seeded, isolated, spoilt by defects, true to its truth."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint.config import Simulate
from faultprint.errors import ConfigError
from faultprint.simulate.ambient import make_clock
from faultprint.simulate.defects import LASTING, add_defects
from faultprint.simulate.fleet import MODES, simulate
from faultprint.simulate.history import (
    ALARM_COLUMNS,
    LOG_COLUMNS,
    TRUTH_COLUMNS,
    AssetHistory,
)

SMALL = Simulate(days=120, period=timedelta(hours=1), pumps=3, compressors=2)


def same(one: AssetHistory, other: AssetHistory) -> bool:
    return (
        one.asset == other.asset
        and one.attributes == other.attributes
        and all(
            getattr(one, part).equals(getattr(other, part))
            for part in ("readings", "log", "alarms", "truth")
        )
    )


def test_same_seed_same_fleet_other_seed_other_fleet() -> None:
    first, again, other = (list(simulate(SMALL, seed)) for seed in (7, 7, 8))
    assert all(same(a, b) for a, b in zip(first, again, strict=True))
    assert not any(same(a, b) for a, b in zip(first, other, strict=True))


def test_asset_does_not_depend_on_the_size_of_the_fleet() -> None:
    larger = SMALL.model_copy(update={"pumps": 5, "compressors": 4})
    known = {h.asset: h for h in simulate(larger, 7)}
    assert all(same(h, known[h.asset]) for h in simulate(SMALL, 7))


def test_no_two_assets_are_alike() -> None:
    means = [tuple(h.readings.mean().round(6)) for h in simulate(SMALL, 7)]
    assert len(set(means)) == len(means)


def test_history_has_the_promised_shape() -> None:
    for history in simulate(SMALL, 7):
        assert history.readings.index.name == "time"
        assert str(history.readings.index.dtype) == "datetime64[ns, UTC]"
        assert tuple(history.log.columns) == LOG_COLUMNS
        assert tuple(history.alarms.columns) == ALARM_COLUMNS
        assert tuple(history.truth.columns) == TRUTH_COLUMNS
        assert set(history.truth["kind"]) <= {"fault", "defect"}
        faults = history.truth[history.truth["kind"] == "fault"]
        assert set(faults["mode"]) <= {
            m for m, kind in MODES.items() if kind == history.equipment_class
        }
        assert (history.truth["onset"] <= history.truth["end"]).all()
        assert {"site", "rated_speed"} == set(history.attributes)


def test_without_defects_the_clock_is_whole() -> None:
    sound = SMALL.model_copy(update={"sensor_defects": False})
    expected = make_clock(SMALL.start, SMALL.days, 1.0)
    for history in simulate(sound, 7):
        assert history.readings.index.equals(expected)
        assert not history.readings.isna().to_numpy().any()
        assert (history.truth["kind"] == "fault").all()


def test_failed_asset_stands_still() -> None:
    sound = SMALL.model_copy(update={"sensor_defects": False, "days": 240})
    seen = 0
    for history in simulate(sound, 7):
        failed = history.truth.loc[history.truth["outcome"] == "failure", "end"]
        seen += len(failed)
        assert (history.readings.loc[failed, "speed"] == 0).all()
    assert seen >= 5


def test_held_back_mode_appears_late() -> None:
    chosen = Simulate(
        days=300,
        period=timedelta(hours=2),
        pumps=1,
        compressors=8,
        held_back="separator_clogging",
        held_back_until=0.7,
        sensor_defects=False,
    )
    truth = pd.concat([h.truth for h in simulate(chosen, 7)])
    new = truth[truth["mode"] == "separator_clogging"]
    begins = pd.Timestamp(chosen.start) + 0.7 * pd.Timedelta(days=300)
    assert 2 <= len(new) <= 4
    assert (new["onset"] >= begins).all()
    assert set(truth["mode"]) >= set(MODES) - {"separator_clogging"} - {
        m for m, kind in MODES.items() if kind == "centrifugal_pump"
    }


def test_unknown_held_back_mode_is_refused_with_the_nearest_name() -> None:
    wrong = SMALL.model_copy(update={"held_back": "seperator_cloging"})
    with pytest.raises(ConfigError, match="did you mean 'separator_clogging'"):
        simulate(wrong, 7)


def sound_readings(days: int = 400) -> pd.DataFrame:
    time = make_clock("2025-01-06T00:00:00+00:00", days, 1.0)
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"a": 10 + rng.standard_normal(len(time)), "b": 50 + rng.standard_normal(len(time))},
        index=time,
    )


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_defects_leave_their_input_alone_and_most_values_right(seed: int) -> None:
    sound = sound_readings(200)
    before = sound.copy()
    spoilt, truth = add_defects(np.random.default_rng(seed), sound)
    pd.testing.assert_frame_equal(sound, before)
    first = spoilt[~spoilt.index.duplicated()].reindex(sound.index)
    assert (first == sound).to_numpy().mean() > 0.55
    assert not spoilt.isna().all(axis=1).any()
    assert tuple(truth.columns) == TRUTH_COLUMNS


def test_every_kind_of_defect_does_what_it_says() -> None:
    sound, seen = sound_readings(), set()
    for seed in range(12):
        spoilt, truth = add_defects(np.random.default_rng(seed), sound)
        kept = spoilt[~spoilt.index.duplicated()].reindex(sound.index)
        for row in truth.itertuples():
            seen.add(row.mode)
            part = sound.loc[row.onset : row.end].index
            if row.mode == "dropout":
                assert kept.loc[part, row.item].isna().all()
            if row.mode == "silence":
                assert kept.loc[part].isna().mean(axis=None) > 0.9
        if "clock" in set(truth["mode"]):
            assert not spoilt.index.is_monotonic_increasing
    assert seen == {"stuck", "drift", "dropout", "silence", "spike", "clock", *LASTING}


def test_a_new_kind_of_defect_moves_nothing_that_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = sound_readings()
    more, truth = add_defects(np.random.default_rng(3), sound)
    monkeypatch.setattr("faultprint.simulate.defects.LASTING", {})
    fewer, before = add_defects(np.random.default_rng(3), sound)
    kept = truth[~truth["mode"].isin(list(LASTING))].reset_index(drop=True)
    assert 0 < len(kept) < len(truth)
    pd.testing.assert_frame_equal(kept, before)
    pd.testing.assert_index_equal(more.index, fewer.index)


def _longest(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the sound and the spoilt readings of the longest spell of a kind."""
    sound, best, found = sound_readings(), 0, (np.empty(0), np.empty(0))
    for seed in range(12):
        spoilt, truth = add_defects(np.random.default_rng(seed), sound)
        kept = spoilt[~spoilt.index.duplicated()].reindex(sound.index)
        for row in truth[truth["mode"] == kind].itertuples():
            part = slice(row.onset, row.end)
            if len(sound.loc[part]) > best:
                best = len(sound.loc[part])
                found = (sound.loc[part, row.item].to_numpy(), kept.loc[part, row.item].to_numpy())
    return found


def test_spells_of_noise_and_lost_values() -> None:
    _, flood = _longest("nan_flood")
    assert 0.5 < np.isnan(flood).mean() < 1.0
    for kind, low, high in (("noise_burst", 4.0, 40.0), ("noise_collapse", 0.0, 0.2)):
        sound, spoilt = _longest(kind)
        assert low < np.nanstd(np.diff(spoilt)) / np.nanstd(np.diff(sound)) < high, kind
    sound, spoilt = _longest("spiking")
    assert 0.1 < (np.abs(spoilt - sound) > 3).mean() < 0.6


def test_stuck_sensor_repeats_its_value() -> None:
    longest = 0
    for seed in range(8):
        spoilt, truth = add_defects(np.random.default_rng(seed), sound_readings())
        if "stuck" in set(truth["mode"]):
            runs = spoilt["a"].groupby((spoilt["a"] != spoilt["a"].shift()).cumsum()).size()
            longest = max(longest, int(runs.max()))
    assert longest >= 18


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"start": "2025-01-06T00:00:00"}, "got simulate.start .*; expected .* with its zone"),
        ({"start": "some day"}, "got simulate.start 'some day'"),
        ({"period": timedelta(0)}, "got simulate.period of 0 days.*; expected 1min to 6h"),
        ({"period": timedelta(days=2)}, "got simulate.period of 2 days"),
    ],
)
def test_impossible_clock_is_refused(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        simulate(SMALL.model_copy(update=change), 7)
