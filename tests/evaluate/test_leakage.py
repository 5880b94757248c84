"""Leaks show: a descriptor that knows the label, and skill that survives a shuffle."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier

from faultprint.evaluate.leakage import auroc, shuffled_label_score, single_descriptor_scores

VALUES = st.lists(
    st.tuples(st.integers(0, 4).map(float) | st.just(float("nan")), st.booleans()), max_size=15
)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_auroc_counts_the_pairs(rows: list[tuple[float, bool]]) -> None:
    ups = [v for v, up in rows if up and v == v]
    downs = [v for v, up in rows if not up and v == v]
    pairs = [1.0 if u > d else 0.5 if u == d else 0.0 for u in ups for d in downs]
    expected = sum(pairs) / len(pairs) if pairs else 0.5
    found = auroc([v for v, _ in rows], [up for _, up in rows])
    assert found == pytest.approx(expected)


def test_a_descriptor_that_knows_the_label_is_suspicious() -> None:
    rng = np.random.default_rng(0)
    labels = pd.Series(["healthy"] * 80 + ["wear"] * 20 + ["leak|wear"] * 10 + [""] * 20)
    wear = labels.str.contains("wear").to_numpy()
    features = pd.DataFrame(
        {
            "told": np.where(wear, -1.0, 1.0) + 0.01 * rng.normal(size=130),
            "good": wear + rng.normal(size=130),
            "blind": 3.0,
        },
        index=range(500, 630),
    )
    found = single_descriptor_scores(features, labels)
    assert set(found["failure_mode"]) == {"wear", "leak"}
    assert set(found.loc[found["suspicious"], "descriptor"]) == {"told"}
    assert found.loc[found["descriptor"] == "blind", "auroc"].tolist() == [0.5, 0.5]
    assert found["auroc"].is_monotonic_decreasing


def nearest(features: pd.DataFrame, labels: np.ndarray, asked: pd.DataFrame) -> np.ndarray:
    return KNeighborsClassifier(1).fit(features, labels).predict(asked)


def test_shuffled_labels_give_chance_and_a_leak_does_not() -> None:
    rng = np.random.default_rng(1)
    labels = pd.Series(np.repeat(["healthy", "wear", "leak"], 100))
    features = pd.DataFrame(rng.normal(size=(300, 4)) + pd.factorize(labels)[0][:, None])
    folds = np.tile(np.arange(5), 60)
    found = shuffled_label_score(features, labels, folds, nearest, 2)
    assert found.chance == pytest.approx(1 / 3)
    assert found.is_chance

    shuffled = np.random.default_rng(2).permutation(labels.to_numpy(dtype=object))

    def told(train: pd.DataFrame, answers: np.ndarray, asked: pd.DataFrame) -> np.ndarray:
        return shuffled[asked.index]

    leaking = shuffled_label_score(features, labels, folds, told, 2)
    assert leaking.score == 1.0
    assert not leaking.is_chance
