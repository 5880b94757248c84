"""The engines that are compared: each computes descriptors of the same sliding windows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.fft

from faultprint.signal.descriptors import compute

SIZE, STEP = 256, 64
"""Values of a window, and from one window to the next."""

PERIOD = 3_906_250
"""Time between two values [ns]: 256 values a second."""

LEVELS = ["mean", "std", "min", "max", "median", "p05", "p25", "p75", "p95", "rms", "range"]
SHAPES = ["crest", "skewness", "kurtosis", "slope_per_hour", "mean_abs_change", "last_minus_first"]
TIME = [*LEVELS, *SHAPES]
"""What a rolling table engine can express too."""

ORDER = ["mean_crossings", "autocorrelation"]
BANDS = [f"band_energy_{16 * k}_{16 * k + 16}" for k in range(8)]
SPECTRUM = [*BANDS, "dominant_frequency", "spectral_entropy"]
LINES = ["spectral_centroid", "spectral_spread", "spectral_kurtosis"]

Found = dict[str, np.ndarray]


@dataclass(frozen=True)
class Engine:
    """One engine: how many windows it gets, and the function."""

    windows: int
    descriptors: int
    run: Callable[[np.ndarray], Found]
    against: str
    """Which of ours computes the same descriptors."""


def values_for(windows: int) -> np.ndarray:
    """Noise, a tone and a trend, float32."""
    n = (windows - 1) * STEP + SIZE
    at = np.arange(n)
    noise = np.random.default_rng(0).normal(size=n)
    return (noise + np.sin(at * 0.7) + at * 1e-5 + 20).astype(np.float32)


def _starts(values: np.ndarray) -> np.ndarray:
    return np.arange(0, values.size - SIZE + 1, STEP)


@lru_cache
def _clock(size: int) -> np.ndarray:
    """Instants of the values [ns]; part of the data, as they are for the others."""
    return np.arange(size) * PERIOD


def _ours(names: list[str]) -> Callable[[np.ndarray], Found]:
    def run(values: np.ndarray) -> Found:
        starts = _starts(values)
        return compute(names, values, _clock(values.size), starts, starts + SIZE)

    return run


def _long(values: np.ndarray) -> Any:
    import pandas as pd

    starts = _starts(values)
    rows = (starts[:, None] + np.arange(SIZE)).ravel()
    return pd.DataFrame(
        {"id": np.repeat(np.arange(starts.size), SIZE), "at": rows, "x": values[rows]}
    )


def _tsfresh(spectrum: bool) -> Callable[[np.ndarray], Found]:
    plain = ["mean", "standard_deviation", "minimum", "maximum", "median", "root_mean_square"]
    plain += ["skewness", "kurtosis", "mean_abs_change"]
    asked: dict[str, Any] = dict.fromkeys(plain)
    asked["quantile"] = [{"q": q} for q in (0.05, 0.25, 0.75, 0.95)]
    asked["linear_trend"] = [{"attr": "slope"}]
    asked["number_crossing_m"] = [{"m": 20}]
    asked["autocorrelation"] = [{"lag": 1}]
    if spectrum:
        asked["fft_coefficient"] = [{"coeff": k, "attr": "abs"} for k in range(1, 9)]
        asked["fft_aggregated"] = [{"aggtype": "centroid"}]
        asked["fourier_entropy"] = [{"bins": 10}]

    def run(values: np.ndarray) -> Found:
        from tsfresh import extract_features

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = extract_features(
                _long(values), column_id="id", column_sort="at", column_value="x", n_jobs=0,
                disable_progressbar=True, default_fc_parameters=asked,
            )  # fmt: skip
        names = {"mean": "mean", "std": "standard_deviation", "median": "median"}
        names |= {"p05": "quantile__q_0.05", "rms": "root_mean_square"}
        names |= {"mean_abs_change": "mean_abs_change"}
        return {ours: made[f"x__{name}"].to_numpy() for ours, name in names.items()}

    return run


def _tsfel(values: np.ndarray) -> Found:
    import tsfel

    every = tsfel.get_features_by_domain()
    wanted = {
        "statistical": ["Mean", "Standard deviation", "Min", "Max", "Median", "Root mean square",
                        "Skewness", "Kurtosis", "Interquartile range"],
        "temporal": ["Slope", "Mean absolute diff", "Zero crossing rate", "Autocorrelation",
                     "Peak to peak distance"],
        "spectral": ["Spectral centroid", "Spectral spread", "Spectral kurtosis",
                     "Spectral entropy", "Fundamental frequency"],
    }  # fmt: skip
    config = {d: {n: every[d][n] for n in names if n in every[d]} for d, names in wanted.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = tsfel.time_series_features_extractor(
            config, [values[s : s + SIZE] for s in _starts(values)], fs=256, verbose=0, n_jobs=None
        )
    names = {"mean": "0_Mean", "std": "0_Standard deviation", "median": "0_Median"}
    return {ours: made[name].to_numpy() for ours, name in names.items() if name in made}


def _pandas(values: np.ndarray) -> Found:
    import pandas as pd

    # rows 0, 64, 128, ... end a window: with one value before, row 256 ends the first full one
    x = pd.Series(np.concatenate([values[:1], values]).astype(np.float64))
    w = x.rolling(SIZE, step=STEP)
    clock = pd.Series(np.arange(x.size) * (PERIOD / 3.6e12))
    got = {"mean": w.mean(), "std": w.std(ddof=0), "min": w.min(), "max": w.max()}
    got |= {"median": w.median(), "skewness": w.skew(), "kurtosis": w.kurt()}
    got |= {f"p{q:02d}": w.quantile(q / 100) for q in (5, 25, 75, 95)}
    got["range"] = got["max"] - got["min"]
    got["rms"] = np.sqrt((x * x).rolling(SIZE, step=STEP).mean())
    got["crest"] = x.abs().rolling(SIZE, step=STEP).max() / got["rms"]
    got["mean_abs_change"] = x.diff().abs().rolling(SIZE - 1, step=STEP).mean()
    tilt = clock.rolling(SIZE, step=STEP)
    both = (x * clock).rolling(SIZE, step=STEP).mean()
    got["slope_per_hour"] = (both - got["mean"] * tilt.mean()) / tilt.var(ddof=0)
    got["last_minus_first"] = (x - x.shift(SIZE - 1)).iloc[::STEP]
    return {name: column.to_numpy()[SIZE // STEP :] for name, column in got.items()}


def _expressions() -> list[Any]:
    import polars as pl

    x, t = pl.col("x"), pl.col("t")
    return [
        x.mean().alias("mean"), x.std(ddof=0).alias("std"), x.min().alias("min"),
        x.max().alias("max"), x.median().alias("median"), x.skew().alias("skewness"),
        x.kurtosis(fisher=False).alias("kurtosis"), (x * x).mean().sqrt().alias("rms"),
        *(x.quantile(q / 100, "linear").alias(f"p{q:02d}") for q in (5, 25, 75, 95)),
        (x.max() - x.min()).alias("range"), (x.abs().max() / (x * x).mean().sqrt()).alias("crest"),
        x.diff().abs().mean().alias("mean_abs_change"),
        (x.last() - x.first()).alias("last_minus_first"),
        (pl.cov(x, t) / t.var()).alias("slope_per_hour"),
    ]  # fmt: skip


def _polars(values: np.ndarray) -> Found:
    import polars as pl

    at = np.arange(values.size)
    frame = pl.DataFrame({"at": at, "x": values.astype(np.float64), "t": at * (PERIOD / 3.6e12)})
    made = frame.group_by_dynamic("at", every=f"{STEP}i", period=f"{SIZE}i").agg(_expressions())
    return {name: made[name].to_numpy()[: _starts(values).size] for name in TIME}


_SQL = f"""
SELECT w, avg(x) AS mean, stddev_pop(x) AS std, min(x) AS min, max(x) AS max, median(x) AS median,
  quantile_cont(x, [0.05, 0.25, 0.75, 0.95]) AS q, sqrt(avg(x * x)) AS rms,
  max(x) - min(x) AS range, max(abs(x)) / sqrt(avg(x * x)) AS crest, skewness(x) AS skewness,
  kurtosis_pop(x) AS kurtosis, regr_slope(x, t) AS slope_per_hour, avg(d) AS mean_abs_change,
  arg_max(x, t) - arg_min(x, t) AS last_minus_first
