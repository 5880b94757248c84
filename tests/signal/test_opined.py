"""What experts said of an incident labels the windows of its time."""

from __future__ import annotations

import pandas as pd

from faultprint.signal.opined import OPINED, relabel

START = pd.Timestamp("2025-03-01", tz="UTC").as_unit("ns")


def windows(use: str = "healthy", asset: str = "P-1") -> pd.DataFrame:
    end = START + pd.to_timedelta(range(10), unit="h")
    label = use if use == "healthy" else ""
    return pd.DataFrame({"asset": asset, "end": end, "label": label, "use": use})


def said(*rows: tuple[str, int, int, str, str]) -> pd.DataFrame:
    told = [
        (f"i{n}", asset, START + pd.Timedelta(hours=a), START + pd.Timedelta(hours=b), v, mode)
        for n, (asset, a, b, v, mode) in enumerate(rows)
    ]
    return pd.DataFrame(told, columns=list(OPINED)).astype(OPINED)


def labels(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(frame["label"], frame["use"], strict=True))


def test_a_fault_labels_its_time_and_its_asset_only() -> None:
    both = pd.concat([windows(), windows(asset="P-2")], ignore_index=True)
    found = relabel(both, said(("P-1", 2, 4, "new_fault", "icing")))
    assert labels(found)[2:5] == [("icing", "fault")] * 3
    rest = found.drop(index=range(2, 5))
    pd.testing.assert_frame_equal(rest, both.drop(index=range(2, 5)))


def test_verdicts_outweigh_the_log_and_doubt_is_not_learnt_from() -> None:
    log = windows("buffer")
    told = said(
        ("P-1", 0, 1, "normal_behaviour", ""),
        ("P-1", 2, 3, "sensor_issue", ""),
        ("P-1", 4, 5, "cause_unknown", ""),
        ("P-1", 6, 7, "duplicate", ""),
    )
    assert labels(relabel(log, told)) == [
        *[("healthy", "healthy")] * 2,
        *[("", "opinion:sensor_issue")] * 2,
        *[("", "opinion:cause_unknown")] * 2,
        *[("", "buffer")] * 4,
    ]


def test_a_fault_outweighs_normal_behaviour_and_two_faults_are_both_there() -> None:
    told = said(
        ("P-1", 0, 9, "normal_behaviour", ""),
        ("P-1", 0, 3, "known_fault", "wear"),
        ("P-1", 2, 5, "new_fault", "icing"),
    )
    found = labels(relabel(windows(), told))
    assert found[0] == ("wear", "fault")
    assert found[2] == found[3] == ("icing|wear", "fault")
    assert found[5] == ("icing", "fault")
    assert found[6] == ("healthy", "healthy")
    assert labels(relabel(windows(), told.iloc[::-1])) == found


def test_what_could_not_be_evaluated_stays_so() -> None:
    dark = windows("not_evaluable:coverage")
    assert labels(relabel(dark, said(("P-1", 0, 9, "new_fault", "icing")))) == labels(dark)
