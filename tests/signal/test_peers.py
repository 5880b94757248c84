"""Where tsfresh and TSFEL define a descriptor as we do, they say the same.

Both are in requirements-bench.lock, not among what development installs; ``make bench`` installs
them and runs these tests before it measures.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.signal.kinds import KINDS, STEP, ours

BENCH = "in requirements-bench.lock: `make bench` installs it and runs this"
VALUES = {kind: values[np.isfinite(values)].astype(float) for kind, values in KINDS.items()}
KNOWN = [kind for kind, values in VALUES.items() if values.size > 3]
"""With too few values some of theirs are errors, and ours are missing."""
VARIED = [kind for kind in KNOWN if np.ptp(VALUES[kind]) > 0]
EVEN = [kind for kind in VARIED if kind != "NaN"]
PER_HOUR = 3.6e12 / STEP

Made = Callable[[np.ndarray], dict[str, float]]


def _sample_skewness(g: float, n: int) -> float:
    """Skewness of the population as the sample's, which tsfresh takes."""
    return g * np.sqrt(n * (n - 1)) / (n - 2)


def _sample_kurtosis(g: float, n: int) -> float:
    """Kurtosis of the population as the sample's excess, which tsfresh takes."""
    return (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (g - 3) + 6)


LEVELS = {
    "mean": "mean", "std": "standard_deviation", "min": "minimum", "max": "maximum",
    "median": "median", "rms": "root_mean_square", "peak": "absolute_maximum",
    "mean_abs_change": "mean_abs_change",
}  # fmt: skip
QUANTILES = (1, 5, 10, 25, 75, 90, 95, 99)


def agree(got: dict[str, float], expected: dict[str, float], rtol: float = 1e-9) -> None:
    """Equal, name by name."""
    for name, value in expected.items():
        np.testing.assert_allclose(got[name], value, rtol=rtol, atol=1e-9, err_msg=name)


@pytest.fixture(scope="module")
def fresh() -> Any:
    """The calculators of tsfresh."""
    pytest.importorskip("tsfresh", reason=BENCH)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tsfresh.feature_extraction import feature_calculators

    return feature_calculators


@pytest.fixture(scope="module")
def tsfel() -> Any:
    """TSFEL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("tsfel", reason=BENCH)


@pytest.mark.parametrize("kind", KNOWN)
def test_level_spread_and_change_equal_tsfresh(fresh: Any, kind: str) -> None:
    values = VALUES[kind]
    expected = {name: float(getattr(fresh, theirs)(values)) for name, theirs in LEVELS.items()}
    expected |= {f"p{q:02d}": fresh.quantile(values, q / 100) for q in QUANTILES}
    agree(ours(list(expected), values), expected)


@pytest.mark.parametrize("kind", VARIED)
def test_shape_crossings_and_memory_equal_tsfresh(fresh: Any, kind: str) -> None:
    values, n = VALUES[kind], VALUES[kind].size
    got = ours(
        ["skewness", "kurtosis", "mean_crossings", "zero_crossings", "autocorrelation"], values
    )
    small = values - values[0]
    assert _sample_skewness(got["skewness"], n) == pytest.approx(fresh.skewness(small), abs=1e-9)
    assert _sample_kurtosis(got["kurtosis"], n) == pytest.approx(fresh.kurtosis(small), abs=1e-9)
    crossings = {
        "mean_crossings": fresh.number_crossing_m(small, small.mean()) / (n - 1),
        "zero_crossings": fresh.number_crossing_m(values, 0) / (n - 1),
        # theirs is divided by n - 1 products, ours by all n values
        "autocorrelation": fresh.autocorrelation(small, 1) * (n - 1) / n,
    }
    agree(got, crossings)


@pytest.mark.parametrize("kind", EVEN)
def test_trend_and_steps_equal_tsfresh(fresh: Any, kind: str) -> None:
    values = VALUES[kind]
    small = values - values[0]
    slope = dict(fresh.linear_trend(small, [{"attr": "slope"}]))['attr_"slope"']
    got = ours(["slope_per_hour", "mobility", "std"], values)
    agree(got, {"slope_per_hour": slope * PER_HOUR})
    # cid_ce: root of the sum of squared steps, which is their variance but for their mean
    steps = np.diff(small)
    squared = fresh.cid_ce(small, normalize=False) ** 2 / steps.size - steps.mean() ** 2
    assert got["mobility"] == pytest.approx(np.sqrt(squared) / got["std"], abs=1e-9)


TSFEL = {
    "mean": "calc_mean", "std": "calc_std", "min": "calc_min", "max": "calc_max",
    "median": "calc_median", "rms": "rms", "iqr": "interq_range", "mad": "median_abs_deviation",
    "range": "pk_pk_distance", "mean_abs_change": "mean_abs_diff",
}  # fmt: skip


@pytest.mark.parametrize("kind", KNOWN)
def test_level_spread_and_change_equal_tsfel(tsfel: Any, kind: str) -> None:
    values = VALUES[kind]
    agree(
        ours(list(TSFEL), values),
        {name: float(getattr(tsfel, theirs)(values)) for name, theirs in TSFEL.items()},
    )


@pytest.mark.parametrize("kind", EVEN)
def test_shape_and_trend_equal_tsfel(tsfel: Any, kind: str) -> None:
    values = VALUES[kind]
    got = ours(["skewness", "kurtosis", "slope_per_hour"], values)
    small = values - values[0]
    expected = {
        "skewness": tsfel.skewness(small),
        "kurtosis": tsfel.kurtosis(small) + 3,
        "slope_per_hour": tsfel.slope(small) * PER_HOUR,
    }
    agree(got, expected)


@pytest.mark.parametrize("kind", ["random, odd", "9 values"])
def test_entropy_of_the_spectrum_equals_tsfel(tsfel: Any, kind: str) -> None:
    values = VALUES[kind]
    got = ours(["spectral_entropy"], values)["spectral_entropy"]
    # theirs counts the line at 0, which holds nothing but rounding, as a line; of an even number
    # of values it counts the last line twice
    lines = values.size // 2
    theirs = tsfel.spectral_entropy(values, 1e9 / STEP) * np.log(lines + 1) / np.log(lines)
    assert got == pytest.approx(theirs, abs=1e-9)
