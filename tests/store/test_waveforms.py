"""Waveforms from files: the same samples from each kind, in views, a piece at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.io import savemat, wavfile

from faultprint.errors import ConfigError, SourceError
from faultprint.store.sources.waveforms import read_segments, read_waveforms, sample_rate

SAMPLES = np.random.default_rng(5).standard_normal(10_007).astype(np.float32)


def _write(kind: str, folder: Path) -> Path:
    path = folder / f"wave{kind}"
    if kind == ".npy":
        np.save(path, SAMPLES)
    elif kind == ".wav":
        wavfile.write(path, 12_000, SAMPLES)
    elif kind == ".mat":
        savemat(path, {"DE_time": SAMPLES.reshape(-1, 1), "RPM": 1797.0})
    else:
        pq.write_table(pa.table({"wave": SAMPLES}), path, row_group_size=999)
    return path


@pytest.mark.parametrize("kind", [".npy", ".wav", ".mat", ".parquet"])
@pytest.mark.parametrize(("length", "step"), [(500, None), (500, 250), (333, 1000), (10_007, 1)])
def test_every_kind_gives_the_same_segments(
    kind: str, length: int, step: int | None, tmp_path: Path
) -> None:
    found = list(read_segments(_write(kind, tmp_path), length, step))
    stride = step or length
    told = [SAMPLES[i : i + length] for i in range(0, SAMPLES.size - length + 1, stride)]
    assert len(found) == len(told) > 0
    for mine, theirs in zip(found, told, strict=True):
        assert mine.dtype == np.float32
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("kind", [".npy", ".wav", ".mat"])
def test_segments_are_views_of_one_buffer(kind: str, tmp_path: Path) -> None:
    segments = list(read_segments(_write(kind, tmp_path), 1000, 500))
    assert np.shares_memory(segments[0], segments[1])


def test_each_row_of_a_list_column_is_a_waveform(tmp_path: Path) -> None:
    rows = [SAMPLES[:1000], SAMPLES[1000:1300], SAMPLES[1300:3400]]
    path = tmp_path / "bursts.parquet"
    pq.write_table(pa.table({"burst": [r.tolist() for r in rows]}), path, row_group_size=2)
    waves = list(read_waveforms(path))
    assert [w.size for w, _ in waves] == [1000, 300, 2100]
    assert [s.size for s in read_segments(path, 500)] == [500] * (2 + 0 + 4)
    np.testing.assert_allclose(waves[2][0], rows[2])


def test_the_channel_is_named(tmp_path: Path) -> None:
    both = np.column_stack([SAMPLES, -SAMPLES])
    np.save(tmp_path / "two.npy", both)
    savemat(tmp_path / "two.mat", {"DE": SAMPLES, "FE": -SAMPLES})
    pq.write_table(pa.table({"DE": SAMPLES, "FE": -SAMPLES}), tmp_path / "two.parquet")
    for name, channel in (("two.npy", "1"), ("two.mat", "FE"), ("two.parquet", "FE")):
        first = next(read_segments(tmp_path / name, 100, channel=channel))
        np.testing.assert_array_equal(first, -SAMPLES[:100])
        with pytest.raises(ConfigError, match="name the channel"):
            next(read_segments(tmp_path / name, 100))
    with pytest.raises(ConfigError, match="did you mean 'DE'"):
        next(read_segments(tmp_path / "two.mat", 100, channel="DEE"))


def test_the_rate_of_a_wav_file(tmp_path: Path) -> None:
    assert sample_rate(_write(".wav", tmp_path)) == 12_000
    assert sample_rate(_write(".npy", tmp_path)) is None


@pytest.mark.parametrize("kind", [".npy", ".wav", ".mat", ".parquet"])
def test_a_truncated_file_is_an_error_that_names_it(kind: str, tmp_path: Path) -> None:
    path = _write(kind, tmp_path)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(SourceError, match=f"'wave{kind}'"):
        next(read_segments(path, 100))


def test_what_cannot_be_cut_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="segments of 0 samples"):
        next(read_segments(_write(".npy", tmp_path), 0))
    (tmp_path / "wave.csv").write_text("1\n2\n")
    with pytest.raises(SourceError, match=r"one of .npy, .wav, .mat, .parquet"):
        next(read_segments(tmp_path / "wave.csv", 10))
    np.save(tmp_path / "words.npy", np.array(["a", "b"]))
    with pytest.raises(SourceError, match="an array of shape"):
        next(read_segments(tmp_path / "words.npy", 1))


def test_memory_does_not_hold_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "long.npy"
    np.lib.format.open_memmap(path, "w+", np.float32, (60_000_000,))[:] = 1.0  # 240 MB
    code = (
        "import sys; from pathlib import Path\n"
        "from faultprint.store.sources.waveforms import read_segments\n"
        "private = lambda: int([l for l in open('/proc/self/status') if 'RssAnon' in l]"
        "[0].split()[1])\n"
        "before = private(); total = 0.0\n"
        "for s in read_segments(Path(sys.argv[1]), 1 << 20): total += float(s.sum())\n"
        "assert total == 57 * (1 << 20), total\n"
        "assert private() - before < 40_000, (before, private())\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=60)
