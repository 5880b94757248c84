"""Compile kernels to machine code that is kept on disk for as long as it is what they say."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

_SOURCES = ("arrays", "compiling", "simd", "stockham", "kernels", "motion", "ranks", "fourier")
"""Modules that compiled code comes from."""

_OPTIONS = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False}
"""Without the GIL, division as numpy's, and no arrays made (or counted) by compiled code."""


@lru_cache
def _content() -> str:
    """Tell apart what the kernels were compiled from."""
    texts = []
    for name in _SOURCES:
        spec = find_spec(f"{__package__}.{name}")
        texts.append(cast(Any, spec).loader.get_source(f"{__package__}.{name}"))
    return sha256("\n".join(texts).encode()).hexdigest()


def compiled(function: F) -> F:
    """Compile a function to machine code, cached on disk.

    Parameters
    ----------
    function : F
        A function of numbers and arrays that makes no array itself.

    Returns
    -------
    F
        The same, compiled at its first call.

    Notes
    -----
    Numba by itself notices a change of the file a function stands in only; here, one of any module
    that it may be made of.
    """
    made = njit(cache=True, **_OPTIONS)(function)
    made._cache._cache_file._source_stamp = _content()
    return cast(F, made)


def built_in(function: F) -> F:
    """Compile a function that only compiled functions call, as a part of them.

    Parameters
    ----------
    function : F
        A function of numbers, vectors and arrays.

    Returns
    -------
    F
        The same; it is cached with its callers, and there is nothing in it that Python could call.
    """
    return cast(F, njit(no_cpython_wrapper=True, **_OPTIONS)(function))
