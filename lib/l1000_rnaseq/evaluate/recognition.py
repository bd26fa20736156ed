"""Perturbagens found again: on another plate, with filters of another set, in another cell line."""

from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.metadata import read_metadata
from l1000_rnaseq.data.genes import gene_status
from l1000_rnaseq.evaluate.gamma_grid import gamma_grid
from l1000_rnaseq.evaluate.replicate_auc import Replicates, replicate_auc, replicated_lines
from l1000_rnaseq.evaluate.results import table_of
from l1000_rnaseq.search.build_from_folder import well_spread
from l1000_rnaseq.search.sources import ExtendedSource
from l1000_rnaseq.signatures.reliability import cross_fitted, replicate_filter, replicate_reliability
from l1000_rnaseq.translate.bundle import Bundle

PLAIN, WEIGHTED, FILTERED = "as it is", "weighted", "filtered"
FORMS = ("L1000", "translated landmarks", "newly inferred genes")
NO_GAMMAS = pd.DataFrame(
    columns=["AUC", "AUC among near wells"],
    index=pd.MultiIndex.from_arrays([[], []], names=["controls", "γ"]),
)
"""What `gamma_by_controls` would return of plates that are all too small."""


def replicate_sets(folder: Path, landmarks: list[str], n: int = 3) -> dict[str, Replicates]:
    """Read the cell lines and times with most wells on replicate plates: "MCF7 24 h" → Replicates."""
    l1000 = Path(folder) / "l1000"
    file = open_profiles(l1000 / "level3.gctx")
    info = read_metadata(l1000 / "inst_info.txt")
    info = info.loc[[well for well in file.sample_ids if well in info.index]]
    return {
        f"{cell} {time} h": Replicates.of(file, info, landmarks, cell, time)
        for cell, time in replicated_lines(info, n)
    }


def _forms(changes: np.ndarray, bundle: Bundle) -> dict[str, np.ndarray]:
    genome = bundle.change_of(changes)
    new = (gene_status(bundle.genes) == "newly inferred").to_numpy()
    return dict(zip(FORMS, (changes, genome[:, : len(bundle.landmarks)], genome[:, new]), strict=True))


