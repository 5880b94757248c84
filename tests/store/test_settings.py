"""params.yaml from disk."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from faultprint.errors import ConfigError
from faultprint.store.settings import load_settings

SOUND = "equipment:\n  pump:\n    sensors:\n      p: {unit: bar}\n"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text(text, "utf-8")
    return path


def test_overrides_nested_and_dotted(tmp_path: Path) -> None:
    path = written(tmp_path, SOUND + "source: {path: a, timezone: UTC}\n")
    loaded = load_settings(path, {"source.path": "b", "windows": {"length": "12h"}})
    assert (loaded.source.path, loaded.source.timezone) == ("b", "UTC")
    assert loaded.windows.length == timedelta(hours=12)
    assert load_settings(path).source.path == "a"


def test_dates_stay_text(tmp_path: Path) -> None:
    path = written(tmp_path, SOUND + "split: {holdout: 2015-03-01T00:00:00+00:00}\n")
    assert load_settings(path).split.holdout == "2015-03-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SOUND + "seed: 1\nseed: 2\n", r"params.yaml', which is not sound YAML.*'seed' stands tw"),
        ("equipment: [", "not sound YAML"),
        ("", "holds nothing; expected a mapping"),
        ("- a\n", "holds list"),
        (SOUND + "sorce: {}\n", r"params.yaml: 1 wrong settings.*did you mean 'source'"),
        (SOUND + "windows: {length: 24}\n", r"write a duration with its unit"),
        ("a: !!python/object/apply:os.system ['true']\n", "not sound YAML"),
    ],
)
def test_wrong_params_name_the_file_and_the_mistake(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_settings(written(tmp_path, text))


def test_missing_params(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.yaml', which cannot be read"):
        load_settings(tmp_path / "none.yaml")


def test_params_of_the_azure_sample_are_sound() -> None:
    loaded = load_settings(Path(__file__).parents[2] / "params" / "azure_pdm.yaml")
    assert loaded.source.kind == "azure_pdm"
    assert list(loaded.equipment["machine"].sensors) == ["volt", "rotate", "pressure", "vibration"]
