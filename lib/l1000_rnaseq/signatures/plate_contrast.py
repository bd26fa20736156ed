"""Differences within plates, as weights of wells: what shifts a whole plate cancels."""

import numpy as np
import pandas as pd


def plate_contrast(treated: np.ndarray, controls: np.ndarray, plates: np.ndarray) -> np.ndarray:
    """Return the weight of each well in treated minus controls, taken within plates.

    On each plate the mean of the controls is subtracted from the mean of the treated wells. The differences
    are averaged, each plate weighted by its number of treated wells, so every treated well counts the same.

    Parameters
    ----------
    treated, controls : array of int
        Row numbers.
    plates : array, wells
        The plate of every well: names, or numbers from 0 on.

    Returns
    -------
    array, wells
        The weights of a plate sum to 0. Times wells × genes in log2 it is the log2 fold change.

    Raises
    ------
    ValueError
        A treated well has no control on its plate.

    Examples
    --------
    >>> plate_contrast(np.array([0, 3]), np.array([1, 2, 4]), np.array(list("aaabb"))).tolist()
    [0.5, -0.25, -0.25, 0.5, -0.5]
    """
    codes, names = _numbered(plates)
    n_treated = np.bincount(codes[treated], minlength=len(names))
    n_controls = np.bincount(codes[controls], minlength=len(names))
    alone = (n_treated > 0) & (n_controls == 0)
    if alone.any():
        raise ValueError(
            f"{n_treated[alone].sum()} treated wells are on plates without control wells "
            f"({', '.join(map(str, names[alone]))}); drop them, or add the controls of those plates."
        )
    weights = np.zeros(len(plates))
    weights[treated] = 1 / len(treated)
    weights[controls] -= (n_treated / np.maximum(n_controls, 1))[codes[controls]] / len(treated)
    return weights


def well_contrasts(treated: np.ndarray, controls: np.ndarray, plates: np.ndarray) -> np.ndarray:
    """Return the weights of each treated well minus the controls of its plate: treated × wells.

    Their mean is `plate_contrast`.

    Parameters
    ----------
    treated, controls, plates
        As in `plate_contrast`; every treated well has a control on its plate.
    """
    codes = _numbered(plates)[0]
    same = codes[treated][:, None] == codes[controls]
    weights = np.zeros((len(treated), len(plates)))
    weights[:, controls] = same / -same.sum(axis=1, keepdims=True)
    weights[np.arange(len(treated)), treated] += 1
    return weights


def _numbered(plates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each well's plate, and what each number is."""
    if plates.dtype.kind in "iu":
        return plates, np.arange(plates.max(initial=-1) + 1)
    return pd.factorize(plates)
