"""What arrays hold; apart from the tables, so that the engine loads without pandas."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Real = NDArray[np.float64]
Flags = NDArray[np.bool_]

HOUR = 3_600_000_000_000
"""Nanoseconds in an hour."""
