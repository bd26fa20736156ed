"""What a data folder has: wells, samples, scales, weights, and how far apart the two technologies are."""

from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.cohorts import Cohort, load_l1000
from l1000_rnaseq.evaluate.fig4_pca import joint_pca
from l1000_rnaseq.stats.splits import balanced_weights
from l1000_rnaseq.translate.training.prepare import TrainingData

KINDS = {
    "trt_cp": "compound",
    "trt_sh": "knock-down",
    "trt_xpr": "knock-out",
    "trt_oe": "over-expression",
    "ctl_vehicle": "vehicle control",
    "ctl_vector": "vector control",
    "ctl_untrt": "untreated control",
}


def count_wells(folder: Path) -> pd.DataFrame:
    """Count the Level 3 wells of each cell line.

    Parameters
    ----------
    folder : path
        A data folder.

    Returns
    -------
    DataFrame, cell lines × (wells, plates, one column per kind of treatment); most wells first.

    Examples
    --------
    >>> count_wells("my_data")["wells"].sum()  # doctest: +SKIP
    1819
    """
    wells = pd.read_csv(Path(folder) / "l1000" / "inst_info.txt", sep="\t", dtype=str)
    kinds = wells["pert_type"].map(lambda kind: KINDS.get(kind, kind))
    table = pd.crosstab(wells["cell_id"], kinds).rename_axis("cell line").rename_axis(None, axis=1)
    table.insert(0, "plates", wells.groupby("cell_id")["rna_plate"].nunique())
    table.insert(0, "wells", wells["cell_id"].value_counts())
    return table.sort_values("wells", ascending=False)


def intensities(folder: Path, lines: list[str]) -> dict[str, np.ndarray]:
    """Return all log2 intensities of the Level 3 wells of some cell lines: line → values."""
    l1000 = load_l1000(folder)
    is_well = l1000.info["source"] == "L1000 Level 3"
    rows = {line: (is_well & (l1000.info["line"] == line)).to_numpy() for line in lines}
    return {line: l1000.profiles[row].to_numpy().ravel() for line, row in rows.items()}


def count_samples(cohort: Cohort, left_out: str) -> pd.DataFrame:
    """Count the RNA-seq samples of each source.

    Parameters
    ----------
    cohort : Cohort
    left_out : str
        Sources with this in their name are not trained on.

    Returns
    -------
    DataFrame, sources × (samples, series, genes measured, trained on)
    """
    source = cohort.info["source"]
    table = cohort.info.groupby("source").agg(samples=("series", "size"), series=("series", "nunique"))
    table["genes measured"] = cohort.profiles.notna().groupby(source).any().sum(axis=1)
    table["trained on"] = [left_out not in name for name in table.index]
    return table


def values_by_source(
    values: np.ndarray, source: np.ndarray, n_samples: int = 30, seed: int = 0
) -> dict[str, np.ndarray]:
    """Return the values of up to `n_samples` random samples of each source, sources in alphabetical order."""
    draw, source = np.random.default_rng(seed), np.asarray(source)
    chosen = {}
    for name in np.unique(source):
        rows = np.flatnonzero(source == name)
        chosen[name] = draw.permutation(rows)[:n_samples]
    return {name: np.asarray(values)[rows].ravel() for name, rows in chosen.items()}


def spread_of_means(values: dict[str, np.ndarray]) -> float:
    """Return by how much the means of several sets of values differ: the largest minus the smallest."""
    return float(np.ptp([np.nanmean(v) for v in values.values()]))


def line_shares(folder: Path) -> pd.DataFrame:
    """Return the share that each cell line has in training, when wells or when lines count equally.

    Returns
    -------
    DataFrame, cell lines × (every well equal, every line equal), each column adding up to 1.
    """
    info = load_l1000(folder).info
    shares = {
        "every well equal": np.full(len(info), 1 / len(info)),
        "every line equal": balanced_weights(info["line"], info["series"]),
    }
    return pd.DataFrame(shares).groupby(info["line"].to_numpy()).sum()


def source_weights(data: TrainingData) -> pd.DataFrame:
    """Return what each RNA-seq source contributes to step 1.

    Returns
    -------
    DataFrame, source and kind × (samples, share of samples, weight in step 1)
    """
    kinds = data.rnaseq_info["source"] + ", " + data.rnaseq_info["kind"].replace("", "mixed")
    table = kinds.value_counts().rename("samples").rename_axis("source").to_frame()
    table["share of samples"] = table["samples"] / len(kinds)
    table["weight in step 1"] = pd.Series(data.rnaseq_weights, kinds.to_numpy()).groupby(level=0).sum()
    return table


def technologies_pca(data: TrainingData, n_samples: int = 250, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Project the landmarks of both technologies into their joint principal components.

    Parameters
    ----------
    data : TrainingData
    n_samples : int
        Drawn from each technology: wells by their weight, RNA-seq samples at random. All RNA-seq cell lines
        are added.
    seed : int

    Returns
    -------
    dict, "as measured" and "mean of each technology removed" → DataFrame, samples × (PC1, PC2, group)
    """
    draw = np.random.default_rng(seed)
    size = min(n_samples, np.count_nonzero(data.l1000_weights))
    wells = draw.choice(len(data.l1000), size, p=data.l1000_weights, replace=False)
    rows = draw.choice(len(data.rnaseq), min(n_samples, len(data.rnaseq)), replace=False)
    is_line = (data.rnaseq_info["kind"] == "cell line").to_numpy()
    rows = np.union1d(rows, np.flatnonzero(is_line))
    sides = {
        "L1000": data.l1000.to_numpy()[wells],
        "RNA-seq": data.rnaseq[list(data.landmarks)].to_numpy()[rows],
    }
    kinds = np.where(is_line[rows], "RNA-seq, cell line", "RNA-seq, tissue or tumour")
    group = np.r_[np.full(len(wells), "L1000, cell line", object), kinds]
    centred = {name: side - side.mean(axis=0) for name, side in sides.items()}
    panels = {}
    for name, blocks in {"as measured": sides, "mean of each technology removed": centred}.items():
        scores = np.concatenate(list(joint_pca(blocks).values())).round(2)
        panels[name] = pd.DataFrame({"PC1": scores[:, 0], "PC2": scores[:, 1], "group": group})
    return panels


def gap_on_first_component(points: pd.DataFrame) -> float:
    """Return how far apart the technologies are on PC1, in standard deviations of all points."""
    is_l1000 = points["group"].str.startswith("L1000")
    means = points["PC1"].groupby(is_l1000).mean()
    return float(abs(means[True] - means[False]) / points["PC1"].std())
