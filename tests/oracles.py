"""Slow, obvious twins of the fast functions: one window, one value at a time, in plain Python."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from faultprint.config import Descriptors, Equipment, Labels, Windows
from faultprint.signal.recipes import recipes_for

NAN = float("nan")
HOUR = 3_600_000_000_000


def ns(value: object) -> int:
    """Nanoseconds of a timestamp or a duration."""
    return (
        pd.Timestamp(value).value if isinstance(value, pd.Timestamp) else pd.Timedelta(value).value
    )


def _mean(x: list[float]) -> float:
    return x[0] + math.fsum(v - x[0] for v in x) / len(x)


def _moment(x: list[float], order: int) -> float:
    centre = _mean(x)
    return math.fsum((v - centre) ** order for v in x) / len(x)


def _ratio(above: float, below: float) -> float:
    return above / below if below else NAN


def _quantile(x: list[float], share: float) -> float:
    return float(np.quantile(np.array(x), share))


def _rms(x: list[float]) -> float:
    return math.sqrt(math.fsum(v * v for v in x) / len(x))


def _peak(x: list[float]) -> float:
    return max(abs(v) for v in x)


def _slope(x: list[float], hours: list[float]) -> float:
    mid, level = sum(hours) / len(hours), _mean(x)
    above = math.fsum((t - mid) * (v - level) for t, v in zip(hours, x, strict=True))
    return _ratio(above, math.fsum((t - mid) ** 2 for t in hours))


def _crossings(x: list[float], level: float) -> float:
    above = [v > level + 1e-9 * (max(x) - min(x)) for v in x]
    return sum(a != b for a, b in itertools.pairwise(above)) / (len(x) - 1)


def _autocorrelation(x: list[float]) -> float:
    away = [v - _mean(x) for v in x]
    return _ratio(
        math.fsum(a * b for a, b in itertools.pairwise(away)),
        math.fsum(a * a for a in away),
    )


def _trapezia(x: list[float], hours: list[float], square: bool) -> float:
    """Integral of the straight lines, or of their squares, over its length."""
    if hours[-1] == hours[0]:
        return x[0] ** (2 if square else 1)
    parts = [
        (b - a) * ((u * u + u * v + v * v) / 3 if square else (u + v) / 2)
        for a, b, u, v in zip(hours, hours[1:], x, x[1:], strict=False)
    ]
    return math.fsum(parts) / (hours[-1] - hours[0])


def _time_mean(x: list[float], hours: list[float]) -> float:
    return x[0] + _trapezia([v - x[0] for v in x], hours, square=False)


def _time_std(x: list[float], hours: list[float]) -> float:
    if hours[-1] == hours[0]:
        return 0.0
    level = _time_mean(x, hours)
    return math.sqrt(_trapezia([v - level for v in x], hours, square=True))


def _std(x: list[float]) -> float:
    return math.sqrt(_moment(x, 2))


def _steps(x: list[float]) -> list[float]:
    return [b - a for a, b in itertools.pairwise(x)]


def _mobility(x: list[float]) -> float:
    return _ratio(_std(_steps(x)), _std(x))


def _cusum(x: list[float]) -> float:
    level = _mean(x)
    walk = itertools.accumulate(v - level for v in x)
    return _ratio(max(abs(v) for v in walk), _std(x) * math.sqrt(len(x)))


def _turning(x: list[float]) -> float:
    triples = zip(x, x[1:], x[2:], strict=False)
    return sum((b - a) * (c - b) < 0 for a, b, c in triples) / (len(x) - 2)


def _part(x: list[float], part: int, parts: int) -> list[float]:
    return [v for i, v in enumerate(x) if part - 1 <= i * parts / len(x) < part]


def _hours_of_part(t: list[float], x: list[float], part: int, parts: int) -> list[float]:
    return [h for i, h in enumerate(t) if part - 1 <= i * parts / len(x) < part]


def _lagged(x: list[float], lag: int) -> float:
    away = [v - _mean(x) for v in x]
    above = math.fsum(a * b for a, b in zip(away, away[lag:], strict=False))
    return _ratio(above, math.fsum(a * a for a in away))


def power_spectrum(x: list[float], hours: list[float]) -> list[tuple[float, float]]:
    """(frequency in Hz, power) of each line but the mean, by the defining sum."""
    n, level = len(x), _mean(x)
    gaps = _steps(hours)
    if max(gaps) > 1.5 * sum(gaps) / len(gaps):
        return []
    rate = (n - 1) / ((hours[-1] - hours[0]) * 3600)
    lines = []
    for k in range(1, n // 2 + 1):
        angles = [2 * math.pi * k * j / n for j in range(n)]
        re = math.fsum((v - level) * math.cos(a) for v, a in zip(x, angles, strict=True))
        im = math.fsum((v - level) * math.sin(a) for v, a in zip(x, angles, strict=True))
        twice = 1 if 2 * k == n else 2
        lines.append((rate * k / n, twice * (re * re + im * im) / n**2))
    return lines


def _line_moment(lines: list[tuple[float, float]], order: int) -> float:
    power = math.fsum(p for _, p in lines)
    centre = _ratio(math.fsum(f * p for f, p in lines), power)
    return _ratio(math.fsum((f - centre) ** order * p for f, p in lines), power)


def _centroid(lines: list[tuple[float, float]]) -> float:
    return _ratio(math.fsum(f * p for f, p in lines), math.fsum(p for _, p in lines))


def _entropy(lines: list[tuple[float, float]]) -> float:
    power = math.fsum(p for _, p in lines)
    shares = [_ratio(p, power) for _, p in lines]
    return -math.fsum(q * math.log(q) if q != 0 else 0 for q in shares) / math.log(len(lines))


def _strongest(lines: list[tuple[float, float]]) -> float:
    most = max(p for _, p in lines)
    return next(f for f, p in lines if p >= most * (1 - 1e-9)) if most > 0 else NAN


def _line_kurtosis(lines: list[tuple[float, float]]) -> float:
    second = _line_moment(lines, 2)
    if not second > (1e-6 * lines[-1][0]) ** 2:
        return NAN
    return _line_moment(lines, 4) / second**2


def _complexity(x: list[float]) -> float:
    straight = _std(_steps(x)) <= 1e-9 * _std(x)
    return NAN if straight else _ratio(_mobility(_steps(x)), _mobility(x))


def _over(of: Callable[[list[tuple[float, float]]], float]) -> Callable[..., float]:
    """Look at the spectrum if there is one."""

    def looked(x: list[float], hours: list[float]) -> float:
        lines = power_spectrum(x, hours)
        return of(lines) if lines else NAN

    return looked


def _band(low: float, high: float) -> Callable[..., float]:
    def added(lines: list[tuple[float, float]]) -> float:
        slack = 1e-6 * lines[0][0]  # a line on the edge belongs to the band above
        return math.fsum(p for f, p in lines if low <= f + slack < high)

    return _over(added)


# name -> (fewest values, function of values and hours)
DESCRIPTORS: dict[str, tuple[int, Callable[[list[float], list[float]], float]]] = {
    "mean": (1, lambda x, t: _mean(x)),
    "std": (1, lambda x, t: math.sqrt(_moment(x, 2))),
    "min": (1, lambda x, t: min(x)),
    "max": (1, lambda x, t: max(x)),
    "median": (1, lambda x, t: _quantile(x, 0.5)),
    "range": (1, lambda x, t: max(x) - min(x)),
    "peak": (1, lambda x, t: _peak(x)),
    "rms": (1, lambda x, t: _rms(x)),
    "crest": (1, lambda x, t: _ratio(_peak(x), _rms(x))),
    "impulse": (1, lambda x, t: _ratio(_peak(x), math.fsum(map(abs, x)) / len(x))),
    "shape": (1, lambda x, t: _ratio(_rms(x), math.fsum(map(abs, x)) / len(x))),
    "skewness": (3, lambda x, t: _ratio(_moment(x, 3), _moment(x, 2) ** 1.5)),
    "kurtosis": (4, lambda x, t: _ratio(_moment(x, 4), _moment(x, 2) ** 2)),
    "slope_per_hour": (2, _slope),
    "last": (1, lambda x, t: x[-1]),
    "last_minus_first": (2, lambda x, t: x[-1] - x[0]),
    "mean_abs_change": (
        2,
        lambda x, t: sum(abs(b - a) for a, b in itertools.pairwise(x)) / (len(x) - 1),
    ),
    "p05": (1, lambda x, t: _quantile(x, 0.05)),
    "p25": (1, lambda x, t: _quantile(x, 0.25)),
    "p75": (1, lambda x, t: _quantile(x, 0.75)),
    "p95": (1, lambda x, t: _quantile(x, 0.95)),
    "iqr": (1, lambda x, t: _quantile(x, 0.75) - _quantile(x, 0.25)),
    "mean_crossings": (2, lambda x, t: _crossings(x, _mean(x))),
    "zero_crossings": (2, lambda x, t: _crossings(x, 0.0)),
    "autocorrelation": (3, lambda x, t: _autocorrelation(x)),
    "time_mean": (1, _time_mean),
    "time_std": (1, _time_std),
    "mad": (1, lambda x, t: _quantile([abs(v - _quantile(x, 0.5)) for v in x], 0.5)),
    "p01": (1, lambda x, t: _quantile(x, 0.01)),
    "p10": (1, lambda x, t: _quantile(x, 0.1)),
    "p90": (1, lambda x, t: _quantile(x, 0.9)),
    "p99": (1, lambda x, t: _quantile(x, 0.99)),
    "clearance": (
        1,
        lambda x, t: _ratio(_peak(x), (math.fsum(math.sqrt(abs(v)) for v in x) / len(x)) ** 2),
    ),
    "cusum": (2, lambda x, t: _cusum(x)),
    "turning_points": (3, lambda x, t: _turning(x)),
    "mobility": (3, lambda x, t: _mobility(x)),
    "complexity": (4, lambda x, t: _complexity(x)),
    "dominant_frequency": (8, _over(_strongest)),
    "spectral_centroid": (8, _over(_centroid)),
    "spectral_spread": (8, _over(lambda lines: math.sqrt(_line_moment(lines, 2)))),
    "spectral_kurtosis": (
        8,
        _over(_line_kurtosis),
    ),
    "spectral_entropy": (8, _over(_entropy)),
    "autocorrelation_2": (4, lambda x, t: _lagged(x, 2)),
    "autocorrelation_24": (26, lambda x, t: _lagged(x, 24)),
    "mean_3_of_12": (12, lambda x, t: _mean(_part(x, 3, 12))),
    "std_3_of_12": (12, lambda x, t: math.sqrt(_moment(_part(x, 3, 12), 2))),
    "min_3_of_12": (12, lambda x, t: min(_part(x, 3, 12))),
    "max_3_of_12": (12, lambda x, t: max(_part(x, 3, 12))),
    "max_12_of_12": (12, lambda x, t: max(_part(x, 12, 12))),
    "slope_3_of_12": (24, lambda x, t: _slope(_part(x, 3, 12), _hours_of_part(t, x, 3, 12))),
    "std_2_of_2": (2, lambda x, t: math.sqrt(_moment(_part(x, 2, 2), 2))),
    "band_energy_0_0p0001": (8, _band(0, 0.0001)),
    "band_energy_0p5_10": (8, _band(0.5, 10)),
}


def describe_values(name: str, values: list[float], hours: list[float]) -> float:
    """One descriptor of one window's good values."""
    least, of = DESCRIPTORS[name]
    return of(values, hours) if len(values) >= least else NAN


