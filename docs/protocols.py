"""What the book says of each protocol: its text, its units and its measures."""

from __future__ import annotations

from dataclasses import dataclass

from faultprint.stages.benchmarks.boards import BOARDS


@dataclass(frozen=True)
class Told:
    """How the pages of one protocol read."""

    text: str
    """How it is judged, and how what is judged works."""
    units: str
    """What is counted, with a capital letter."""
    measures: dict[str, tuple[str, int]]
    """Measure -> its heading and the digits behind the point; in the order of the columns."""
    ablations: str
    """What the ablations were judged on."""
    brief: tuple[str, ...]
    """Measures that the table of ablations shows."""


REMAINING_LIFE = """\
Protocol. Learnt from the training engines, which ran to failure; one forecast for each test engine,
at its last cycle. The forecasts are written to disk by code that needs no file of test labels; only
the scorer opens it. Settings were chosen on left-out training engines (the notes say which), cut
off at random as the test engines are; the test labels were opened when the settings stood. An
engine in both parts, or one whose rows are in both under two names, is refused. Labels are capped
at 125 cycles as the models learn them; *uncapped* are the same forecasts on the lives as they were,
of which the models never say more than "beyond the cap": there an interval without an upper end
holds every life above its lower one. Ranges: 95 % bootstrap over engines. *One seed* is the mean
over the seeds, plus and minus one standard deviation. *With age*: the cycles since the record began
may be used; they are known for a new engine and say little of a fleet with other lives. The last
two models look at no sensor.

How it works: operating modes are clusters of the conditions, found and counted in training;
readings become deviations from what is usual in the mode; in each mode the sensors are fused by
ridge regression into *wear indices*; trailing means, spreads, drift from the engine's own first
cycles, changes and slopes describe the trajectory of sensors and indices. *Similarity* recalls the
training engines whose smoothed wear, run faster or slower, fits what was seen so far; without the
age, only the last hundred cycles are compared. Boosted trees and a small regularised net learn from
all that, and are weighed with similarity's own forecast by how they did on left-out engines; a
second stage reads the engine's own history of such forecasts; its error quantiles, conformalised by
engine on left-out engines, are the interval. All of it is `faultprint.prognosis` and knows no data
set.
"""

PROTOCOLS = {
    "remaining_life": Told(
        text=REMAINING_LIFE,
        units="Engines",
        measures={
            "rmse": ("RMSE [cycles]", 2),
            "mae": ("mean absolute error [cycles]", 2),
            "nasa_score": ("NASA score", 0),
            "coverage": ("held by the 90 % interval", 3),
            "width": ("mean width [cycles]", 1),
        },
        ablations="""\
On left-out training engines, each cut off eight times at random; one seed. The labels of the test
part are not opened. The last row is the protocol that leaks, with rows of one engine on both sides.
""",
        brief=("rmse", "mae", "coverage", "width"),
    ),
}
"""Protocol -> what the book says; one for each board."""
assert PROTOCOLS.keys() == BOARDS.keys(), "a protocol without its text"
