"""Variance components of a linear mixed model, by statsmodels; loaded when a cohort is fitted."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from statsmodels.regression.mixed_linear_model import MixedLM
from statsmodels.tools.sm_exceptions import ConvergenceWarning

Floats = npt.NDArray[np.float64]


def variance_components(
    y: Floats,
    matrix: Floats,
    persons: npt.NDArray[np.str_],
    units: npt.NDArray[np.str_] | None,
) -> tuple[float, float, float]:
    """Estimate variances by restricted maximum likelihood.

    Parameters
    ----------
    y : (N,) float64
        Response.
    matrix : (N, P) float64
        Fixed effects.
    persons : (N,) str
        Person of each row.
    units : (N,) str or None
        Side or region of a person, where several of a person were followed over several visits.

    Returns
    -------
    between, nested, within : float
        Variance between persons, between the units of a person (0 without units), of single visits.
    """
    frame = pd.DataFrame({"y": y, "person": persons, "unit": persons if units is None else units})
    names = [f"x{number}" for number in range(matrix.shape[1])]
    frame[names] = matrix
    options: dict[str, Any] = {} if units is None else {"vc_formula": {"unit": "0 + C(unit)"}}
    with warnings.catch_warnings():
        # A variance of zero lies on the border of what is possible: the optimiser says so, and
        # only the variances are taken from here, not what needs the Hessian there.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "Random effects covariance is singular", UserWarning)
        warnings.filterwarnings("ignore", category=RuntimeWarning, module="statsmodels")
        model = MixedLM.from_formula(
            f"y ~ 0 + {' + '.join(names)}", frame, groups="person", re_formula="1", **options
        )
        fit = model.fit(reml=True, method=["lbfgs", "powell"])
    between = max(float(np.asarray(fit.cov_re)[0, 0]), 0.0)
    nested = 0.0 if units is None else max(float(np.asarray(fit.vcomp)[0]), 0.0)
    return between, nested, float(fit.scale)
