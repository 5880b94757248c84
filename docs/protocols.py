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
may be used; they are known for a new engine and say little of a fleet with other lives. *Least
cost*: of the same models, the life that costs least under NASA's score, which punishes late
forecasts more than early ones; intervals are those of the mean, and its RMSE is to be read beside
its score. Two models look at no sensor: *constant* and *mean life less age*.

How it works: operating modes are clusters of the conditions, found and counted in training;
readings become deviations from what is usual in the mode; in each mode the sensors are fused by
ridge regression into *wear indices*, some of which follow an engine's own course alone; trailing
means, spreads, drift from the engine's own first cycles, changes and slopes describe the trajectory
of sensors and indices. *Similarity* recalls the training engines whose smoothed wear, run faster or
slower, fits what was seen so far; without the age, only the last hundred cycles are compared.
Boosted trees with lines in their leaves, to which every engine counts the same, and a small
regularised net learn from all that, and are weighed with similarity's own forecast by how they did
on left-out engines; a second stage reads the engine's own history of such forecasts; its error
quantiles, conformalised by engine on left-out engines, are the interval.
[The life of least cost](../explanation/least-cost.md) is that forecast, moved by how much
left-out forecasts of its level erred. All of it is `faultprint.prognosis` and knows no data set.
"""

FAILURE_EVENTS = """\
Protocol. The main job, `python -m pipelines.main`, as it is: learnt from what ends before the
embargo, judged on what comes after it, with the horizon cut out between both. The failures of the
judged time are taken out of the tables before anything else happens; only the scorer opens them.
Repairs and error codes of the judged time stay, as they would be known then. *By event*: a failure
is found if an incident opens before it, at most `max_lead` ahead; false alarms are counted over the
time in which an alarm could have been false. *By window*: a window shows a component that fails
within the horizon; macro-F1 is the mean over the components, healthy is no class, and a window may
show two. Ranges: 95 % bootstrap over machines. The leaky reference is a classifier of the same size
whose training windows were dealt at random over the whole record. The last rows look at nothing.
*An unknown component*: hidden from learning in turn, in folds by machine over the whole record; its
windows, or the mean of each failure's, against those of everything known; ranges over failures.
*A component taught*: the job does not know its failures for what they are, an expert judges the
first five that raised an incident, as many as the training time holds, and the release is taught
without learning anew; later failures of the record are judged, which the release has not learnt
from, though from other time of these machines; n, and ranges, are of failures.
"""

STATE = """\
Protocol. The first rows of each experiment are its reference and all that is learnt from; the rest
is judged, rows of all experiments together, each by the rows up to it and no later one. Forecasts
come from code that reads the columns of the sensors alone; labels are read when the forecasts lie
on disk. No label chooses anything in a run; the notes say what was looked at while the detector was
made. F1 is to be read beside the false (FAR) and missed alarm rates and
J = 1 - FAR - MAR: more than half of the judged rows are abnormal, and to call every row so has a
fine F1. *Watch* learns how fast the sensors wander, and its limit, from the references of all
experiments, and the level of each from its own; *each file alone* gives each experiment nothing but
its own reference, as the published tables do. The fault-free record is cut into runs that are
learnt from and judged in the same way. Change points: Numenta's score, standard profile, window to
the right of each; state changes that last ten rows are detections. Ranges: 95 % bootstrap over
experiments. A sensor that only rises or only falls in all experiments is refused as a clock.

How it works: a level is expected where the reference ended, weighted as a local-level filter would;
what is usual about it grows with the time since, for each sensor as fast as the median reference
wandered; trailing means, in these units, are joined over the sensors (largest, T2, Q, density, or
an ensemble of them). Window, statistic and limit are those that tell best the faults that are
planted into healthy references. All of it is `faultprint.twin.wander` and `faultprint.state.watch`:
[telling a state without labels](../explanation/state-without-labels.md).
"""

TRANSFER = """\
Protocol. Each experiment is judged by a learner that was handed the labels of other experiments:
all but it (*one experiment out*), or all of the other group (*one group out*, the harder way: a
fault at another valve). Judged are the rows after the reference, each by the rows up to it.
Experiments on both sides, overlapping in time, or made of each other's rows are refused, and so is
a sensor that is a clock. *Row number alone* looks at no sensor: these experiments are run to a
timetable, and the fault begins within seconds of the same row in each. A learner must not be able
to see that row number. The leaky row shows what dealing rows at random would have claimed. Ranges:
95 % bootstrap over experiments.

