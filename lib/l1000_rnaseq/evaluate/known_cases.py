"""Answers of the search that are known: classes of drugs and their genes, genes in their own knock-downs."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.metadata import read_metadata
from l1000_rnaseq.evaluate.results import table_of
from l1000_rnaseq.search.consensus import class_rank
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.translate.training.prepare import TrainingData

GENETIC = ("shRNA", "CRISPR", "siRNA")


@dataclass(frozen=True)
class KnownClass:
    """A class of compounds and genes that it is known to move.

    Attributes
    ----------
    mechanisms : str
        Regular expression that a mechanism of the class contains, in lower case.
    genes : tuple of str
    """

    mechanisms: str
    genes: tuple[str, ...]


KNOWN = {
    "glucocorticoids": KnownClass("glucocorticoid receptor agonist", ("TSC22D3", "FKBP5", "PER1", "DDIT4")),
    "proteasome and HSP90 inhibitors": KnownClass(
        "hsp inhibitor|proteasome inhibitor", ("HMOX1", "HSPA1A", "DNAJB1")
    ),
    "HDAC inhibitors": KnownClass("hdac inhibitor", ("CDKN1A",)),
    "DNA damage": KnownClass("topoisomerase inhibitor|dna synthesis inhibitor", ("CDKN1A",)),
}


def mechanisms_of(index: Index, folder: Path) -> pd.Series:
    """Return the mechanism of every signature, in order: that of the index, else `moa` of sig_info.txt.

    Parameters
    ----------
    index : Index
    folder : path
        The data folder; without l1000/sig_info.txt, or without `moa` in it, the index alone is asked.
    """
    own = index.signatures["mechanism"].astype(str).reset_index(drop=True)
    path = Path(folder) / "l1000" / "sig_info.txt"
    moa = read_metadata(path).get("moa") if path.is_file() else None
    if moa is None:
        return own
    by_signature = moa.reindex(index.signatures["sig_id"].astype(str)).fillna("").reset_index(drop=True)
    return own.where(own != "", by_signature)


def known_cases(
    index: Index, mechanism: pd.Series, known: dict[str, KnownClass] | None = None, seed: int = 0
) -> pd.DataFrame:
    """Ask where known genes rank in the signatures of their classes.

    Parameters
    ----------
    index : Index
    mechanism : Series of str, signatures in order
        See `mechanisms_of`.
    known : dict, class → KnownClass, optional
        By default `KNOWN`.
    seed : int

    Returns
    -------
    DataFrame, (class, gene, source) × (signatures, groups, relative_rank, log2fc, best rank, p)
        See `class_rank`. Genes and classes that the index lacks have no row.
    """
    source, rows = index.signatures["source"].astype(str).to_numpy(), {}
    for kind, case in (KNOWN if known is None else known).items():
        of_class = mechanism.str.lower().str.contains(case.mechanisms).to_numpy()
        for gene in case.genes:
            for origin in pd.unique(source):
                members = of_class & (source == origin)
                if members.any() and gene in index.genes.index:
                    rows[kind, gene, origin] = class_rank(index, gene, members, seed=seed)
    return table_of(rows, ["class", "gene", "source"])


def own_knock_downs(index: Index, seed: int = 0) -> pd.DataFrame:
    """Ask where a gene ranks in the signatures of its own knock-downs and knock-outs (wells only).

    Returns
    -------
    DataFrame, target × (status, signatures, groups, relative_rank, log2fc, best rank, p), see `class_rank`
    """
    genetic, rows = _genetic(index), {}
    names = index.signatures["pert_iname"].astype(str).to_numpy()
    for gene in pd.unique(names[genetic]):
        if gene in index.genes.index:
            status = {"status": str(index.genes.loc[gene, "status"])}
            rows[gene] = status | class_rank(index, gene, genetic & (names == gene), seed=seed)
    return table_of(rows, ["target"])


def from_other_landmarks(data: TrainingData, penalty: float = 0.3) -> np.ndarray:
    """Return ridge coefficients of each landmark on all others, within sources of RNA-seq.

    Parameters
    ----------
    data : TrainingData
    penalty : float
        Added to the diagonal, as a share of each landmark's sum of squares.

    Returns
    -------
    array, landmarks × landmarks
        Column k predicts landmark k; its own coefficient is 0.
    """
    x = data.rnaseq[list(data.landmarks)]
    x = (x - x.groupby(data.rnaseq_info["source"].to_numpy()).transform("mean")).to_numpy(float)
    inner = x.T @ x
    precision = np.linalg.inv(inner + penalty * np.diag(np.diag(inner)))
    coefficients = -precision / np.diag(precision)
    np.fill_diagonal(coefficients, 0)
    return coefficients


def measured_and_inferred(index: Index, data: TrainingData) -> pd.DataFrame:
    """Compare the change of a knocked-down landmark as measured with what other landmarks would say.

    Returns
    -------
    DataFrame, signature × (target, measured, from the other landmarks), log2
    """
    marks, table = list(data.landmarks), index.signatures
    names = table["pert_iname"].astype(str).to_numpy()
    rows = np.flatnonzero(_genetic(index) & np.isin(names, marks))
    changes = index.values(marks, "log2fc", rows)
    inferred, columns = changes @ from_other_landmarks(data), [marks.index(name) for name in names[rows]]
    values = {
        "target": names[rows],
        "measured": changes[np.arange(len(rows)), columns],
        "from the other landmarks": inferred[np.arange(len(rows)), columns],
    }
    return pd.DataFrame(values, pd.Index(table["sig_id"].to_numpy()[rows], name="signature"))


def _genetic(index: Index) -> np.ndarray:
    table = index.signatures
    return (table["type"].isin(GENETIC) & (table["source"].astype(str) == "wells")).to_numpy()


def share_of_genes(moved: dict[str, np.ndarray], points: int = 200) -> dict[str, pd.Series]:
    """Return the share of genes that are extreme in at least a share of the signatures: status → curve.

    Examples
    --------
    >>> share_of_genes({"landmark": np.array([0.0, 0.5, 1.0])}, 3)["landmark"].round(2).tolist()
    [1.0, 0.67, 0.33]
    """
    largest = max(float(np.max(values)) for values in moved.values())
    shares = np.linspace(0, largest, points)
    return {
        name: pd.Series([(values >= share).mean() for share in shares], shares.round(4))
        for name, values in moved.items()
    }
