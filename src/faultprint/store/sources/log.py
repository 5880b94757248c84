"""The door for what is not a reading: the maintenance log and the asset register."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

import pandas as pd

from faultprint.config import Equipment
from faultprint.store.sources.door import asset_names
from faultprint.store.sources.raw import RawAssets, RawEvents, make_rejects
from faultprint.store.sources.times import parse_times
from faultprint.tables import EVENT_KINDS, UTC_TIME, empty

Tables = tuple[pd.DataFrame, list[pd.DataFrame]]
"""Rows that were let in, and rejects."""


def _column(frame: pd.DataFrame, name: str | None) -> pd.Series:
    """Return a column as text without blanks around it; empty where there is nothing."""
    if name is None:
        return pd.Series("", index=frame.index, dtype="str")
    values = frame[name]
    return values.astype("str").where(values.notna(), "").astype("str").str.strip()


def _translate(words: pd.Series, meanings: Mapping[str, str]) -> pd.Series:
    """Replace the plant's words by ours, whatever their case; others become empty."""
    known = {meaning.casefold(): meaning for meaning in meanings.values()}
    known |= {word.strip().casefold(): meaning for word, meaning in meanings.items()}
    return words.map(lambda word: known.get(word.casefold(), "")).astype("str")


def _said(words: pd.Series, meanings: Mapping[str, str]) -> pd.Series:
    return _translate(words, meanings) if meanings else words


def admit_events(raw: RawEvents) -> Tables:
    """Let the events of a source in.

    Parameters
    ----------
    raw : RawEvents
        Rows of the log as the plant wrote them.

    Returns
    -------
    tuple[pandas.DataFrame, list[pandas.DataFrame]]
        Rows of the table ``events``, labelled as in the log, and rejects.

    Notes
    -----
    A word of ``failure_mode`` or ``item`` that the mapping does not list becomes empty: the log
    is vague there. Where there is no such word, the code is looked up in ``modes``. A word of
    ``kind`` that the mapping does not list makes the row a reject.
    """
    frame, mapping = raw.frame, raw.mapping
    asset = asset_names(frame[mapping.asset])
    times, reasons = parse_times(frame[mapping.time], mapping.time_format, mapping.timezone)
    field = pd.Series(mapping.time, index=frame.index, dtype="str").where(reasons != "", "")
    word = _column(frame, mapping.kind)
    if mapping.kind is None:
        kind = pd.Series(mapping.constant_kind or "", index=frame.index, dtype="str")
    else:
        kind = _translate(word, {**{name: name for name in EVENT_KINDS}, **mapping.kinds})
        kind = kind.where(kind != "", mapping.constant_kind or "")
    code = _column(frame, mapping.code)
    mode = _said(_column(frame, mapping.failure_mode), mapping.modes)
    mode = mode.where(mode != "", _translate(code, mapping.modes))
    end, rejects = _ends(raw, frame)
    vague = (reasons == "") & ~kind.isin(EVENT_KINDS)
    reasons = reasons.mask(vague, f"kind of event not in the mapping; known: {list(EVENT_KINDS)}")
    field = field.mask(vague, mapping.kind or "kind")
    reasons = reasons.mask((reasons == "") & (asset == ""), "no asset")
    events = pd.DataFrame(
        {
            "asset": asset,
            "time": times,
            "end": end,
            "kind": kind,
            "code": code,
            "failure_mode": mode,
            "item": _said(_column(frame, mapping.item), mapping.items),
            "onset_earliest": _no_time(frame),
            "onset_latest": _no_time(frame),
            "text": _column(frame, mapping.text),
        }
    )
    bad = reasons != ""
    if bad.any():
        shown = word.where(vague, _column(frame, mapping.time))
        for name in field[bad].unique():
            here = bad & (field == name)
            rejects.append(
                make_rejects(
                    raw.source,
                    frame.index[here] + 1,
                    reasons[here],
                    asset[here],
                    str(name),
                    shown[here],
                )
            )
    return _once(raw.source, events[~bad], rejects)


