"""A copy of the finished job that a test may damage, and the command line on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import yaml

from faultprint import cli
from faultprint.config import Settings
from faultprint.stages.workspace import Workspace
from faultprint.store import provenance
from faultprint.store.parquet import list_assets, read_parquet, readings_path, write_parquet

REPOSITORY = Path(__file__).parents[2]
PUMP, COMPRESSOR = "centrifugal_pump", "screw_compressor"
LIMIT = 16_384
"""Largest file of a process whose disk is full [bytes]."""
PROGRAM = """
import os, resource, signal, sys
limit, kill_at = int(sys.argv[1]), sys.argv[2]
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
synced = os.fsync
def fsync(handle):
    if kill_at and kill_at in os.readlink(f"/proc/self/fd/{handle}"):
        os.kill(os.getpid(), signal.SIGKILL)
    synced(handle)
os.fsync = fsync
from faultprint import cli
sys.argv = ["faultprint", *sys.argv[3:]]
cli.main()
"""
Frames = Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True)
class Said:
    """What a command ended with."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The last line of the errors."""
        return self.err.strip().splitlines()[-1]


@dataclass(frozen=True)
class Plant:
    """A workspace of one's own."""

    workspace: Workspace

    @property
    def root(self) -> Path:
        return self.workspace.root

    def told(self, name: str, *options: str) -> list[str]:
        """Give the arguments that run a stage here."""
        at = ["--params", str(self.root / "params.yaml"), "--workspace", str(self.root)]
        # An experiment of its own: that of the copied tracker points to the job's files.
        return ["stage", name, *at, "-S", "tracking.experiment=copy", *options]

    def edit(self, table: Path, change: Frames) -> None:
        """Change the rows of one file."""
        write_parquet(change(read_parquet(table)).reset_index(drop=True), table)

    def readings(self, equipment_class: str, asset: str) -> Path:
        return readings_path(self.workspace.tables, equipment_class, asset)

    def keep(self, *kept: tuple[str, str]) -> None:
        """Leave only some assets."""
        for one in list_assets(self.workspace.tables):
            if one not in kept:
                shutil.rmtree(self.readings(*one).parent)

    def content(self, *places: str) -> list[str]:
        """Fingerprint files and folders."""
        return [provenance.data_sha256(self.root / place) for place in places]

    def start(self, *args: str, limit: int = 0, kill_at: str = "") -> subprocess.Popen[str]:
        """Start the command line in a process of its own: with a full disk, or killed.

        ``kill_at`` is a part of the path that it is killed at, as it asks the disk to keep it.
        """
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(limit), kill_at, *args],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src"), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, *args: str, limit: int = 0, kill_at: str = "") -> Said:
        """Run the command line in a process of its own to its end."""
        process = self.start(*args, limit=limit, kill_at=kill_at)
        out, err = process.communicate(timeout=120)
        return Said(process.returncode, out, err)


def copy_plant(workspace: Workspace, settings: Settings, root: Path) -> Plant:
    """Copy a finished job, with the settings it was made with."""
    shutil.copytree(workspace.root, root, ignore=shutil.ignore_patterns("raw", "truth", "mlruns"))
    params = yaml.safe_dump(settings.model_dump(mode="json"), allow_unicode=True)
    (root / "params.yaml").write_text(params, "utf-8")
    return Plant(Workspace(root))


def faultprint(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *args: str
) -> Said:
    """Run the command line in this process."""
    monkeypatch.setattr(sys, "argv", ["faultprint", *args])
    capfd.readouterr()
    try:
        cli.main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capfd.readouterr()
    return Said(code, out, err)


def refused(said: Said, *words: str) -> None:
    """Check that a command ended with one clear line."""
    assert said.code == 1, said
    assert said.error.startswith("faultprint: "), said.err
    assert "Traceback" not in said.err
    for part in ("got ", "; expected ", *words):
        assert part in said.error, said.error