def _variants(changes: np.ndarray, labels: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Return changes, weighted and filtered; what is learned is learned on other compounds, in five folds."""
    return {
        PLAIN: changes,
        WEIGHTED: cross_fitted(changes, labels, seed=seed),
        FILTERED: cross_fitted(changes, labels, replicate_filter, seed=seed),
    }


def on_another_plate(sets: dict[str, Replicates], bundle: Bundle, seed: int = 0) -> pd.DataFrame:
    """Score how much more alike wells of one compound and dose are than wells of two, over plates.

    Parameters
    ----------
    sets : dict
        As `replicate_sets` returns it.
    bundle : Bundle
        Translates the changes.
    seed : int
        Of the folds of compounds.

    Returns
    -------
    DataFrame, (changes, form) × sets
        AUC: .5 is chance. Forms: L1000, translated landmarks, newly inferred genes; "L1000, one position"
        compares wells of one position only; "vehicles by position" asks the same of control wells, whose
        labels are their positions. There a value above .5 is an effect of the position.
    """
    columns = {}
    for name, wells in sets.items():
        changes, drug = wells.changes[wells.treated], wells.drug[wells.treated]
        vehicles, column = wells.changes[~wells.treated], {}
        for variant, values in _variants(changes, drug, seed).items():
            for form, made in _forms(values, bundle).items():
                column[variant, form] = wells.auc(made)
            column[variant, "L1000, one position"] = wells.auc(values, same_well=True)
        column[PLAIN, "vehicles by position"] = wells.auc(vehicles, treated=False)
        filtered = vehicles @ replicate_filter(changes, drug)
        column[FILTERED, "vehicles by position"] = wells.auc(filtered, treated=False)
        columns[name] = pd.Series(column)
    order = [PLAIN, WEIGHTED, FILTERED]
    table = pd.DataFrame(columns).rename_axis(["changes", "form"])
    return table.loc[[key for variant in order for key in table.index if key[0] == variant]]


def learned_elsewhere(sets: dict[str, Replicates]) -> pd.DataFrame:
    """Score weights and filters that were learned on another set: (wells of, learned on) × AUC."""
    rows = {}
    for name, wells in sets.items():
        changes = wells.changes[wells.treated]
        for other, taught in sets.items():
            if other == name:
                continue
            lesson = taught.changes[taught.treated], taught.drug[taught.treated]
            rows[name, other] = {
                PLAIN: wells.auc(changes),
                WEIGHTED: wells.auc(changes * replicate_reliability(*lesson)),
                FILTERED: wells.auc(changes @ replicate_filter(*lesson)),
            }
    return table_of(rows, ["wells of", "learned on"])


def in_another_line(folder: Path, bundle: Bundle, limit: int = 1500, seed: int = 0) -> pd.DataFrame:
    """Score how much more alike Level 5 signatures of one compound in two lines are than those of two.

    Parameters
    ----------
    folder : path
    bundle : Bundle
    limit : int
        Signatures drawn at most, of compounds that were measured in several lines.
    seed : int

    Returns
    -------
    DataFrame, (changes, form) × (AUC, pairs of one compound)
    """
    l1000 = Path(folder) / "l1000"
    spread = well_spread(l1000 / "level3.gctx", l1000 / "inst_info.txt")
    source = ExtendedSource.of(l1000 / "level5.gctx", l1000 / "sig_info.txt", bundle, spread)
    compounds, lines = (source.table[name].astype(str).to_numpy() for name in ("pert_id", "cell_id"))
    n_lines = pd.Series(lines).groupby(compounds).transform("nunique").to_numpy()
    kept = np.sort(np.random.default_rng(seed).permutation(np.flatnonzero(n_lines > 1))[:limit])
    z = source.z.read(0, len(lines))[np.ix_(kept, source.rows)].astype(float)
    drug, line, rows = compounds[kept], lines[kept], {}
    for variant, values in _variants(z, drug, seed).items():
        # L1000 is compared as measured; its translation starts from changes in log2
        made = {FORMS[0]: values, **dict(list(_forms(values * source.scale, bundle).items())[1:])}
        for form, changes in made.items():
            found = replicate_auc(changes, line, drug)
            rows[variant, form] = {"AUC": found["auc"], "pairs of one compound": found["same"]}
    return table_of(rows, ["changes", "form"])


def gamma_by_controls(folder: Path, gammas=(1.0, 0.5, 0.3, 0.1, 0.03), n: int = 3) -> pd.DataFrame:
    """Score the characteristic direction's γ with every kind of controls (see `gamma_grid`).

    Returns
    -------
    DataFrame, (controls, γ) × (AUC, AUC among near wells), means over the sets of `replicate_sets`
    """
    l1000 = Path(folder) / "l1000"
    file = open_profiles(l1000 / "level3.gctx")
    info = read_metadata(l1000 / "inst_info.txt")
    info = info.loc[[well for well in file.sample_ids if well in info.index]]
    sets = {}
    for cell, hours in replicated_lines(info, n):
        chosen = info[(info["cell_id"] == cell) & (info["pert_time"] == hours)]
        sets[f"{cell} {hours} h"] = (file.frame(list(chosen.index)), chosen)
    scored = gamma_grid(sets, gammas=gammas, progress=False)
    names = {"auc": "AUC", "auc_near": "AUC among near wells"}
    means = scored.groupby(["controls", "gamma"], sort=False)[list(names)].mean()
    return means.rename(columns=names).rename_axis(["controls", "γ"])


def as_points(table: pd.DataFrame) -> pd.DataFrame:
    """Arrange `on_another_plate` for `plots.metric_bars`: form × (changes, AUC), one row per point."""
    forms = table.index.get_level_values("form").isin(FORMS)
    long = table[forms].reset_index().melt(["changes", "form"], value_name="AUC")
    return long.set_index("form")[["changes", "AUC"]]


def gamma_curves(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Return a curve over γ for each kind of controls, among near wells."""
    near = table["AUC among near wells"]
    return {str(kind): near.loc[kind] for kind in near.index.unique("controls")}