def _running(rows: list[dict], equipment: Equipment, max_gap: int) -> None:
    """Mark each row with ``known`` and ``runs``."""
    seen: tuple[int, float] | None = None
    for row in rows:
        row["known"] = row["runs"] = equipment.running is None
        if equipment.running is None:
            continue
        if not math.isnan(row["good"][equipment.running.sensor]):
            seen = (row["t"], row["good"][equipment.running.sensor])
        if seen and row["t"] - seen[0] <= max_gap:
            row["known"], row["runs"] = True, seen[1] > equipment.running.above


def _rows(readings: pd.DataFrame, equipment: Equipment, max_gap: int) -> list[dict]:
    rows = []
    for record in readings.sort_values("time").to_dict("records"):
        good = {}
        for name in equipment.sensors:
            value = float(record.get(name, NAN))
            fit = record.get(f"{name}__quality", 0) == 0 and math.isfinite(value)
            good[name] = value if fit else NAN
        rows.append({"t": ns(record["time"]), "good": good, "segment": record["segment"]})
    _running(rows, equipment, max_gap)
    return rows


def _runs(
    rows: list[dict], events: pd.DataFrame, period: int, max_gap: int
) -> list[tuple[int, int]]:
    """(first instant, exclusive start) of each run, in order."""
    ran = [row["t"] for row in rows if row["runs"]]
    if not ran:
        return []
    runs = [(ran[0], ran[0] - period)]
    runs += [(b, max(a, b - period)) for a, b in itertools.pairwise(ran) if b - a > max_gap]
    for event in events.to_dict("records"):
        replaced = event["kind"] == "maintenance" and event["item"]
        if (event["kind"] in {"restart", "failure"} or replaced) and ns(event["time"]) >= ran[0]:
            runs.append((ns(event["time"]) + 1, ns(event["time"])))
    return [(s, max(c for f, c in runs if f <= s)) for s in sorted({since for since, _ in runs})]


