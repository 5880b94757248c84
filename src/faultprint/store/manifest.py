"""What a release holds: its parts with their sha256, its version, and where it comes from."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from faultprint.errors import FaultprintError, ReleaseError, listed

PROTOCOL = 1
"""Layout of the folder; a reader refuses a number it does not know."""

MANIFEST = "manifest.json"
VERSION = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")
AGAIN = "publish or export the release again"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Part:
    """One file of a release."""

    path: str
    """Relative, with ``/``."""
    sha256: str
    size: int
    """Length in bytes."""


@dataclass(frozen=True)
class Manifest:
    """What a release folder holds and where it comes from."""

    protocol: int
    version: str
    parent: str
    """Version it was made from; empty for the first."""
    content_hash: str
    """sha256 over the sorted (path, sha256) of the parts, and nothing else."""
    parts: tuple[Part, ...]
    provenance: dict[str, Any]
    """Code commit, tracking run and the like; not part of the content hash."""

    @property
    def label(self) -> str:
        """Name the release in tables: version, ``+``, start of the content hash.

        Returns
        -------
        str
            For example ``1.0.0+5f70bf18a086``.
        """
        return f"{self.version}+{self.content_hash[:12]}"


def list_parts(parts: Mapping[str, bytes]) -> tuple[Part, ...]:
    """Describe the parts of a release, sorted by path.

    Parameters
    ----------
    parts : Mapping[str, bytes]
        Relative path to content.

    Returns
    -------
    tuple[Part, ...]
        One entry per part.

    Raises
    ------
    ReleaseError
        If there are no parts, or a path leaves the folder, is not plain, or is a folder of another.
    """
    if not parts:
        raise ReleaseError.because("no parts", "at least one", "learn a release first")
    _check_paths(parts)
    return tuple(
        Part(path, hashlib.sha256(parts[path]).hexdigest(), len(parts[path]))
        for path in sorted(parts)
    )


def content_hash(parts: Iterable[Part]) -> str:
    """Compute the identity of a release from its parts.

    Parameters
    ----------
    parts : Iterable[Part]
        The parts, in any order.

    Returns
    -------
    str
        sha256, 64 hexadecimal digits; equal on any machine for equal parts.
    """
    pairs = sorted((part.path, part.sha256) for part in parts)
    return hashlib.sha256(json.dumps(pairs, separators=(",", ":")).encode()).hexdigest()


def describe_release(parts: tuple[Part, ...], header: Mapping[str, Any]) -> Manifest:
    """Make the manifest of a release.

    Parameters
    ----------
    parts : tuple[Part, ...]
        Its parts.
    header : Mapping[str, Any]
        ``version``, ``parent``, ``provenance``; every further key is put into the provenance.

    Returns
    -------
    Manifest
        With the content hash of the parts.

    Raises
    ------
    ReleaseError
        If a version is not MAJOR.MINOR.PATCH or the provenance is not an object.
    """
    further = dict(header)
    version, parent = further.pop("version", None), further.pop("parent", None) or ""
    provenance = further.pop("provenance", {})
    for said in (version, parent) if parent else (version,):
        if not isinstance(said, str) or not VERSION.fullmatch(said):
            raise ReleaseError.because(
                f"the version {said!r}", "MAJOR.MINOR.PATCH, like '1.0.0'", "mend the header"
            )
    if not isinstance(provenance, Mapping):
        raise ReleaseError.because(
            f"the provenance {provenance!r:.60}", "an object", "mend the header"
        )
    return Manifest(
        PROTOCOL, str(version), parent, content_hash(parts), parts, {**provenance, **further}
    )


def manifest_text(manifest: Manifest) -> str:
    """Write a manifest as JSON, with the sha256 of itself as ``seal``.

    Parameters
    ----------
    manifest : Manifest
        What to write.

    Returns
    -------
    str
        Sorted, so that equal manifests give equal text.

    Raises
    ------
    ReleaseError
        If the provenance holds what JSON cannot say.
    """
    try:
        said = json.loads(json.dumps(asdict(manifest), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ReleaseError.because(
            f"a provenance that is not JSON ({error})",
            "text, finite numbers, lists and objects",
            "turn times and paths into text",
        ) from error
    return _text({**said, "seal": _seal(said)})


def parse_manifest(text: bytes, folder: Path) -> Manifest:
    """Read a manifest and check that it agrees with itself.

    Parameters
    ----------
    text : bytes
        Content of the manifest file.
    folder : Path
        Where it stood, for messages.

    Returns
    -------
    Manifest
        Equal to the one that was written.

    Raises
    ------
    ReleaseError
        If it cannot be read, has an unknown protocol, or was altered.
    """
    try:
        said = json.loads(text)
        protocol = said["protocol"]
    except (ValueError, TypeError, KeyError) as error:
        raise ReleaseError.because(
            f"a {MANIFEST} in {folder} that cannot be read ({error!r:.80})",
            "a JSON object with a protocol number",
            AGAIN,
        ) from error
    if protocol != PROTOCOL:
        raise ReleaseError.because(
            f"protocol {protocol!r} in {folder / MANIFEST}",
            f"protocol {PROTOCOL}",
            "read it with the version of Faultprint that wrote it, or a newer one",
        )
    manifest = _typed(said, folder)
    if _text(said).encode() != text:  # other white space, or a key twice: not what was written
        raise ReleaseError.because(
            f"an altered {MANIFEST} in {folder}", "the bytes that were written", AGAIN
        )
    return manifest


def _text(said: Mapping[str, Any]) -> str:
    return json.dumps(said, indent=1, sort_keys=True) + "\n"


def _check_paths(paths: Iterable[str]) -> None:
    every = set(paths)
    bad = sorted(path for path in every if not _is_plain(path))
    folders = {str(parent) for path in every for parent in PurePosixPath(path).parents}
    bad += sorted(every & folders - set(bad))
    if bad:
        raise ReleaseError.because(
            f"part paths {listed(bad)}",
            f"plain relative paths with '/' that stay in the folder, none of them {MANIFEST!r}",
            "rename the parts",
        )


def _is_plain(path: str) -> bool:
    names = path.split("/")
    return (
        path.isprintable()
        and not set(path) & set("\\:")
        and not {"", ".", ".."} & set(names)
        and path != MANIFEST
    )


def _seal(said: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in said.items() if key != "seal"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _typed(said: Mapping[str, Any], folder: Path) -> Manifest:
    try:
        parts = tuple(
            Part(str(part["path"]), str(part["sha256"]), int(part["size"]))
            for part in said["parts"]
        )
        manifest = Manifest(
            PROTOCOL,
            said["version"],
            said["parent"],
            said["content_hash"],
            parts,
            dict(said["provenance"]),
        )
        describe_release(parts, {"version": manifest.version, "parent": manifest.parent})
        _check_paths(part.path for part in parts)
        whole = content_hash(parts) == manifest.content_hash and _seal(said) == said["seal"]
    except (KeyError, TypeError, ValueError, FaultprintError) as error:
        raise ReleaseError.because(
            f"a {MANIFEST} in {folder} that breaks its own rules ({error!r:.300})",
            "the manifest that was written",
            AGAIN,
        ) from error
    if not whole or not all(_SHA256.fullmatch(part.sha256) for part in parts):
        raise ReleaseError.because(
            f"an altered {MANIFEST} in {folder}", "its own sha256 and content hash", AGAIN
        )
    return manifest
