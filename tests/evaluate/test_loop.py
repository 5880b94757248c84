"""Counting what teaching a fault brought, on a story that is counted by hand."""

from __future__ import annotations

import pandas as pd

from faultprint.evaluate.loop import first_incidents, loop_result

START = pd.Timestamp("2025-03-01", tz="UTC")


def day(n: float) -> pd.Timestamp:
    return START + pd.Timedelta(days=n)


EPISODES = pd.DataFrame(
    {
        "asset": ["A", "B", "C", "D", "E"],
        "start": [day(0), day(2), day(10), day(12), day(14)],
        "failure": [day(4), day(6), day(14), day(16), day(18)],
        "until": [day(5), day(7), day(15), day(17), day(19)],
    }
)


def incidents(names: dict[str, str]) -> pd.DataFrame:
    """One incident of each asset, three days before its failure; and one of a healthy machine."""
    rows = [
        (f"i-{asset}", asset, day(n), "known" if names[asset] else "deviation", names[asset])
        for asset, n in (("A", 1), ("B", 3), ("C", 11), ("D", 13), ("Z", 13))
    ]
    return pd.DataFrame(rows, columns=["incident", "asset", "opened", "verdict", "failure_mode"])


def diagnoses(names: dict[str, str]) -> pd.DataFrame:
    rows = [
        (asset, day(n), "known" if name else "healthy", name)
        for asset, name in names.items()
        for n in range(20)
    ]
    return pd.DataFrame(rows, columns=["asset", "end", "verdict", "failure_mode"])


BEFORE = {"A": "wear", "B": "", "C": "", "D": "wear", "Z": "wear"}
AFTER = {"A": "icing", "B": "icing", "C": "icing", "D": "wear", "Z": "icing"}


def test_the_first_incident_of_each_episode_is_judged() -> None:
    every = pd.concat([incidents(BEFORE), incidents(BEFORE).assign(opened=day(3.5))])
    found = first_incidents(every, EPISODES, 2)
    assert found["asset"].tolist() == ["A", "B"]
    assert found["opened"].tolist() == [day(1), day(3)]
    assert found["until"].tolist() == [day(5), day(7)]


def test_later_incidents_and_failures_count_and_others_are_left_alone() -> None:
    judged = first_incidents(incidents(BEFORE), EPISODES, 2)
    said = {"A": "", "C": "", "D": "", "Z": ""}
    now = said | {"C": "icing", "Z": "icing"}
    found = loop_result(
        "icing",
        EPISODES,
        judged,
        {"incidents": incidents(BEFORE), "diagnoses": diagnoses(said)},
        {"incidents": incidents(AFTER), "diagnoses": diagnoses(now)},
    )
    assert found.taught_from == 2
    assert found.at_first == {"deviation": 2, "known wear": 2}
    assert (found.incidents.hits, found.incidents.n) == (1, 2)  # C rightly, D not
    assert (found.failures.hits, found.failures.n) == (1, 3)  # E raised no incident at all
    assert found.lead_hours == (72.0,)
    # Z is never ill; C outside its episode (days 10 to 15) is something else, too
    assert found.others == 20 + 14
    assert found.of == 80 - 6 - 6 - 6