def _no_time(frame: pd.DataFrame) -> pd.Series:
    return pd.Series(pd.NaT, index=frame.index, dtype=UTC_TIME)


def _ends(raw: RawEvents, frame: pd.DataFrame) -> tuple[pd.Series, list[pd.DataFrame]]:
    mapping = raw.mapping
    if mapping.end is None:
        return _no_time(frame), []
    ends, reasons = parse_times(frame[mapping.end], mapping.time_format, mapping.timezone)
    said = _column(frame, mapping.end)
    bad = (reasons != "") & (said != "")
    rows = frame.index[bad] + 1
    asset = asset_names(frame[mapping.asset])[bad]
    if not bad.any():
        return ends, []
    return ends, [make_rejects(raw.source, rows, reasons[bad], asset, mapping.end, said[bad])]


def _once(source: str, events: pd.DataFrame, rejects: list[pd.DataFrame]) -> Tables:
    """Drop rows equal in everything; two failures at one time that differ both stay."""
    again = events.duplicated()
    if again.any():
        said = "the same event stands twice"
        rows, twice = events.index[again] + 1, events["asset"][again]
        rejects.append(make_rejects(source, rows, said, twice))
    return events[~again], rejects


def admit_assets(raw: RawAssets, equipment: Mapping[str, Equipment]) -> Tables:
    """Let the rows of an asset register in.

    Parameters
    ----------
    raw : RawAssets
        Rows of the register as the plant wrote them.
    equipment : Mapping[str, Equipment]
        Equipment classes that are known.

    Returns
    -------
    tuple[pandas.DataFrame, list[pandas.DataFrame]]
        Rows of the table ``assets``, and rejects.
    """
    frame, mapping = raw.frame, raw.mapping
    asset = asset_names(frame[mapping.asset])
    kind = _column(frame, mapping.equipment_class)
    kind = kind.where(kind != "", mapping.constant_class or "")
    if len(equipment) == 1 and not mapping.equipment_class:
        kind = kind.where(kind != "", next(iter(equipment)))
    facts = pd.DataFrame({name: _column(frame, name) for name in mapping.attributes})
    attributes = [
        json.dumps(fact, sort_keys=True, ensure_ascii=False) for fact in facts.to_dict("records")
    ] or ["{}"] * len(frame)
    register = pd.DataFrame(
        {"asset": asset, "equipment_class": kind, "attributes": attributes}, index=frame.index
    ).astype(dict(empty("assets").dtypes))
    reasons = pd.Series("", index=frame.index, dtype="str")
    # Which of two rows stands depends on what they say, not on where they stand.
    by_value = register[kind.isin(list(equipment))].sort_values(list(register.columns))
    twice = by_value.index[by_value["asset"].duplicated()]
    reasons[twice] = "the asset stands twice in the register"
    reasons[~kind.isin(list(equipment))] = f"equipment class not in params: {list(equipment)}"
    reasons[asset == ""] = "no asset"
    bad = reasons != ""
    rejects = []
    if bad.any():
        rows = frame.index[bad] + 1
        rejects = [make_rejects(raw.source, rows, reasons[bad], asset[bad], "", kind[bad])]
    return register[~bad], rejects


def refuse_strangers(
    events: pd.DataFrame, source: str, known: Collection[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Refuse events of assets that neither the register nor any reading knows.

    Parameters
    ----------
    events : pandas.DataFrame
        Rows of the table ``events`` of one source.
    source : str
        Its name.
    known : Collection[str]
        Assets there are.

    Returns
    -------
    tuple[pandas.DataFrame, pandas.DataFrame]
        The events kept, and rejects.
    """
    strange = ~events["asset"].isin(list(known))
    gone = events[strange]
    shown = gone["kind"] + " " + gone["time"].astype("str")
    said = "event of an asset that is neither in the register nor has readings"
    rejects = make_rejects(source, gone.index + 1, said, gone["asset"], "asset", shown)
    return events[~strange], rejects
