"""Intervals of proportions and rates against closed forms and known values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from faultprint.errors import ConfigError
from faultprint.state.intervals import poisson_rate, wilson


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (8, 10, 0.4902, 0.9433),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilson_equals_published_values(hits: int, n: int, low: float, high: float) -> None:
    share = wilson(hits, n)
    assert (share.value, share.hits, share.n) == (hits / n, hits, n)
    assert share.low == pytest.approx(low, abs=5e-5)
    assert share.high == pytest.approx(high, abs=5e-5)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_contains_the_share_and_mirrors(case: tuple[int, int]) -> None:
    hits, n = case
    share, other = wilson(hits, n), wilson(n - hits, n)
    assert 0 <= share.low <= share.value <= share.high <= 1
    assert share.low < share.high
    assert share.low == pytest.approx(1 - other.high, abs=1e-12)


def test_wilson_covers_as_often_as_it_says() -> None:
    """Average coverage over the unit interval, exact sum over all outcomes of n = 40."""
    covered = 0.0
    shares = [k / 200 for k in range(1, 200)]
    for p in shares:
        for hits in range(41):
            interval = wilson(hits, 40)
            covered += binom.pmf(hits, 40, p) * (interval.low <= p <= interval.high)
    assert covered / len(shares) == pytest.approx(0.95, abs=0.01)


def test_nothing_counted_says_nothing() -> None:
    share = wilson(0, 0)
    assert (share.value, share.low, share.high) == (0.0, 0.0, 1.0)
    assert poisson_rate(0, 0.0).high is None


@pytest.mark.parametrize(("hits", "n"), [(3, 2), (-1, 4)])
def test_more_hits_than_cases_are_refused(hits: int, n: int) -> None:
    with pytest.raises(ConfigError, match=f"{hits} hits of {n}"):
        wilson(hits, n)


def test_poisson_limits_are_the_exact_ones() -> None:
    rate = poisson_rate(5, 10.0)
    assert rate.value == 0.5
    assert poisson.sf(4, rate.low * 10) == pytest.approx(0.025)
    assert rate.high is not None
    assert poisson.cdf(5, rate.high * 10) == pytest.approx(0.025)
    nothing = poisson_rate(0, 2.0)
    assert nothing.low == 0.0
    assert nothing.high == pytest.approx(-math.log(0.025) / 2)


@pytest.mark.parametrize(("count", "exposure"), [(-1, 1.0), (1, -1.0), (1, 0.0)])
def test_events_need_exposure(count: int, exposure: float) -> None:
    with pytest.raises(ConfigError, match="an exposure where there are events"):
        poisson_rate(count, exposure)
