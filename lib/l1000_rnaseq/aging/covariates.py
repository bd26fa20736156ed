"""Linear models of age with covariates (sex, tissue in detail), and expression adjusted for them."""

import numpy as np
import pandas as pd

from l1000_rnaseq.signatures.limma import two_group_design


class NotEstimable(ValueError):
    """Age cannot be told from the covariates in these samples, or its error cannot be estimated."""


def additive_design(
    is_old: np.ndarray, covariates: pd.DataFrame | None = None
) -> tuple[np.ndarray, list[str]]:
    """Return the design matrix: intercept, old, and a dummy for each further level of each covariate.

    A level that earlier columns explain is left out. So is a covariate with one level.

    Parameters
    ----------
    is_old : array of bool, samples
    covariates : DataFrame, samples × covariates, optional
        Missing values are a level of their own.

    Returns
    -------
    matrix : array, samples × coefficients; column 1 is old against young
    used : list of str, the covariates that have a column

    Raises
    ------
    ValueError
        One of the groups is empty.
    NotEstimable
        A ValueError: age and covariates cannot be told apart, or no residual degree of freedom is left.
    """
    matrix, used = two_group_design(is_old), []
    for name in () if covariates is None else covariates:
        values = covariates[name].astype(str).to_numpy()
        for level in np.unique(values)[1:]:
            candidate = np.column_stack([matrix, (values == level).astype(float)])
            if np.linalg.matrix_rank(candidate) > matrix.shape[1]:
                matrix, used = candidate, [*used, name]
            elif np.linalg.matrix_rank(np.delete(candidate, 1, axis=1)) == candidate.shape[1] - 1:
                raise NotEstimable(f"age and {name} cannot be told apart in these {len(values)} samples")
    if len(matrix) <= matrix.shape[1]:
        raise NotEstimable(
            f"{len(matrix)} samples and {matrix.shape[1]} coefficients leave no residual degree of freedom"
        )
    return matrix, list(dict.fromkeys(used))


def without_covariates(profiles: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Subtract what the covariates explain beside age, keeping age and the mean of each gene.

    Parameters
    ----------
    profiles : array, samples × genes
        Log expression.
    matrix : array, samples × coefficients
        As `additive_design` returns it.

    Returns
    -------
    array, samples × genes, in the log base of `profiles`
    """
    if matrix.shape[1] == 2:
        return profiles
    beta = np.linalg.lstsq(matrix, profiles, rcond=None)[0]
    columns = matrix[:, 2:] - matrix[:, 2:].mean(axis=0)
    return profiles - columns @ beta[2:]
