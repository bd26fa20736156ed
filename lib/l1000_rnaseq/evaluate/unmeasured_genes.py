"""Genes that L1000 does not measure: a class of compounds, as translated, against RNA-seq."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.dex_studies import DexStudy
from l1000_rnaseq.data.genes import gene_status
from l1000_rnaseq.evaluate.class_against_rnaseq import ClassMean, class_mean
from l1000_rnaseq.evaluate.class_signatures import ClassSignatures
from l1000_rnaseq.evaluate.results import table_of
from l1000_rnaseq.signatures.voom import voom_signature
from l1000_rnaseq.stats.correlation import pearson_where_measured
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.change.change_map import ChangeMap
from l1000_rnaseq.translate.change.fit import fit_change
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.training.level_map import level_map
from l1000_rnaseq.translate.training.prepare import prepare

SPACES = ("beyond the landmarks", "newly inferred")
FEWEST = 3  # genes of a correlation


def study_tables(studies: dict[str, DexStudy]) -> dict[str, pd.DataFrame]:
    """Compare treated and control samples of each study by limma-voom, donors as blocks where it has them.

    Returns
    -------
    dict, study → DataFrame, genes × (log2fc, t, p, fdr, …)
    """
    return {
        name: voom_signature(study.counts, study.treated, study.donor if (study.donor != "").any() else None)
        for name, study in studies.items()
    }


def count_changed(tables: dict[str, pd.DataFrame], descriptions: dict[str, str]) -> pd.DataFrame:
    """Count the genes of each study that change: study → (samples, genes tested, changed at FDR 5 %)."""
    rows = {
        name: {
            "samples": descriptions[name],
            "genes tested": len(table),
            "changed at FDR 5 %": int((table["fdr"] < 0.05).sum()),
        }
        for name, table in tables.items()
    }
    return table_of(rows, ["study"])


def without_contrasts(
    folder: Path, bundle: Bundle, pattern: str, seed: int = 0
) -> tuple[pd.Index, ChangeMap, pd.DataFrame]:
    """Fit the bundle's model of changes again, without the contrasts whose name matches a pattern.

    Parameters
    ----------
    folder : path
        The data folder that the bundle was trained on.
    bundle : Bundle
    pattern : str
        Regular expression, for example "DHT|Megestrol".
    seed : int

    Returns
    -------
    genes : Index
        Landmarks first.
    change_map : ChangeMap
    counts : DataFrame, file × (contrasts, left out)
    """
    paired = bool(bundle.card["paired_lines"])
    data = prepare(folder, PRESETS["best"], bundle.card["excluded_processing"], seed, learn_pairs=paired)
    matched = {file.name: file.changes.index.str.contains(pattern) for file in data.contrasts}
    kept = [
        replace(file, changes=file.changes[~matched[file.name]], meta=file.meta[~matched[file.name]])
        for file in data.contrasts
        if not matched[file.name].all()
    ]
    genes, slopes = level_map(data)
    step = fit_change(list(bundle.landmarks), genes, slopes, kept)
    counts = {name: {"contrasts": len(hit), "left out": int(hit.sum())} for name, hit in matched.items()}
    change_map = ChangeMap(bundle.change.scale, step.left, step.right)
    return pd.Index([*bundle.landmarks, *genes]), change_map, table_of(counts, ["file"])


def compare_unmeasured(
    signatures: ClassSignatures,
    models: dict[str, tuple[pd.Index, ChangeMap]],
    tables: dict[str, pd.DataFrame],
    n: int = 1000,
    seed: int = 0,
) -> tuple[pd.DataFrame, dict[str, ClassMean]]:
    """Correlate the mean predicted change of a class with measured RNA-seq, gene by gene.

    Parameters
    ----------
    signatures : ClassSignatures
    models : dict, name → (genes, landmarks first, and ChangeMap)
    tables : dict, study → DataFrame as `study_tables` returns it
    n, seed : int
        Resamples of compounds, and random classes.

    Returns
    -------
    table : DataFrame, (model, study, genes compared) × (r, low, high, random classes, p, ceiling, genes)
        r: Pearson over genes, with its interval over compounds. random classes: what 95 % of random classes
        of the same cell lines stay below. ceiling: r when the model is given the study's own landmark
        changes. genes: number compared; fewer than three have no row.
    means : dict, model → ClassMean
    """
    rows, means = {}, {}
    for model, (genes, change_map) in models.items():
        status = pd.Series(gene_status(genes).to_numpy(), genes)
        spaces = dict(zip(SPACES, (status != "landmark", status == "newly inferred"), strict=True))
        changes = change_map.transform(signatures.changes)
        mean = class_mean(
            changes, genes, signatures.in_class, signatures.lines, signatures.compounds, n, seed
        )
        means[model] = mean
        for study, table in tables.items():
            measured = table["log2fc"].reindex(genes)
            ideal = _from_true_landmarks(measured, change_map)
            for space, is_in in spaces.items():
                kept = genes[is_in & measured.notna()]
                if len(kept) < FEWEST:
                    continue
                got = mean.against(measured, kept)
                pair = (side[kept].to_numpy()[None] for side in (measured, ideal))
                rows[model, study, space] = {
                    **{name: got[name] for name in ("r", "low", "high")},
                    "random classes": got["random 95 %"],
                    "p": got["p"],
                    "ceiling": float(pearson_where_measured(*pair)[0]),
                    "genes": got["genes"],
                }
    return table_of(rows, ["model", "study", "genes compared"]), means


def ranks_of_known(
    means: dict[str, ClassMean], tables: dict[str, pd.DataFrame], genes: list[str], landmarks: list[str]
) -> pd.DataFrame:
    """Return the rank of single genes in the mean of a class, 1 rises most, beside their measured change.

    A landmark is ranked among landmarks, another gene among the other genes.

    Returns
    -------
    DataFrame, genes × (status, "rank, MODEL" …, "log2 change, STUDY" …); genes that no model has are left out
    """
    columns = {}
    for model, mean in means.items():
        values = pd.Series(mean.mean, mean.genes)
        is_mark = values.index.isin(landmarks)
        columns[f"rank, {model}"] = pd.concat([values[m].rank(ascending=False) for m in (is_mark, ~is_mark)])
    columns |= {f"log2 change, {study}": table["log2fc"] for study, table in tables.items()}
    kept = [gene for gene in genes if any(gene in mean.genes for mean in means.values())]
    status = pd.Series(gene_status(pd.Index(kept)).to_numpy(), kept)
    return pd.DataFrame({"status": status} | {name: c.reindex(kept) for name, c in columns.items()})


def _from_true_landmarks(measured: pd.Series, change_map: ChangeMap) -> pd.Series:
    """Predict a study's genome from its own landmark changes; one that is not measured counts as 0."""
    landmarks = measured.iloc[: len(change_map.left)].fillna(0).to_numpy()
    return pd.Series(
        np.concatenate([landmarks, landmarks @ change_map.left @ change_map.right]), measured.index
    )
