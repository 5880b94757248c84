"""Waveforms in files (.mat, .wav, .npy, Parquet), cut into segments without a copy of the whole.

What is held of a file: a ``.npy`` and a ``.wav`` file are mapped into memory, so that only the
pages of the segment at hand are read; of a Parquet file one row group at a time; of a MATLAB 5 file
the one variable asked for, since it is compressed as a whole. Segments are views, not copies.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.io import loadmat, wavfile, whosmat

from faultprint.errors import ConfigError, SourceError, listed

Samples = npt.NDArray[np.generic]
"""One channel, shape (n,), in the number type of the file."""

_MENDED = (ValueError, OSError, TypeError, EOFError, RuntimeError, struct.error)
"""What the readers raise for a file that is truncated or of another kind; scipy answers MATLAB 7.3,
which is HDF5, with a kind of ``RuntimeError``."""


def read_segments(
    path: Path, length: int, step: int | None = None, channel: str | None = None
) -> Iterator[Samples]:
    """Cut the waveform of a file into segments.

    Parameters
    ----------
    path : Path
        A ``.mat``, ``.wav``, ``.npy`` or ``.parquet`` file.
    length : int
        Samples of a segment.
    step : int | None, default None
        Samples from the start of one to the start of the next; ``length`` when left out.
    channel : str | None, default None
        Name of a variable (.mat) or column (Parquet), number of a channel from 0 (.wav, .npy of
        shape (n, channels)). When left out, the file must hold one only.

    Yields
    ------
    numpy.ndarray
        Shape (length,), in order; a rest shorter than that is left out. In a list column every row
        is a waveform of its own; a plain column runs on through all row groups.

    Raises
    ------
    ConfigError
        If a length or step is not above 0, or the channel is not in the file.
    SourceError
        If the file cannot be read as what its name says.
    """
    stride = length if step is None else step
    if length < 1 or stride < 1:
        raise ConfigError.because(
            f"segments of {length} samples, one every {stride}",
            "both above 0",
            "correct the length of the segments",
        )
    rest: Samples | None = None
    for samples, runs_on in read_waveforms(path, channel):
        whole = samples if rest is None else np.concatenate([rest, samples])
        count = max((whole.size - length) // stride + 1, 0)
        yield from (whole[i * stride : i * stride + length] for i in range(count))
        rest = whole[count * stride :].copy() if runs_on else None


def read_waveforms(path: Path, channel: str | None = None) -> Iterator[tuple[Samples, bool]]:
    """Read the waveforms of a file one after another.

    Parameters
    ----------
    path : Path
        A ``.mat``, ``.wav``, ``.npy`` or ``.parquet`` file.
    channel : str | None, default None
        As in :func:`read_segments`.

    Yields
    ------
    tuple[numpy.ndarray, bool]
        Samples, and whether the next ones continue them.

    Raises
    ------
    ConfigError
        If the channel is not in the file.
    SourceError
        If the file cannot be read as what its name says.
    """
    kind = path.suffix.lower()
    if kind not in _READERS:
        raise SourceError.because(
            f"the file {path.name!r}", f"one of {', '.join(_READERS)}", "convert the waveform"
        )
    try:
        yield from _READERS[kind](path, channel)
    except (*_MENDED, pa.ArrowException) as error:
        raise SourceError.because(
            f"{path.name!r}, which is truncated or no {kind} file ({str(error)[:120]})",
            "a whole waveform",
            "fetch it again",
        ) from error


def sample_rate(path: Path) -> float | None:
    """Read how fast a waveform was sampled, where its file says it.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    float | None
        In Hz; None for files other than ``.wav``.
    """
    return float(_wav(path)[0]) if path.suffix.lower() == ".wav" else None


def _chosen(names: list[str], channel: str | None, file: str) -> str:
    if channel is None and len(names) == 1:
        return names[0]
    if channel is None:
        raise ConfigError.because(
            f"{file!r} with the channels {listed(names)}", "one channel", "name the channel"
        )
    if channel not in names:
        raise ConfigError.unknown(f"channel of {file!r}", channel, names)
    return channel


def _one(samples: Samples, channel: str | None, file: str) -> Samples:
    if samples.ndim not in {1, 2} or not np.issubdtype(samples.dtype, np.number):
        raise ValueError(f"an array of shape {samples.shape} and type {samples.dtype}")
    if samples.ndim == 1:
        return samples
    names = [str(n) for n in range(samples.shape[1])]
    return samples[:, int(_chosen(names, channel, file))]


def _npy(path: Path, channel: str | None) -> Iterator[tuple[Samples, bool]]:
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    yield _one(mapped, channel, path.name), False


def _wav(path: Path) -> tuple[int, Samples]:
    with warnings.catch_warnings():  # chunks of text among the samples are no fault
        warnings.simplefilter("ignore", wavfile.WavFileWarning)
        rate, samples = wavfile.read(path, mmap=True)
    return rate, samples


def _of_wav(path: Path, channel: str | None) -> Iterator[tuple[Samples, bool]]:
    yield _one(_wav(path)[1], channel, path.name), False


def _mat(path: Path, channel: str | None) -> Iterator[tuple[Samples, bool]]:
    long = [name for name, shape, _ in whosmat(path) if len(shape) == 2 and max(shape) > 1]
    name = _chosen(long, channel, path.name)
    held = loadmat(path, variable_names=[name])[name]
    yield _one(held.reshape(-1) if min(held.shape) == 1 else held, channel, path.name), False


def _parquet(path: Path, channel: str | None) -> Iterator[tuple[Samples, bool]]:
    with pq.ParquetFile(path, memory_map=True) as file:
        fields = [f for f in file.schema_arrow if _is_numeric(f.type)]
        name = _chosen([f.name for f in fields], channel, path.name)
        for batch in file.iter_batches(columns=[name], batch_size=_BATCH):
            column = batch.column(0)
            if not hasattr(column, "offsets"):
                yield column.to_numpy(zero_copy_only=column.null_count == 0), True
                continue
            offsets = column.offsets.to_numpy()
            values = column.values.to_numpy(zero_copy_only=True)
            for start, stop in pairwise(offsets.tolist()):
                yield values[start:stop], False


_BATCH = 1 << 16
"""Rows of a Parquet file read at a time."""


def _is_numeric(kind: pa.DataType) -> bool:
    of_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    plain = kind.value_type if of_list else kind
    return bool(pa.types.is_floating(plain) or pa.types.is_integer(plain))


_READERS: dict[str, Callable[[Path, str | None], Iterator[tuple[Samples, bool]]]] = {
    ".npy": _npy,
    ".wav": _of_wav,
    ".mat": _mat,
    ".parquet": _parquet,
}
