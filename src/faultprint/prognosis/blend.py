"""Weights of forecasts, learnt where none of them had seen the asset."""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from faultprint.prognosis.trajectories import Floats

_FIRM = 1e3
"""How firmly the weights are held to a sum of one."""


def blend_weights(forecasts: Floats, truth: Floats) -> Floats:
    """Weigh forecasts so that their mean errs least.

    Parameters
    ----------
    forecasts : NDArray[numpy.float64]
        Rows by forecasts, made without the row's asset; no NaN.
    truth : NDArray[numpy.float64]
        The truth of each row.

    Returns
    -------
    NDArray[numpy.float64]
        Weights that are not negative and sum to one; all the same where there are no rows.

    Notes
    -----
    Non-negative least squares (stacking: Breiman 1996, doi:10.1007/BF00117832). With weights that
    sum to one the errors alone are needed: it is their second moments that are weighed.
    """
    count = forecasts.shape[1]
    if not len(forecasts):
        return np.full(count, 1.0 / count)
    error = forecasts - truth[:, None]
    root: Floats = np.asarray(np.linalg.qr(error, mode="r"), dtype=np.float64)
    size = max(float(np.abs(root).max()), 1e-12)
    firm = np.full((1, count), _FIRM)
    found, _ = nnls(np.vstack([root / size, firm]), np.append(np.zeros(len(root)), _FIRM))
    return np.asarray(found / found.sum(), dtype=np.float64)
