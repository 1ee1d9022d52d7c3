"""Variance components of a linear mixed model, by statsmodels; loaded when a cohort is fitted."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec
from statsmodels.tools.sm_exceptions import ConvergenceWarning, SingularMatrixWarning

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
    groups, number_of_person = np.unique(persons, return_inverse=True)
    nested_in: dict[str, Any] = {}
    if units is not None:
        mats = [_indicators(units[number_of_person == one]) for one in range(len(groups))]
        names = [[f"unit {column}" for column in range(mat.shape[1])] for mat in mats]
        nested_in = {"exog_vc": VCSpec(["unit"], [names], [mats])}
    model = MixedLM(y, matrix, groups=number_of_person, exog_re=np.ones((len(y), 1)), **nested_in)
    fit = _fit(model)
    between = max(float(np.asarray(fit.cov_re)[0, 0]), 0.0)
    nested = 0.0 if units is None else max(float(np.asarray(fit.vcomp)[0]), 0.0)
    return between, nested, float(fit.scale)


def _indicators(units: npt.NDArray[np.str_]) -> Floats:
    """Return one column per unit, 1 in its rows."""
    return np.asarray(units[:, None] == np.unique(units)[None, :], dtype=np.float64)


def _fit(model: Any) -> Any:
    """Fit with the quick method; where it steps out of reach, with the patient one."""
    with warnings.catch_warnings():
        # A variance of zero lies on the border of what is possible: the optimiser says so, and
        # only the variances are taken from here, not what needs the Hessian there.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", SingularMatrixWarning)
        warnings.filterwarnings("ignore", category=RuntimeWarning, module="statsmodels")
        try:
            return model.fit(reml=True, method=["lbfgs", "powell"])
        except np.linalg.LinAlgError:
            return model.fit(reml=True, method=["powell", "nm"])
