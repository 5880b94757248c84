"""Which witnesses against healthy are heard: the ones that find known and unknown faults."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from faultprint.faults.learning.boost import fit_scaling
from faultprint.faults.learning.crossfit import outside_signals
from faultprint.faults.learning.hearing import LED, against_healthy
from faultprint.faults.learning.sample import Sample, gather
from faultprint.faults.learning.signals import EVEN, Signals, calibrate, classifier_signal
from tests.faults.pumps import fleet, settings

Floats = np.ndarray


@cache
def heard() -> tuple[Sample, Signals, Floats]:
    sample = gather(*fleet(), settings())
    every = np.ones(len(sample.matrix), dtype=bool)
    raw, placed, _ = outside_signals(sample, every, settings(), 7)
    probability = fit_scaling(raw, sample.truth).apply(raw)
    return sample, Signals(classifier_signal(probability), *placed), probability


def test_a_twin_that_finds_what_the_classifier_does_not_know_is_heard_as_much() -> None:
    sample, signals, probability = heard()
    found = against_healthy(sample, signals, probability, settings())
    assert tuple(found.weights) == EVEN


def test_the_classifier_leads_where_the_twin_strays_for_nothing() -> None:
    sample, signals, probability = heard()
    faulty = sample.truth[:, 1:].any(axis=1)
    rng = np.random.default_rng(3)
    doubt = rng.exponential(size=signals.doubt.shape)
    doubt[faulty, 0] = 5.0
    spells = rng.exponential(size=len(doubt) // 8)  # of two days each, with and without a fault
    strays = np.repeat(spells, 8)[:, None] * np.ones(doubt.shape[1])
    strays[faulty] = 0.0
    blind = Signals(doubt, strays, np.full(doubt.shape, np.nan))
    tight = settings(detect={"false_alarms_per_asset_month": 0.01})
    assert tuple(against_healthy(sample, blind, probability, tight).weights) == LED


def test_a_second_witness_stays_for_faults_that_nobody_knows() -> None:
    """The classifier knows every fault here: but for unknown ones nobody would miss the witness."""
    sample, signals, _ = heard()
    faulty = sample.truth[:, 1:].any(axis=1)
    rng = np.random.default_rng(4)
    known = rng.uniform(0.8, 1.0, len(faulty))
    odds = np.where(sample.truth[:, 1:] > 0, 100.0, (1 / known - 1)[:, None] / 2)
    sure = np.column_stack([np.ones(len(faulty)), odds])
    sure /= sure.sum(axis=1, keepdims=True)
    witness = rng.exponential(size=signals.foreign.shape)
    witness[faulty, 0] = 50.0
    both = Signals(classifier_signal(sure), rng.exponential(size=witness.shape), witness)
    assert len(against_healthy(sample, both, sure, settings()).foreign)
    flat = replace(both, foreign=np.where(witness == 50.0, 0.0, witness))
    assert not len(against_healthy(sample, flat, sure, settings()).foreign)


def test_weights_that_are_even_change_nothing() -> None:
    sample, signals, _ = heard()
    rows = sample.showing("healthy")
    plain, even = calibrate(signals, 0, rows), calibrate(signals, 0, rows, EVEN)
    np.testing.assert_array_equal(plain.joined, even.joined)
    led = calibrate(signals, 0, rows, LED)
    assert (led.joined != even.joined).any()
