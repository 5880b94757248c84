"""A release as files: equal bytes for equal input, equal answers after loading."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import pandas as pd
import pytest

from faultprint.errors import ReleaseError
from faultprint.faults.learn import learn_class
from faultprint.faults.match import diagnose
from faultprint.faults.release import (
    Release,
    release_from_parts,
    release_to_parts,
    scoring_settings,
)
from faultprint.records import Learnt
from faultprint.twin.baseline import expect, fit
from tests.faults.pumps import ORIGIN, fleet, settings


def make() -> Release:
    windows, residuals = fleet()
    params = settings()
    twin = fit(windows, params.equipment["pump"], params.twin)
    learned = learn_class(windows, residuals, params, 7, ORIGIN)
    return Release(
        scoring_settings(params), {"pump": learned.model}, {"pump": twin}, learned.signatures
    )


@cache
def parts() -> dict[str, bytes]:
    return release_to_parts(make())


def test_files_are_named_as_agreed_and_sorted() -> None:
    assert list(parts()) == [
        "classes/pump/booster.txt",
        "classes/pump/model.json",
        "classes/pump/twin.json",
        "scoring.json",
        "signatures/pump/bearing_wear.yaml",
        "signatures/pump/blockage.yaml",
    ]


def test_equal_input_gives_equal_bytes() -> None:
    assert release_to_parts(make()) == parts()
    assert release_to_parts(release_from_parts(parts())) == parts()


def test_a_loaded_release_judges_as_the_one_in_memory() -> None:
    held, loaded = make(), release_from_parts(parts())
    windows, _ = fleet(seed=9, assets=2)
    tables = []
    for release in (held, loaded):
        residuals = expect(release.twins["pump"], windows)
        tables.append(diagnose(release.models["pump"], release.signatures, windows, residuals, "x"))
    for one, other in zip(*tables, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert loaded.scoring == held.scoring
    assert list(loaded.scoring.equipment["pump"].sensors) == list(
        held.scoring.equipment["pump"].sensors
    )
    assert loaded.signatures == held.signatures
    assert "seed" not in json.loads(parts()["scoring.json"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("classes/pump/twin.json", None, r"a release without 'classes/pump/twin.json'"),
        ("classes/pump/booster.txt", None, r"a release without 'classes/pump/booster.txt'"),
        ("scoring.json", None, r"a release without 'scoring.json'"),
        ("scoring.json", b'{"equipment": {}}', r"a part that cannot be read"),
        ("classes/pump/model.json", b"{not json", r"a part that cannot be read"),
        ("classes/pump/model.json", b"{}", r"a class model without 'equipment_class'"),
        ("signatures/pump/blockage.yaml", b"{a: [", r"a part that cannot be read"),
        ("signatures/pump/blockage.yaml", b"!!python/object:os.system {}", r"cannot be read"),
    ],
)
def test_broken_parts_are_refused(name: str, content: bytes | None, message: str) -> None:
    broken = {path: data for path, data in parts().items() if path != name}
    with pytest.raises(ReleaseError, match=message):
        release_from_parts(broken if content is None else broken | {name: content})


def test_a_release_says_what_it_has_learnt_from() -> None:
    held = release_from_parts(parts())
    assert held.learnt is None
    learnt = Learnt(until="2025-03-01T00:00:00+00:00", assets=("P00", "P01"))
    written = release_to_parts(replace(held, learnt=learnt))
    assert release_from_parts(written).learnt == learnt
    assert {k: v for k, v in written.items() if k != "learnt.json"} == parts()
    with pytest.raises(ReleaseError, match=r"a release without 'assets'"):
        release_from_parts(written | {"learnt.json": b'{"until": ""}'})


def test_a_model_needs_its_twin_and_a_mode_has_one_signature() -> None:
    held = release_from_parts(parts())
    with pytest.raises(ReleaseError, match=r"models of \['pump'\] and twins of \[\]"):
        release_to_parts(Release(held.scoring, held.models, {}, held.signatures))
    with pytest.raises(ReleaseError, match=r"two signatures of 'bearing_wear' on 'pump'"):
        release_to_parts(
            Release(held.scoring, held.models, held.twins, held.signatures + held.signatures)
        )


def test_names_with_slashes_stay_in_their_folder() -> None:
    held = release_from_parts(parts())
    odd = replace(held.signatures[0], failure_mode="../../etc/wear and tear")
    paths = release_to_parts(Release(held.scoring, held.models, held.twins, (odd,)))
    name = next(path for path in paths if path.startswith("signatures/"))
    assert name == "signatures/pump/%2E%2E%2F%2E%2E%2Fetc%2Fwear and tear.yaml"


def test_a_release_from_before_the_shared_space_is_refused_with_the_reason() -> None:
    model = json.loads(parts()["classes/pump/model.json"])
    del model["metric"]
    old = dict(parts()) | {"classes/pump/model.json": json.dumps(model).encode()}
    with pytest.raises(ReleaseError, match=r"from before faults were compared in a shared space"):
        release_from_parts(old)
