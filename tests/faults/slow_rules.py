"""Rules judged slowly and obviously: window by window, by the words of the reference."""

from __future__ import annotations

from typing import Any

import pandas as pd

from faultprint.faults.rules import nodes as say

Row = dict[str, Any]


class SlowRule:
    """Judges one window at a time from a list of plain rows; knows K, degC and hours only."""

    def __init__(self, rows: list[Row], length: float, slack: float) -> None:
        self._rows, self._length, self._slack = rows, length, slack

    def _earlier(self, at: int, hours: float) -> int | None:
        """Find the newest window of the same run that ended at least so many hours ago."""
        me, found = self._rows[at], None
        for i, row in enumerate(self._rows):
            same = (row["asset"], row["run"]) == (me["asset"], me["run"])
            if same and row["end"] <= me["end"] - pd.Timedelta(hours=hours):
                found = i
        return found

    def value(self, node: Any, at: int) -> float | None:  # noqa: C901 - one case a line
        """Compute a value [K, K/h]; None where it is missing."""
        row = self._rows[at]
        if isinstance(node, say.Quantity):
            return float(node.value)
        if isinstance(node, say.Negative):
            of = self.value(node.of, at)
            return None if of is None else -of
        if isinstance(node, say.Size):
            of = self.value(node.of, at)
            return None if of is None else abs(of)
        if isinstance(node, say.Reading):
            if row["reason"] not in ("", "sensor_missing:vibration"):
                return None
            if node.kind == "residual":
                actual, expected = row["actual"], row["expected"]
                return None if actual is None or expected is None else float(actual - expected)
            return row[node.kind]  # type: ignore[no-any-return]
        if isinstance(node, say.Past):
            return self._past(node.of, at, node.ago.value)  # type: ignore[union-attr]
        if isinstance(node, say.Rate):
            return self._rate(node, at)
        one, other = self.value(node.left, at), self.value(node.right, at)
        if one is None or other is None:
            return None
        return one + other if node.sign == "+" else one - other

    def _past(self, node: Any, at: int, hours: float) -> float | None:
        then = self._earlier(at, hours)
        if then is None:
            return None
        age = self._rows[at]["end"] - self._rows[then]["end"]
        if age > pd.Timedelta(hours=hours + self._slack):
            return None
        return self.value(node, then)

    def _rate(self, node: say.Rate, at: int) -> float | None:
        hours = self._length if node.over is None else node.over.value  # type: ignore[union-attr]
        now, then = self.value(node.of, at), self._past(node.of, at, hours)
        if now is None or then is None:
            return None
        since = self._rows[at]["end"] - self._rows[self._earlier(at, hours) or 0]["end"]
        return (now - then) / (since / pd.Timedelta(hours=1))

    def holds(self, node: Any, at: int) -> bool | None:  # noqa: C901 - one case a line
        """Say whether a condition holds; None where that is unknown."""
        if isinstance(node, say.Comparison):
            one, other = self.value(node.left, at), self.value(node.right, at)
            if one is None or other is None:
                return None
            return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[
                node.sign
            ]
        if isinstance(node, say.Between):
            low = say.Comparison(node.of, ">=", node.low)
            high = say.Comparison(node.of, "<=", node.high)
            return self._all([self.holds(low, at), self.holds(high, at)])
        if isinstance(node, say.Every):
            return self._all([self.holds(part, at) for part in node.parts])
        if isinstance(node, say.Either | say.AtLeast):
            needed = node.needed if isinstance(node, say.AtLeast) else 1
            said = [self.holds(part, at) for part in node.parts]
            if said.count(True) >= needed:
                return True
            return False if said.count(True) + said.count(None) < needed else None
        if isinstance(node, say.Denial):
            of = self.holds(node.of, at)
            return None if of is None else not of
        if isinstance(node, say.Lasting):
            return self._lasted(node, at)
        row = self._rows[at]
        return True if row["rows"] > 0 else (False if row["reason"] == "off" else None)

    @staticmethod
    def _all(said: list[bool | None]) -> bool | None:
        if False in said:
            return False
        return None if None in said else True

    def _lasted(self, node: say.Lasting, at: int) -> bool | None:
        me = self._rows[at]
        first = self._earlier(at, node.span.value)  # type: ignore[union-attr]
        mine = [
            i
            for i in range(at + 1)
            if (self._rows[i]["asset"], self._rows[i]["run"]) == (me["asset"], me["run"])
            and (first is None or i >= first)
        ]
        said = [self.holds(node.of, i) for i in mine]
        if False in said:
            return False
        return None if None in said or first is None else True
