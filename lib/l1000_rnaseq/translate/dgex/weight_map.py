"""What a trained D-GEX learned: major weights, hub units, nonlinearity by adjusted R² (Chen 2016, 3.3)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy import linalg, special

from l1000_rnaseq.translate.networks import Standardised


@dataclass(frozen=True)
class WeightMap:
    """The major weights of a network (3.3, 1; Supplementary Figure S3).

    Attributes
    ----------
    inputs : DataFrame, connections × (gene, unit, weight)
        From a landmark to a unit of the first hidden layer.
    outputs : DataFrame, connections × (gene, unit, weight)
        From a unit of the last hidden layer to a target.
    units : DataFrame, units of the last hidden layer × (outputs, positive, negative, one_sided, hub)
        Numbers of major output weights; whether nine in ten of them share a sign; whether it is a hub.
    expected : float
        Major output weights that there would be if weights were normally distributed.
    """

    inputs: pd.DataFrame
    outputs: pd.DataFrame
    units: pd.DataFrame
    expected: float

    @property
    def hubs(self) -> np.ndarray:
        """Hub units, the one with most connections first."""
        return self.units[self.units["hub"]].index.to_numpy()


def weight_map(
    net: Standardised,
    landmarks: list[str],
    targets: list[str],
    input_sd: float = 4.0,
    output_sd: float = 5.0,
    hub_share: float = 0.5,
) -> WeightMap:
    """Keep the weights that stand out among those of their gene, and name the units that they meet in.

    Parameters
    ----------
    net : Standardised
        A trained network (`fit_dgex(…).step.net`); the paper looks at one hidden layer.
    landmarks, targets : list of str
    input_sd, output_sd : float
        A weight is major if it lies so many standard deviations from the mean of the weights of its landmark
        (or target) over the hidden units: 4 and 5 in the paper.
    hub_share : float
        The paper calls hubs the few units that dominate the connections to the output, without a number.
        Here: the fewest units that together have this share of the major output weights.

    Returns
    -------
    WeightMap
    """
    first = net.hidden[0].weight.detach().numpy()  # units × landmarks
    last = net.output.weight.detach().numpy().T  # units × targets
    inputs, outputs = _major(first, landmarks, input_sd), _major(last, targets, output_sd)
    positive = np.bincount(outputs["unit"][outputs["weight"] > 0], minlength=len(last))
    total = np.bincount(outputs["unit"], minlength=len(last))
    units = pd.DataFrame({"outputs": total, "positive": positive, "negative": total - positive})
    larger = units[["positive", "negative"]].max(axis=1)
    units["one_sided"] = (total > 0) & (larger >= 0.9 * total)
    units = units.rename_axis("unit").sort_values("outputs", ascending=False, kind="stable")
    before = units["outputs"].cumsum() - units["outputs"]
    units["hub"] = (before < hub_share * total.sum()) & (units["outputs"] > 0)
    return WeightMap(inputs, outputs, units, last.size * special.erfc(output_sd / np.sqrt(2)))


def _major(weights: np.ndarray, genes: list[str], threshold: float) -> pd.DataFrame:
    """Return the weights (units × genes) beyond so many standard deviations of their gene's."""
    apart = np.abs(weights - weights.mean(axis=0)) > threshold * weights.std(axis=0)
    unit, gene = np.nonzero(apart)
    return pd.DataFrame(
        {"gene": np.asarray(genes, object)[gene], "unit": unit, "weight": weights[unit, gene]}
    )


def activations(net: Standardised, x: np.ndarray, size: int = 1000) -> np.ndarray:
    """Return the units of the last hidden layer for samples × landmarks (training units); dropout off."""
    net.eval()
    with torch.inference_mode():
        parts = [
            net.activations(torch.from_numpy(np.asarray(x[start : start + size], np.float32))).numpy()
            for start in range(0, len(x), size)
        ]
    return np.concatenate(parts)


def adjusted_r2(features: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the adjusted R² of the least-squares fit of every target.

    1 − (1 − R²)(n − 1)/(n − p − 1) with n samples and p the rank of the features, so that the number of
    features is paid for.

    Parameters
    ----------
    features : array, samples × features
    y : array, samples × targets

    Returns
    -------
    float64 array, targets; NaN where a target is constant.

    Raises
    ------
    ValueError
        Not more samples than features: the adjusted R² is not defined.
    """
    x, y = np.asarray(features, np.float64), np.asarray(y, np.float64)
    if len(x) <= x.shape[1] + 1:
        raise ValueError(
            f"{len(x)} samples and {x.shape[1]} features: the adjusted R² needs more samples than features, "
            "so take a network with fewer hidden units or more samples."
        )
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    values, vectors = linalg.eigh(x.T @ x)
    keep = values > 1e-10 * values.max()
    explained = ((vectors[:, keep] / np.sqrt(values[keep])).T @ (x.T @ y)) ** 2
    total = (y**2).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        r2 = np.where(total > 1e-12, explained.sum(axis=0) / total, np.nan)
    return 1 - (1 - r2) * (len(x) - 1) / (len(x) - keep.sum() - 1)


def nonlinearity(net: Standardised, x: np.ndarray, y: np.ndarray, targets: list[str]) -> pd.DataFrame:
    """Ask whether the last hidden layer fits the targets better than the landmarks do (3.3, 2; Figure S2).

    Parameters
    ----------
    net : Standardised
    x, y : array, samples × landmarks, samples × targets
        Training samples in the units of training. Take fresh ones too: hidden units were fitted to these.
    targets : list of str

    Returns
    -------
    DataFrame, targets × (landmarks, activations): adjusted R² of each.
    """
    return pd.DataFrame(
        {"landmarks": adjusted_r2(x, y), "activations": adjusted_r2(activations(net, x), y)}, index=targets
    )