def _spans(  # noqa: C901 -- the three ways to cut, each spelt out
    rows: list[dict], runs: list[tuple[int, int]], period: int, w: Windows
) -> list[dict]:
    """start, end, run, nominal start, full size, of each window."""

    def run_of(t: int) -> int:
        return max(sum(since <= t for since, _ in runs) - 1, 0)

    def bounded(nominal: int, end: int, full: int) -> dict:
        run = run_of(end)
        start = nominal
        if runs and runs[run][0] <= end:
            start = max(nominal, runs[run][1])
        return {"start": start, "end": end, "run": run, "full": full}

    times = [row["t"] for row in rows]
    if w.by == "time":
        length, step = ns(w.length), ns(w.step)
        ends = range(-(-times[0] // step) * step, times[-1] + 1, step) if times else ()
        return [
            bounded(end - length, end, length)
            for end in ends
            if any(end - length < t <= end for t in times)
        ]
    if w.by == "segment":
        spans = []
        for i, row in enumerate(rows):
            newest = i + 1 == len(rows) or rows[i + 1]["segment"] != row["segment"]
            ended = w.whole_segments or i + 1 < len(rows)
            if row["segment"] < 0 or not newest or not ended:
                continue
            first = i
            while first and rows[first - 1]["segment"] == row["segment"]:
                first -= 1
            nominal = times[first] - period
            if first:
                nominal = max(nominal, times[first - 1])
            spans.append(bounded(nominal, times[i], times[i] - nominal))
        return spans
    spans = []
    for run in range(len(runs)):
        ran = [row["t"] for row in rows if row["runs"] and run_of(row["t"]) == run]
        for i, end in enumerate(ran):
            if (i + 1) % w.count_step:
                continue
            first = max(i - w.count + 1, 0)
            start = ran[first - 1] if first else runs[run][1]
            spans.append({"start": start, "end": end, "run": run, "full": w.count})
    return spans


def _covered(times: list[int], start: int, period: int) -> int:
    spans = zip([start, *times], times, strict=False)
    return sum(min(b - a, period) for a, b in spans)


def describe(  # noqa: C901 -- one window after another, nothing shared
    readings: pd.DataFrame,
    events: pd.DataFrame,
    equipment_class: str,
    equipment: Equipment,
    windows: Windows,
    descriptors: Descriptors,
) -> pd.DataFrame:
    """Table ``windows``, window by window."""
    period, max_gap = ns(equipment.period), ns(windows.max_gap)
    rows = _rows(readings, equipment, max_gap)
    told = [(e["kind"], e["code"], e["item"], ns(e["time"])) for e in events.to_dict("records")]
    recipes = recipes_for(equipment, windows, descriptors)
    made = []
    for span in _spans(rows, _runs(rows, events, period, max_gap), period, windows):
        inside = [row for row in rows if span["start"] < row["t"] <= span["end"]]
        ran = [row for row in inside if row["runs"]]

        def share(times: list[int], start: int, full: int, counted: bool) -> float:
            got = len(times) if counted else _covered(times, start, period)
            return min(got / full, 1.0)

        counted = windows.by == "count"
        needed = [n for n, s in equipment.sensors.items() if s.required] or list(equipment.sensors)
        good = [r["t"] for r in ran if any(not math.isnan(r["good"][n]) for n in needed)]
        line: dict[str, object] = {
            "start": span["start"],
            "end": span["end"],
            "run": span["run"],
            "rows": len(ran),
            "coverage": share(good, span["start"], span["full"], counted),
        }
        lacking = {}
        for recipe in recipes:
            line[recipe.name] = NAN
            if recipe.kind == "error":
                hits = [t for kind, code, _, t in told if (kind, code) == ("error", recipe.subject)]
                line[recipe.name] = float(sum(span["start"] < t <= span["end"] for t in hits))
                continue
            if recipe.kind == "maintenance":
                past = [
                    t
                    for kind, _, item, t in told
                    if kind == "maintenance"
                    and recipe.subject in {"any", item}
                    and t <= span["end"]
                ]
                line[recipe.name] = (span["end"] - max(past)) / HOUR if past else NAN
                continue
            start, full, rowwise = span["start"], span["full"], counted
            if recipe.recent:
                full, rowwise = ns(windows.recent), False
                start = max(start, span["end"] - full)
            seen = [r for r in ran if r["t"] > start and not math.isnan(r["good"][recipe.source])]
            coverage = share([r["t"] for r in seen], start, full, rowwise)
            enough = bool(seen) and coverage >= windows.min_coverage
            if not recipe.recent:
                lacking[recipe.source] = not enough
            if recipe.descriptor == "coverage":
                line[recipe.name] = coverage
            elif enough:
                line[recipe.name] = describe_values(
                    recipe.descriptor,
                    [r["good"][recipe.source] for r in seen],
                    [(r["t"] - seen[-1]["t"]) / HOUR for r in seen],
                )
        line["reason"] = _reason(span, inside, line, lacking, equipment, windows)
        made.append(line)
    return pd.DataFrame(made)


def _reason(
    span: dict,
    inside: list[dict],
    line: dict,
    lacking: dict[str, bool],
    equipment: Equipment,
    windows: Windows,
) -> str:
    if not line["rows"] and any(row["known"] for row in inside):
        return "off"
    if not line["rows"] and inside and equipment.running:
        return f"sensor_missing:{equipment.running.sensor}"
    if not line["rows"] or line["coverage"] < windows.min_coverage:
        since = line["rows"] if windows.by == "count" else span["end"] - span["start"]
        young = since < windows.min_coverage * span["full"]
        return "insufficient_history" if young else "low_coverage"
    for name, sensor in equipment.sensors.items():
        if sensor.required and lacking[name]:
            return f"sensor_missing:{name}"
    return ""


def label(  # noqa: C901 -- the rules in the order in which they hold
    window: Mapping, events: list[dict], labels: Labels, last: pd.Timestamp
) -> tuple[str, str]:
    """(label, use) of one window of an asset with these events, labelled from failures."""
    start, end, reason = window["start"], window["end"], window["reason"]
    if reason:
        return "", f"not_evaluable:{reason}"
    failures = [e for e in events if e["kind"] == "failure"]
    care = [e for e in events if e["kind"] == "maintenance"]
    recovery, horizon = labels.recovery, labels.horizon
    for failure in failures:
        over = _over(failure, events, labels)
        if failure["time"] < end <= over:
            return "", "failed"
    over = [_over(f, events, labels) for f in failures]
    settled = over + [m["time"] for m in care]
    if any(t < end < t + recovery for t in settled) or any(start < t < end for t in over):
        return "", "recovering"
    doubts, modes = [], set()
    for failure in failures:
        starts = [failure["time"] - horizon]
        doubt = failure["time"] - horizon - labels.buffer
        renewed = [
            m["time"]
            for m in care
            if m["item"] and m["item"] == failure["item"] and m["time"] < failure["time"]
        ]
        vague = [t for t in (failure["onset_earliest"], failure["onset_latest"]) if pd.notna(t)]
        begin = max(starts + vague)
        if pd.notna(failure["onset_earliest"]):
            doubt = max(doubt, failure["onset_earliest"])
        if any(end <= t for t in renewed):
            continue
        if begin <= end <= failure["time"] and end > failure["time"] - labels.gap:
            return "", "gap"
        if begin <= end <= failure["time"]:
            modes.add(failure["failure_mode"])
        doubts.append(doubt <= end <= failure["time"])
    if modes:
        return ("", "unlabelled") if "" in modes else ("|".join(sorted(modes)), "fault")
    if any(doubts):
        return "", "buffer"
    censor = horizon if labels.censor is None else labels.censor
    for m in care:
        planned = not any(m["time"] - recovery <= f["time"] <= m["time"] for f in failures)
        if planned and m["time"] - censor <= end <= m["time"]:
            return "", "censored:preventive"
    if end + horizon + labels.buffer > last:
        return "", "censored:end"
    return "healthy", "healthy"


def _over(failure: Mapping, events: list[dict], labels: Labels) -> pd.Timestamp:
    if pd.notna(failure["end"]) and failure["end"] >= failure["time"]:
        return failure["end"]
    repairs = [
        e["time"]
        for e in events
        if e["kind"] in {"maintenance", "restart"}
        and failure["time"] <= e["time"] <= failure["time"] + labels.recovery
    ]
    return min(repairs, default=failure["time"])