FROM (SELECT w, unnest(range(w * {STEP}, w * {STEP} + {SIZE})) AS i FROM range(?) r(w))
JOIN series USING (i) GROUP BY w ORDER BY w
"""


def _duckdb(values: np.ndarray) -> Found:
    import duckdb
    import pandas as pd

    at = np.arange(values.size)
    series = pd.DataFrame({"i": at, "x": values.astype(np.float64), "t": at * (PERIOD / 3.6e12)})
    series["d"] = series["x"].diff().abs()
    with duckdb.connect() as base:
        base.execute("SET threads = 1")
        base.register("series", series)
        made = base.execute(_SQL, [_starts(values).size]).fetchnumpy()
    return {name: made[name] for name in ("mean", "std", "median", "rms", "slope_per_hour")}


def _bare(kind: type) -> Callable[[np.ndarray], Found]:
    """Transform windows and nothing else, some at a time so that they stay in the cache."""

    def run(values: np.ndarray) -> Found:
        slid = np.lib.stride_tricks.sliding_window_view(values.astype(kind), SIZE)[::STEP]
        for first in range(0, slid.shape[0], 256):
            scipy.fft.rfft(slid[first : first + 256], axis=1)
        return {}

    return run


MANY = 30_000
ENGINES = {
    "ours": Engine(MANY, len(TIME + ORDER + SPECTRUM), _ours(TIME + ORDER + SPECTRUM), "ours"),
    "ours, time domain": Engine(MANY, len(TIME), _ours(TIME), "ours, time domain"),
    "ours, spectrum": Engine(MANY, 13, _ours(SPECTRUM + LINES), "ours, spectrum"),
    "tsfresh": Engine(150, 25, _tsfresh(True), "ours"),
    "tsfresh, time domain": Engine(150, 15, _tsfresh(False), "ours, time domain"),
    "TSFEL": Engine(100, 19, _tsfel, "ours"),
    "pandas rolling": Engine(6_000, len(TIME), _pandas, "ours, time domain"),
    "polars": Engine(3_000, len(TIME), _polars, "ours, time domain"),
    "DuckDB": Engine(6_000, len(TIME), _duckdb, "ours, time domain"),
    "bare rfft, float32": Engine(MANY, 0, _bare(np.float32), "ours, spectrum"),
    "bare rfft, float64": Engine(MANY, 0, _bare(np.float64), "ours, spectrum"),
}