How it works: trailing means of each sensor relative to the unit's own reference, their changes and
spread; boosted trees, three seeds averaged, their number chosen on experiments left out within the
fold; abnormal above one half. The fault-free record is judged by a learner taught by all
experiments. All of it is `faultprint.state.taught`.
"""

RATES = {
    "f1": ("F1", 3),
    "far": ("FAR", 3),
    "mar": ("MAR", 3),
    "j": ("J", 3),
    "nab": ("change points, NAB", 1),
    "missed": ("missed changes", 0),
    "false": ("false changes", 0),
    "far_fault_free": ("FAR, fault-free record", 3),
}


CLASSES = """\
Protocol. Units (cycles, pieces of recordings) come in groups that share more than their state: a
run in which nothing was changed, one physical bearing. Groups are judged whole: each part of them
in turn is told by a model that learnt from the others; an asset on both sides, or one whose units
are there under two names, is refused. A learner is given the states of the units that it learns
from, no others; what it is made of is chosen by groups left out *within* these. What was said is
written to disk and then scored. Ranges: 95 % bootstrap over groups, of draws on which the measure
exists. *Majority* says what was usual in the training part. *Last label* says what the unit
before was: no model, for its state is not known at the time, but a measure of how alike
neighbours are. The *leaky* row deals units at random, so that neighbours of one group are on both
sides.

How it works: the descriptor engine describes each unit as a whole and in parts; each resolution
is a view. Shrunk linear discriminants and boosted trees learn on each view, and, where each state
has descriptors of its own (a bearing's parts have their frequencies), a conditional logit that
weighs these alike for all states. All are asked about groups they did not learn from; a greedy
blend takes those that surprise least. Where a unit has several components, what is said of the
others is offered as one more view. All of it is `faultprint.faults.grouped` and knows no data
set.

Every state that is judged was learnt from other groups. Hiding a whole state, and telling that it
is none of the known ones, is another question, see [open set](../explanation/open-set.md).
"""

PROTOCOLS = {
    "failure_events": Told(
        text=FAILURE_EVENTS,
        units="Judged",
        measures={
            "macro_f1": ("macro-F1", 3),
            "f1": ("F1", 3),
            "count": ("failures", 0),
            "found": ("failures found", 3),
            "named": ("found and rightly named", 3),
            "precision": ("incidents a failure followed", 3),
            "false_per_year": ("false alarms per machine-year", 2),
            "lead": ("median lead time [h]", 1),
            "auroc_episode": ("AUROC by failure", 3),
            "auroc_window": ("AUROC by window", 3),
        },
        ablations="""\
On the last part of the training time, learnt from what comes before it; the judged time is cut off
before the job begins.
""",
        brief=("macro_f1", "found", "named", "false_per_year"),
    ),
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
On left-out training engines, each cut off eight times at random, so that the score adds up eight
times as many cuts as there are engines; one seed. *Least cost* was learnt without the engine, too.
The labels of the test part are not opened. The last row is the protocol that leaks, with rows of
one engine on both sides.
""",
        brief=("rmse", "mae", "nasa_score", "coverage", "width"),
    ),
    "state": Told(
        text=STATE,
        units="Experiments",
        measures=RATES,
        ablations="""\
On the judged rows themselves, with the labels opened last: nothing here was chosen by them, but
whoever reads this table and then chooses has.
""",
        brief=("f1", "far", "mar", "j", "far_fault_free"),
    ),
    "state_transfer": Told(
        text=TRANSFER,
        units="Experiments",
        measures=RATES,
        ablations="On the same folds; one seed.\n",
        brief=("f1", "far", "mar", "j"),
    ),
    "classes": Told(
        text=CLASSES,
        units="Groups",
        measures={
            "macro_f1": ("macro-F1", 3),
            "balanced_accuracy": ("balanced accuracy", 3),
            "auroc": ("macro-AUROC", 3),
        },
        ablations="""\
On the same parts and the same groups as above: no second sample is left to compare on. Read
differences within the ranges as none.
""",
        brief=("macro_f1", "balanced_accuracy", "auroc"),
    ),
}
"""Protocol -> what the book says; one for each board."""
assert PROTOCOLS.keys() == BOARDS.keys(), "a protocol without its text"
