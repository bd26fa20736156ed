"""Which genes are expressed, and TMM library factors: edgeR's filterByExpr and calcNormFactors, in NumPy."""

import numpy as np
from scipy.stats import rankdata

_TOLERANCE = 1e-14  # edgeR's, on the number of samples and the total count
_BLOCK_GENES = 1024


def filter_by_expression(
    counts: np.ndarray,
    group: np.ndarray | None = None,
    design: np.ndarray | None = None,
    library_sizes: np.ndarray | None = None,
    min_count: float = 10,
    min_total_count: float = 15,
    large_n: float = 10,
    min_prop: float = 0.7,
) -> np.ndarray:
    """Mark the expressed genes as edgeR's filterByExpr does (Chen, Lun and Smyth 2016; edgeR 3.40).

    A gene is kept if its CPM reaches min_count / median library size (in millions) in as many samples as the
    smallest group has, and its counts sum to `min_total_count`. The paper names this cutoff ("10 million,
    divided by the median library size") and this total, but not the number of samples: see
    `published_filter` for its words taken literally.

    Parameters
    ----------
    counts : array, samples × genes
        Linear counts.
    group : array, samples, optional
        Labels; the smallest group counts. It goes before `design`.
    design : array, samples × coefficients, optional
        Without groups: 1 / the largest leverage counts. Without both: all samples are one group.
    library_sizes : array, samples, optional
        Total counts otherwise.
    min_count, min_total_count, large_n, min_prop : float
        Of a smallest group above `large_n` only the share `min_prop` of the excess is asked for.

    Returns
    -------
    array of bool, genes

    Raises
    ------
    ValueError
        Counts that are negative or missing, a sample without counts, or labels of another length.
    """
    counts, size = _checked(counts, library_sizes)
    if group is not None:
        _same_length(len(group), counts, "group has", "labels")
        smallest = np.unique(np.asarray(group).astype(str), return_counts=True)[1].min()
    elif design is not None:
        _same_length(len(design), counts, "design has", "rows")
        smallest = 1 / _leverage(np.asarray(design, np.float64)).max()
    else:
        smallest = len(counts)
    if smallest > large_n:
        smallest = large_n + (smallest - large_n) * min_prop
    enough = _reaching(counts, size, min_count) >= smallest - _TOLERANCE
    return enough & (counts.sum(axis=0, dtype=np.float64) >= min_total_count - _TOLERANCE)


def published_filter(
    counts: np.ndarray, min_count: float = 10, min_total_count: float = 15, min_samples: int = 1
) -> np.ndarray:
    """Mark the expressed genes by the paper's words alone (Jeon 2022, Case study).

    CPM of at least 10 million / median library size, and a total count of at least 15. The paper does not
    say in how many samples the CPM must reach the cutoff; taken literally, one is enough.

    Parameters
    ----------
    counts : array, samples × genes
        Linear counts of one tissue.
    min_count, min_total_count : float
    min_samples : int
        Samples that must reach the CPM cutoff.

    Returns
    -------
    array of bool, genes; never less than `filter_by_expression` keeps, if `min_samples` is 1.
    """
    counts, size = _checked(counts, None)
    enough = _reaching(counts, size, min_count) >= min_samples
    return enough & (counts.sum(axis=0, dtype=np.float64) >= min_total_count - _TOLERANCE)


def tmm_factors(
    counts: np.ndarray,
    library_sizes: np.ndarray | None = None,
    reference: int | None = None,
    ratio_trim: float = 0.3,
    sum_trim: float = 0.05,
) -> np.ndarray:
    """Return edgeR's trimmed mean of M values factors (calcNormFactors; Robinson and Oshlack 2010).

    Parameters
    ----------
    counts : array, samples × genes
        Linear counts.
    library_sizes : array, samples, optional
        Total counts otherwise.
    reference : int, optional
        Sample the others are compared with; otherwise the one whose upper quartile is nearest the mean.
    ratio_trim, sum_trim : float
        Shares trimmed from both ends of the log ratios and of the mean log expression.

    Returns
    -------
    array, samples
        Their product is 1; total count × factor is the effective library size.

    Raises
    ------
    ValueError
        Counts that are negative or missing, or a sample without counts.
    """
    counts, size = _checked(counts, library_sizes)
    counts = counts[:, counts.any(axis=0)].astype(np.float64)
    if reference is None:
        quartile = np.quantile(counts, 0.75, axis=1) / size
        if np.median(quartile) < 1e-20:
            reference = int(np.sqrt(counts).sum(axis=1).argmax())
        else:
            reference = int(np.abs(quartile - quartile.mean()).argmin())
    trims = (ratio_trim, sum_trim)
    logs = [
        _log2_factor(row, counts[reference], n, size[reference], *trims)
        for row, n in zip(counts, size, strict=True)
    ]
    return np.exp2(np.array(logs) - np.mean(logs))


def _log2_factor(row, reference, n: float, n_reference: float, ratio_trim: float, sum_trim: float) -> float:
    is_counted = (row > 0) & (reference > 0)
    share, share_reference = row[is_counted] / n, reference[is_counted] / n_reference
    ratio = np.log2(share / share_reference)
    if not len(ratio) or np.abs(ratio).max() < 1e-6:
        return 0.0
    level = (np.log2(share) + np.log2(share_reference)) / 2
    variance = (1 - share) / row[is_counted] + (1 - share_reference) / reference[is_counted]
    keep = np.ones(len(ratio), bool)
    for values, trim in ((ratio, ratio_trim), (level, sum_trim)):
        low, value_ranks = np.floor(len(ratio) * trim) + 1, rankdata(values)
        keep &= (value_ranks >= low) & (value_ranks <= len(ratio) + 1 - low)
    return float((ratio[keep] / variance[keep]).sum() / (1 / variance[keep]).sum()) if keep.any() else 0.0


def _reaching(counts: np.ndarray, size: np.ndarray, min_count: float) -> np.ndarray:
    """Count the samples in which each gene reaches the CPM cutoff; a block of genes in float64 at a time."""
    million, cutoff = size[:, None] / 1e6, min_count / np.median(size) * 1e6
    parts = [
        (counts[:, start : start + _BLOCK_GENES].astype(np.float64) / million >= cutoff).sum(axis=0)
        for start in range(0, counts.shape[1], _BLOCK_GENES)
    ]
    return np.concatenate(parts)


def _leverage(design: np.ndarray) -> np.ndarray:
    """Leverage of each sample; an intercept is added, as R's hat() does."""
    x = np.column_stack([np.ones(len(design)), design])
    u, singular, _ = np.linalg.svd(x, full_matrices=False)
    return (u[:, singular > 1e-10 * singular[0]] ** 2).sum(axis=1)


def _checked(counts, library_sizes) -> tuple[np.ndarray, np.ndarray]:
    counts = np.asarray(counts)
    if not (counts.size and counts.min() >= 0 and counts.max() < np.inf):
        raise ValueError("counts have negative, missing or infinite values; expected linear read counts.")
    size = (
        counts.sum(axis=1, dtype=np.float64)
        if library_sizes is None
        else np.asarray(library_sizes, np.float64)
    )
    _same_length(len(size), counts, "library_sizes has", "values")
    if not (size > 0).all():
        rows = np.flatnonzero(~(size > 0))[:5].tolist()
        raise ValueError(f"samples without any count (first rows: {rows}); remove them before filtering.")
    return counts, size


def _same_length(n: int, counts: np.ndarray, name: str, unit: str) -> None:
    if n != len(counts):
        raise ValueError(f"{name} {n} {unit}, but counts has {len(counts)} samples; expected one each.")
