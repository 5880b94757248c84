"""What holds at this site alone: signatures that are provisional here, beside the release folder.

The release itself stays as it was published. The marks lie in a file next to its folder and name
the content they are about, so that they never speak of another release.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from faultprint.errors import StoreError
from faultprint.store.folders import write_text

Marks = dict[str, tuple[str, ...]]


def marks_path(folder: Path) -> Path:
    """Say where the marks of a release folder lie.

    Parameters
    ----------
    folder : Path
        The release folder.

    Returns
    -------
    Path
        ``<folder>.site.json`` beside it.
    """
    final = folder.absolute()
    return final.with_name(f"{final.name}.site.json")


def write_marks(folder: Path, content_hash: str, marks: Mapping[str, Sequence[str]]) -> None:
    """Write which signatures of a release are provisional here; without any, no file is left.

    Parameters
    ----------
    folder : Path
        The release folder.
    content_hash : str
        Of the release.
    marks : Mapping[str, Sequence[str]]
        Signature -> reasons.
    """
    file = marks_path(folder)
    if not marks:
        file.unlink(missing_ok=True)
        return
    said = {"content_hash": content_hash, "provisional": {k: list(v) for k, v in marks.items()}}
    write_text(json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False) + "\n", file)


def read_marks(folder: Path, content_hash: str) -> Marks:
    """Read which signatures of a release are provisional here.

    Parameters
    ----------
    folder : Path
        The release folder.
    content_hash : str
        Of the release in it.

    Returns
    -------
    dict[str, tuple[str, ...]]
        Signature -> reasons; nothing if there is no file, or it is about another release.

    Raises
    ------
    StoreError
        If there is a file that cannot be read.
    """
    file = marks_path(folder)
    if not file.is_file():
        return {}
    try:
        said = json.loads(file.read_text("utf-8"))
        marks = {str(k): tuple(map(str, v)) for k, v in said["provisional"].items()}
        return marks if said["content_hash"] == content_hash else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError.because(
            f"{str(file)!r}, which cannot be read ({error!r:.100})",
            "the marks that an export of the release writes",
            "export the release again, or remove the file",
        ) from error
