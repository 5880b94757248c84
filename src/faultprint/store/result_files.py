"""Files of benchmark results."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def write_result(path: Path, result: Mapping[str, Any]) -> None:
    """Write a results file; equal results are equal bytes.

    Parameters
    ----------
    path : Path
        The file.
    result : Mapping[str, Any]
        What was measured; numbers are rounded to six digits.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_rounded(result), indent=1, ensure_ascii=False) + "\n", "utf-8")


def read_results(folder: Path) -> dict[str, dict[str, Any]]:
    """Read all results files.

    Parameters
    ----------
    folder : Path
        Where they are.

    Returns
    -------
    dict[str, dict[str, Any]]
        File name without ``.json`` -> contents, sorted.
    """
    files: Iterable[Path] = sorted(folder.glob("*.json"))
    return {path.name.removesuffix(".json"): json.loads(path.read_text("utf-8")) for path in files}


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    if isinstance(value, float):
        return None if value != value else float(f"{value:.6g}")
    return value
