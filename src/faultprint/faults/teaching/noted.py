"""What teaching tells of itself: what changed, what was ordered, what taught nothing and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from faultprint.faults.learning.design import words_of
from faultprint.faults.teaching.changes import DONE, Change, What
from faultprint.faults.teaching.classroom import Classroom
from faultprint.faults.teaching.fitted import Fitted
from faultprint.faults.teaching.lessons import FAULTS, NORMAL, Lesson
from faultprint.faults.teaching.taught import Picture, Taught

_WORTH_SAYING = 0.005


def change_of(room: Classroom, one: Taught, fitted: Fitted, *, known: bool) -> Change:
    """Tell what came of teaching a fault.

    Parameters
    ----------
    room : Classroom
        The class.
    one : Taught
        Its recogniser.
    fitted : Fitted
        How it did on occasions that were left out.
    known : bool
        Whether the fault was taught before.

    Returns
    -------
    Change
        With what it leaves for the sake of others, and what tells it.
    """
    incidents = tuple(picture.incident for picture in one.pictures)
    lost = fitted.unguarded - fitted.covered
    notes = [f"split from {one.parent}"] if one.parent else []
    if lost > _WORTH_SAYING:
        notes.append(f"leaves {100 * lost:.0f} % of its own windows, lest other diagnoses change")
    if one.telling:
        named = [words_of(part.descriptor) for part in (one.telling, *one.telling.besides)]
        notes.append(f"told by {' and '.join(named)}")
    if fitted.tried:
        notes.append(f"left out in turn, {fitted.found} of {fitted.tried} occasions are recognised")
    what: What = "adjusted" if known else "added"
    return Change(what, room.name, one.name, incidents, "; ".join(notes))


def change_of_normal(room: Classroom, one: Taught) -> Change:
    """Tell what came of teaching normal behaviour.

    Parameters
    ----------
    room : Classroom
        The class.
    one : Taught
        Its recogniser.

    Returns
    -------
    Change
        With how much of it is accepted, if not all.
    """
    kept = float((one.scores[0] <= one.accept).mean())
    note = "" if kept == 1 else f"accepts {100 * kept:.0f} % of its windows: a fault lies near"
    return Change("normal", room.name, one.name, (one.pictures[0].incident,), note)


@dataclass(frozen=True, eq=False)
class Noted:
    """What a class was given beside what it was taught."""

    room: Classroom
    pictures: Mapping[str, list[Picture]]
    """Failure mode -> what it was taught from."""
    refused: Mapping[str, str]
    """Failure mode -> why it was not taught."""
    like: Mapping[str, str]
    """Incident that was called normal -> why that was not taught."""

    def orders(self) -> list[Change]:
        """Tell what was ordered, and which faults are gone.

        Returns
        -------
        list[Change]
            Orders first.
        """
        told = []
        for order in self.room.orders:
            note = f"{', '.join(order.names)} -> {', '.join(order.into) or 'nothing'}"
            if order.what == "restore":
                note = f"{', '.join(order.names)}: given again"
            name = order.into[0] if order.what == "merge" else order.names[0]
            told.append(Change(DONE[order.what], self.room.name, name, (), note))
        ordered = {name for order in self.room.orders for name in order.names}
        gone = {one.name for one in self.room.held.faults} - set(self.pictures) - ordered
        why = dict.fromkeys(gone, "all its incidents are judged otherwise now")
        why |= {name: text for name, text in self.refused.items() if name in gone}
        return told + [Change("retired", self.room.name, n, (), why[n]) for n in sorted(gone)]

    def recorded(self) -> tuple[dict[str, str], list[Change]]:
        """Keep what was said of incidents that teaches no recogniser.

        Returns
        -------
        recorded : dict[str, str]
            Incident -> what was said.
        changes : list[Change]
            Those that are new, with the reason.
        """
        shown = {picture.incident for group in self.pictures.values() for picture in group}
        recorded, changes = dict(self.room.held.recorded), []
        for one in self.room.lessons:
            before = recorded.pop(one.incident, "")
            why = self._why(one)
            if one.incident in shown or (one.verdict == NORMAL and not why):
                continue
            said = " ".join(part for part in (one.verdict, one.failure_mode) if part)
            recorded[one.incident] = said
            if before != said:
                known = one.failure_mode in self.room.model.modes
                what: What = "confirmed" if known else "recorded"
                note = f"not taught: {why}" if why else ""
                changes.append(Change(what, self.room.name, said, (one.incident,), note))
        return recorded, changes

    def _why(self, one: Lesson) -> str:
        if one.verdict in FAULTS:
            return self.refused.get(self.room.renamed().get(one.failure_mode, one.failure_mode), "")
        return self.like.get(one.incident, "")
