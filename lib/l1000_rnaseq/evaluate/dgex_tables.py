"""D-GEX's own benchmark: gene-wise error of every method on one split (Chen 2016, 2.2, Tables 1, 2)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.translate.dgex.baselines import knn_genes, lasso_path, least_squares
from l1000_rnaseq.translate.dgex.multitask import fit_dgex
from l1000_rnaseq.translate.settings import DGEXSettings
from l1000_rnaseq.translate.step2.linear import Gram
from l1000_rnaseq.translate.training.torch_loop import Trained

PENALTIES = (0.0, 0.001, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
L1_PENALTIES = (0.02, 0.05, 0.1, 0.2, 0.4)
NEIGHBOURS = (5, 10, 20, 50, 100, 200, 400)

# mean ± SD over genes of the mean absolute error, standardised units; D-GEX as chosen on validation
PUBLISHED_MAE = pd.DataFrame(
    {
        "GEO": [0.3784, 0.3782, 0.3784, 0.5866, 0.3204],
        "GEO SD": [0.0851, 0.0844, 0.0851, 0.0698, 0.0879],
        "GTEx": [0.4702, 0.5667, 0.4702, 0.6520, 0.4393],
        "GTEx SD": [0.1234, 0.1271, 0.1234, 0.0982, 0.1239],
    },
    index=["LR", "LR-L1", "LR-L2", "KNN-GE", "D-GEX"],
)

# the architectures: layers × units → MAE; dropout 10 % on microarrays (Table 1), 25 % on GTEx (Table 2)
PUBLISHED_MAE_BY_SIZE = pd.DataFrame(
    {
        "GEO, 10 %": [0.3421, 0.3337, 0.3300, 0.3377, 0.3280, 0.3224, 0.3362, 0.3252, 0.3204],
        "GTEx, 25 %": [0.4507, 0.4428, 0.4394, 0.4586, 0.4446, 0.4393, 0.5160, 0.4595, 0.4492],
    },
    index=pd.MultiIndex.from_product([(1, 2, 3), (3000, 6000, 9000)], names=["layers", "units"]),
)
PUBLISHED_SHARE_BETTER = {"GEO": 0.9997, "GTEx": 0.8131}  # share of genes better than LR (3.1, 3.2)
PUBLISHED_NONLINEAR = 0.9999  # share of genes with larger adjusted R² by hidden units, GEO-tr (3.3)


def gene_mae(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return each gene's mean absolute error over the samples (equation 1), in the units of the data.

    Raises
    ------
    ValueError
        The shapes differ.
    """
    if np.shape(true) != np.shape(predicted):
        raise ValueError(f"truth is {np.shape(true)}, prediction {np.shape(predicted)}; expected one shape.")
    return np.abs(np.asarray(true, np.float64) - predicted).mean(axis=0)


def share_better(error: np.ndarray, reference: np.ndarray) -> float:
    """Return the share of genes whose error is smaller than the reference's."""
    return float((np.asarray(error) < np.asarray(reference)).mean())


@dataclass(frozen=True)
class Comparison:
    """The methods on one split.

    Attributes
    ----------
    by_gene : DataFrame, targets × methods
        Mean absolute error of each gene on the test samples.
    chosen : dict, method → penalty, k or epoch with the least error on the validation samples
    dgex : Trained or None
    """

    by_gene: pd.DataFrame
    chosen: dict
    dgex: Trained | None

    def table(self, reference: str = "LR") -> pd.DataFrame:
        """Summarise the methods.

        Parameters
        ----------
        reference : str
            The paper compares with LR. With hardly more samples than landmarks LR falls apart; compare with
            LR-L2 then.

        Returns
        -------
        DataFrame, methods × (mae, sd, better): mean and SD over genes, share of genes better than that.
        """
        reference_error = self.by_gene[reference]
        rows = {
            name: {
                "mae": error.mean(),
                "sd": error.std(ddof=0),
                "better": share_better(error, reference_error),
            }
            for name, error in self.by_gene.items()
        }
        return pd.DataFrame(rows).T


def compare_methods(
    train: tuple[np.ndarray, np.ndarray],
    valid: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    settings: DGEXSettings | None = None,
    lasso: bool = True,
    seed: int = 0,
    device: str = "auto",
    checkpoint: Path | None = None,
    progress: bool = True,
) -> Comparison:
    """Fit every method on training samples, choose on validation samples, measure on test samples.

    Parameters
    ----------
    train, valid, test : (x, y), samples × landmarks and samples × targets
        Standardised (`standardize_sources`): errors are in standard deviations.
    settings : DGEXSettings, optional
        By default no D-GEX is trained.
    lasso : bool
        Fit LR-L1, the slowest baseline (see `lasso_path`).
    seed, device, checkpoint, progress
        Of `fit_dgex`.

    Returns
    -------
    Comparison with the methods mean (predicting 0), LR, LR-L1, LR-L2, KNN-GE, D-GEX.
    """
    (x, y), (vx, vy), (tx, ty) = train, valid, test
    gram = Gram(x.shape[1], y.shape[1])
    for start in range(0, len(x), 2000):
        gram.add(x[start : start + 2000], y[start : start + 2000])
    lr = least_squares(gram)
    models = {"LR": lr}
    candidates = {
        "LR-L1": lasso_path(gram, L1_PENALTIES) if lasso else [],
        "LR-L2": ((penalty, least_squares(gram, penalty)) for penalty in PENALTIES),
        "KNN-GE": ((k, knn_genes(gram, k)) for k in NEIGHBOURS if k <= x.shape[1]),
    }
    chosen = {}
    for name, tried in candidates.items():
        least = np.inf
        for value, model in tried:  # one at a time: each is landmarks × targets
            error = gene_mae(vy, model.transform(vx)).mean()
            if error < least:
                least, chosen[name], models[name] = error, value, model
    errors = {"mean": gene_mae(ty, np.zeros_like(ty))}
    errors |= {name: gene_mae(ty, model.transform(tx)) for name, model in models.items()}
    dgex = None
    if settings is not None:
        is_valid = np.arange(len(x) + len(vx)) >= len(x)
        fit_and_valid = np.concatenate([x, vx]), np.concatenate([y, vy])
        options = {"device": device, "checkpoint": checkpoint, "progress": progress}
        dgex = fit_dgex(*fit_and_valid, is_valid, settings, seed, **options)
        errors["D-GEX"] = gene_mae(ty, dgex.transform(tx))
        chosen["D-GEX"] = int(dgex.history["valid"].idxmin()) + 1
    return Comparison(pd.DataFrame(errors), chosen, dgex)
