"""A release as a plain folder: its parts, and a manifest with the sha256 of each.

The manifest tells damage and mix-ups apart from the real thing; it is not a cryptographic signature
of an author.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from faultprint.errors import ReleaseError, listed
from faultprint.store.folders import staged_folder
from faultprint.store.manifest import (
    AGAIN,
    MANIFEST,
    Manifest,
    Part,
    describe_release,
    list_parts,
    manifest_text,
    parse_manifest,
)

__all__ = ["Manifest", "read_bundle", "read_manifest", "write_bundle"]

_ATTEMPTS = 5


def write_bundle(parts: Mapping[str, bytes], folder: Path, header: Mapping[str, Any]) -> Manifest:
    """Write a release folder in one step: the old one stays until the new one is complete.

    Parameters
    ----------
    parts : Mapping[str, bytes]
        Relative path to content.
    folder : Path
        Folder to make or replace.
    header : Mapping[str, Any]
        ``version`` (MAJOR.MINOR.PATCH), ``parent`` (a version; empty or left out for the first)
        and ``provenance`` (JSON object); every further key is put into the provenance.

    Returns
    -------
    Manifest
        What was written. No clock is read: equal arguments give equal bytes.
    """
    manifest = describe_release(list_parts(parts), header)
    text = manifest_text(manifest)
    with staged_folder(folder) as temp:
        for path, content in parts.items():
            file = temp / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        (temp / MANIFEST).write_text(text, "utf-8")
    return manifest


def read_bundle(folder: Path) -> tuple[Manifest, dict[str, bytes]]:
    """Read a release folder, and refuse it unless every byte is the one that was written.

    Parameters
    ----------
    folder : Path
        The release folder.

    Returns
    -------
    tuple[Manifest, dict[str, bytes]]
        The manifest, and path to content of every part. A folder that is replaced while it is read
        is read again.

    Raises
    ------
    ReleaseError
        If the folder or its manifest is missing, the protocol is unknown, or a part is missing,
        altered, not listed or not a plain file.
    """
    text = _manifest_bytes(folder)
    for _ in range(_ATTEMPTS):
        try:
            manifest = parse_manifest(text, folder)
            return manifest, _verified(folder, manifest)
        except ReleaseError:
            newer = _manifest_bytes(folder)
            if newer == text:
                raise
            text = newer
    raise ReleaseError.because(
        f"{folder} replaced {_ATTEMPTS} times while it was read", "a settled folder", "try again"
    )


def read_manifest(folder: Path) -> Manifest:
    """Read only the manifest of a release folder, e.g. to see whether it changed.

    Parameters
    ----------
    folder : Path
        The release folder.

    Returns
    -------
    Manifest
        What the folder says it holds; the parts are not looked at.
    """
    return parse_manifest(_manifest_bytes(folder), folder)


def _manifest_bytes(folder: Path) -> bytes:
    file = folder / MANIFEST
    if folder.is_dir() and not any(folder.iterdir()):
        raise ReleaseError.because(
            f"no release: {folder} is empty",
            "a candidate that passed the gate",
            "see in metrics/gate.json why it was held, or run the publish stage",
        )
    if not folder.is_dir() or not file.is_file():
        what = "a folder without a manifest" if folder.is_dir() else "no such folder"
        raise ReleaseError.because(
            f"{what}: {folder}",
            f"a release folder with {MANIFEST}",
            f"run it in a workspace where the job has published one, or {AGAIN}",
        )
    return file.read_bytes()


def _verified(folder: Path, manifest: Manifest) -> dict[str, bytes]:
    there = {
        str(PurePosixPath(*path.relative_to(folder).parts)): path
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or not path.is_dir()
    }
    there.pop(MANIFEST, None)
    contents: dict[str, bytes] = {}
    wrong: list[str] = [f"{path}: not listed" for path in there if path not in _paths(manifest)]
    for part in manifest.parts:
        content = _content(there.get(part.path), part)
        if content is None:
            wrong.append(f"{part.path}: {'altered' if part.path in there else 'missing'}")
        else:
            contents[part.path] = content
    if wrong:
        raise ReleaseError.because(
            f"{len(wrong)} wrong parts in {folder}: {listed(wrong)}",
            "exactly the parts of its manifest, each with its sha256",
            AGAIN,
        )
    return contents


def _paths(manifest: Manifest) -> set[str]:
    return {part.path for part in manifest.parts}


def _content(file: Path | None, part: Part) -> bytes | None:
    """Return the bytes of a part if they are the ones that were written."""
    if file is None or file.is_symlink() or not file.is_file():
        return None
    try:
        if file.stat().st_size != part.size:
            return None
        content = file.read_bytes()
    except OSError:  # replaced meanwhile: the caller looks again; unreadable: refused like altered
        return None
    return content if hashlib.sha256(content).hexdigest() == part.sha256 else None
