"""How far each gene's change can be trusted: measured on whole files of real perturbations, held out.

A gene's number is a correlation over contrasts: its true change against the predicted one. The prediction
sees landmarks that are as noisy as L1000's. The correlation is computed within each file, as Fisher's z.
Files are averaged with random effects: by the number of their perturbations and by how much files differ. The
mean is shrunk towards that of its kind (landmark or not), the more so the less certain it is. It is then
calibrated on files that had no part in it. One thing is not in the number: L1000's probes and RNA-seq may
follow different transcripts.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.correlation import pearson_where_measured
from l1000_rnaseq.translate.change.held_out import HeldOut

FEWEST = 6  # perturbations of a gene within a file, below which its correlation there is not used
CHECKED = 15  # perturbations that a file needs to calibrate by
Z90 = 1.645
EDGES = (-1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1)


def change_reliability(files: Sequence[HeldOut], genes: Sequence[str], n_landmarks: int) -> pd.DataFrame:
    """Return the reliability of each gene's change.

    Parameters
    ----------
    files : sequence of HeldOut
        With noisy landmarks (`held_out_files`).
    genes : sequence of str
        The landmarks, then the other genes.
    n_landmarks : int

    Returns
    -------
    DataFrame, genes × (r, low, high, n)
        Correlation of true and predicted change, its 90 % interval, and the number of perturbations (targets,
        compounds) behind it. Where n is 0 the gene was in no file, and r is that of its kind.

    Raises
    ------
    ValueError
        No file has enough perturbations.
    """
    z, n = file_correlations(files)
    is_landmark = np.arange(len(genes)) < n_landmarks
    estimate, variance = pooled(z, n, is_landmark)
    level, slope = _calibration(z, n, is_landmark)
    centre, half = level + slope * estimate, Z90 * slope * np.sqrt(variance)
    columns = {"r": centre, "low": centre - half, "high": centre + half}
    table = pd.DataFrame({name: np.tanh(value) for name, value in columns.items()}, index=list(genes))
    return table.assign(n=n.sum(axis=0))


def reliability_bins(
    files: Sequence[HeldOut], n_landmarks: int, edges: Sequence[float] = EDGES
) -> pd.DataFrame:
    """Check the reliability: estimate it without a file, and see what that file realises.

    Estimate, shrinkage and calibration all come from the other files.

    Returns
    -------
    DataFrame, one row per (file, kind, bin)
        n_genes, estimated (mean r of the bin's genes), realised (mean r of these genes in the file).
    """
    z, n = file_correlations(files)
    is_landmark, rows = np.arange(z.shape[1]) < n_landmarks, []
    for k, file in enumerate(files):
        others = np.arange(len(files)) != k
        if not _can_check(n)[k] or not _can_check(n[others]).any():
            continue
        estimate, _ = pooled(z[others], n[others], is_landmark)
        level, slope = _calibration(z[others], n[others], is_landmark)
        r = np.tanh(level + slope * estimate)
        for kind, of_kind in (("landmark", is_landmark), ("other", ~is_landmark)):
            genes = of_kind & (n[k] > 0)
            bins = pd.cut(r[genes], list(edges))
            table = pd.DataFrame({"estimated": r[genes], "realised": np.tanh(z[k][genes])})
            means = table.groupby(bins, observed=True).agg(["size", "mean"])
            for interval, row in means.iterrows():
                rows.append(
                    {
                        "file": file.name,
                        "kind": kind,
                        "bin": f"{interval.left:g} to {interval.right:g}",
                        "n_genes": int(row["estimated", "size"]),
                        "estimated": row["estimated", "mean"],
                        "realised": row["realised", "mean"],
                    }
                )
    return pd.DataFrame(rows)


def file_correlations(files: Sequence[HeldOut]) -> tuple[np.ndarray, np.ndarray]:
    """Return Fisher's z of each gene in each file, and the number of its perturbations there.

    Returns
    -------
    z : array, files × genes
        0 where it is not used.
    n : int array, files × genes
        0 where there are fewer than 6 perturbations, or the truth does not vary.
    """
    z, n = [], []
    for file in files:
        measured = ~np.isnan(file.true)
        groups = pd.factorize(file.group)[0]
        present = [measured[groups == group].any(axis=0) for group in np.unique(groups)]
        present = np.array(present, bool).reshape(-1, measured.shape[1])
        r = pearson_where_measured(file.true.T, file.predicted.T)
        used = (present.sum(axis=0) >= FEWEST) & ~np.isnan(r)
        z.append(np.where(used, np.arctanh(np.clip(np.nan_to_num(r), -0.99, 0.99)), 0))
        n.append(np.where(used, present.sum(axis=0), 0))
    return np.array(z), np.array(n)


def pooled(z: np.ndarray, n: np.ndarray, is_landmark: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average z over files and shrink it towards the mean of its kind; return it and its variance.

    The sampling variance of z is 1 / (n − 3). To it comes how much a gene differs between files
    (`_between_files`). The spread between genes of a kind is what their means vary beyond both.
    """
    estimate, variance = np.zeros(z.shape[1]), np.zeros(z.shape[1])
    for kind in (is_landmark, ~is_landmark):
        of_kind, used = z[:, kind], n[:, kind] > 3
        if not used.any():
            continue
        sampling = 1 / np.maximum(n[:, kind] - 3, 1)
        weights = np.where(used, 1 / (sampling + _between_files(of_kind, sampling, used)), 0)
        weight = weights.sum(axis=0)
        known = weight > 0
        mean = (weights * of_kind).sum(axis=0) / np.where(known, weight, 1)
        centre = np.average(mean[known], weights=weight[known])
        excess = (mean[known] - centre) ** 2 - 1 / weight[known]
        spread = max(np.average(excess, weights=weight[known]), 1e-4)
        share = np.where(known, spread / (spread + 1 / np.where(known, weight, 1)), 0)
        estimate[kind] = centre + share * (mean - centre)
        variance[kind] = spread * (1 - share)
    return estimate, variance


def _between_files(z: np.ndarray, sampling: np.ndarray, used: np.ndarray) -> float:
    """Return the variance of a gene between files beyond sampling (DerSimonian and Laird, over all genes)."""
    weights = np.where(used, 1 / sampling, 0)
    total = np.maximum(weights.sum(axis=0), 1e-12)
    mean = (weights * z).sum(axis=0) / total
    heterogeneity = (weights * (z - mean) ** 2).sum() - np.maximum(used.sum(axis=0) - 1, 0).sum()
    scale = (total - (weights**2).sum(axis=0) / total)[used.sum(axis=0) > 1].sum()
    return max(heterogeneity / scale, 0.0) if scale > 0 else 0.0


def _can_check(n: np.ndarray) -> np.ndarray:
    """Say which files have enough perturbations to check the estimates of the others."""
    return n.max(axis=1, initial=0) >= CHECKED


def _calibration(z: np.ndarray, n: np.ndarray, is_landmark: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Regress what each file realises on the estimate from the others; return level and slope per gene."""
    if not _can_check(n).any():
        raise ValueError(
            f"no file has {CHECKED} different perturbations that changed something; the reliability of "
            "changes needs at least one such file."
        )
    level, slope = np.zeros(z.shape[1]), np.ones(z.shape[1])
    checked = np.flatnonzero(_can_check(n)) if len(z) > 1 else []
    estimates = {k: pooled(np.delete(z, k, 0), np.delete(n, k, 0), is_landmark)[0] for k in checked}
    for kind in (is_landmark, ~is_landmark):
        genes = {k: kind & (n[k] > 0) & (np.delete(n, k, 0).sum(axis=0) > 0) for k in checked}
        genes = {k: mask for k, mask in genes.items() if mask.any()}
        if not genes:
            continue
        x = np.concatenate([estimates[k][mask] for k, mask in genes.items()])
        y = np.concatenate([z[k][mask] for k, mask in genes.items()])
        # every file counts the same: what is asked for is what a further file realises
        share = np.concatenate([np.full(mask.sum(), 1 / mask.sum()) for mask in genes.values()])
        mean_x, mean_y = np.average(x, weights=share), np.average(y, weights=share)
        square = (share * (x - mean_x) ** 2).sum()
        if square > 0:
            slope[kind] = np.clip((share * (x - mean_x) * (y - mean_y)).sum() / square, 0, 1)
        level[kind] = mean_y - slope[kind] * mean_x
    return level, slope
