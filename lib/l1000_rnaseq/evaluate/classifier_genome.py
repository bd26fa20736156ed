"""Mechanisms from landmarks or from the translated genome; a mechanism as a query; hairpins to CRISPR."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import ttest_ind

from l1000_rnaseq.classify import labelled_profiles, scores
from l1000_rnaseq.classify.classifier import ClassifierSettings
from l1000_rnaseq.classify.labelled_profiles import Labelled
from l1000_rnaseq.classify.modz import consensus_signatures
from l1000_rnaseq.classify.query_baseline import classify_by_query
from l1000_rnaseq.data.genes import landmarks
from l1000_rnaseq.evaluate.classifier_grid import METRICS, QUERY, Split, fit
from l1000_rnaseq.evaluate.results import table_of
from l1000_rnaseq.search.build_from_folder import well_spread
from l1000_rnaseq.stats.connectivity import Reference, query_sets, tau
from l1000_rnaseq.stats.metrics import auroc, grouped_interval
from l1000_rnaseq.translate.bundle import Bundle

MEASURED, OWN_LANDMARKS, GENOME = "landmarks, z as measured", "RNA-seq-like landmarks", "RNA-seq-like genome"


def translated_mechanisms(mechanisms: Labelled, folder: Path, bundle: Bundle) -> dict[str, pd.DataFrame]:
    """Return Level 5 signatures in three spaces: name → DataFrame, signatures × genes."""
    l1000, marks = Path(folder) / "l1000", list(bundle.landmarks)
    spread = well_spread(l1000 / "level3.gctx", l1000 / "inst_info.txt").reindex(marks).to_numpy()
    change = (mechanisms.profiles[marks].to_numpy() * spread).astype(np.float32)
    genome = pd.DataFrame(bundle.change_of(change), mechanisms.labels.index, list(bundle.genes))
    return {MEASURED: mechanisms.profiles[marks], OWN_LANDMARKS: genome[marks], GENOME: genome}


def compare_spaces(
    spaces: dict[str, pd.DataFrame],
    splits: dict[str, Split],
    settings: ClassifierSettings,
    marks: list[str],
    seeds: Sequence[int],
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train the same classifier, and ask the same query, in each space.

    Parameters
    ----------
    spaces : dict, name → DataFrame, signatures × genes
        With `MEASURED` and `GENOME` among them.
    splits : dict, name → (profiles, seed → Holdout)
    settings : ClassifierSettings
        Genes are divided by their standard deviation among the training samples.
    marks : list of str
        Genes over which the query weighs replicates.
    seeds, seed
        Of the splits; of the intervals.

    Returns
    -------
    table : DataFrame, (held out, method, space) × (rank-1, low, high, rank-5, average precision, AUROC)
    gain : DataFrame, (held out, method) × (genome − measured landmarks, low, high, compounds)
        Difference of rank-1 on the same samples; intervals are over compounds.
    """
    rows, parts = [], []
    for number, held_out in product(seeds, splits):
        profiles, split = splits[held_out]
        holdout = split(number)
        train, test = holdout.train | holdout.valid, holdout.test
        labels, lines = profiles.labels[train], profiles.info["cell"][train]
        for space, table in spaces.items():
            scaled = table / table[train].std(axis=0).replace(0, 1)
            guesses = {
                "softmax regression": fit(scaled[train], labels, settings, number).predict(scaled[test])
            }
            guesses["query"] = classify_by_query(table[train], labels, lines, table[test], 50, marks)
            for method, guess in guesses.items():
                about = {"held out": held_out, "method": method, "space": space}
                rows.append(about | scores.classification_scores(profiles.labels[test], guess))
                right = guess.idxmax(axis=1).to_numpy() == profiles.labels[test].to_numpy()
                part = {"signature": table.index[test], "right": right, "seed": number}
                compound = profiles.info["pert_id"][test].to_numpy()
                parts.append(pd.DataFrame(part).assign(compound=compound, **about))
    right, keys = pd.concat(parts, ignore_index=True), ["held out", "method", "space"]
    means = pd.DataFrame(rows).groupby(keys, sort=False)[list(METRICS)].mean()
    ends = {
        key: grouped_interval(part["right"].to_numpy(), part["compound"].to_numpy(), seed=seed)
        for key, part in right.groupby(keys)
    }
    means.insert(1, "low", [ends[key][0] for key in means.index])
    means.insert(2, "high", [ends[key][1] for key in means.index])
    return means, _gain(right, seed)


def _gain(right: pd.DataFrame, seed: int) -> pd.DataFrame:
    rows = {}
    for key, part in right.groupby(["held out", "method"], sort=False):
        wide = part.pivot_table("right", ["signature", "seed", "compound"], "space", "sum")
        difference = (wide[GENOME] - wide[MEASURED]).astype(float)
        compounds = wide.index.get_level_values("compound")
        low, high = grouped_interval(difference.to_numpy(), compounds, seed=seed)
        gain = difference.groupby(level="seed").mean().mean()  # splits weigh the same, as in the table
        rows[key] = {"genome − measured landmarks": gain, "low": low, "high": high}
        rows[key] |= {"compounds": compounds.nunique()}
    return table_of(rows, ["held out", "method"])


def query_of_half_a_class(mechanisms: Labelled, n: int = 50) -> tuple[pd.DataFrame, dict]:
    """Ask with the consensus of half of the largest class's compounds; see who answers.

    Returns
    -------
    table : DataFrame, class × (signatures, mean connectivity, mean tau), highest tau first
        tau: how unusual the connection is among queries of the other classes (CLUE), −100 to 100.
    summary : dict
        class, AUC (of its other compounds against all other classes), signatures, compounds, others.
    """
    labels, compounds = mechanisms.labels, mechanisms.info["pert_id"]
    name = labels.value_counts().index[0]
    of_class = sorted(compounds[labels == name].unique())
    asked = (compounds.isin(of_class[::2]) & (labels == name)).to_numpy()
    one = pd.Series("query", labels.index[asked])
    sets = query_sets(consensus_signatures(mechanisms.profiles[asked], one)[0], n)[0]
    rest = mechanisms.keep(~asked)
    reference = Reference.of(rest.profiles.to_numpy(), rest.profiles.columns)
    score = reference.connectivity(*sets)
    other = (labels != name).to_numpy()
    averages, _ = consensus_signatures(mechanisms.profiles[other], labels[other])
    background = np.array([reference.connectivity(*pair) for pair in query_sets(averages, n)])
    hits = pd.DataFrame({"mean connectivity": score, "mean tau": tau(score, background)})
    by_class = hits.groupby(rest.labels.to_numpy())
    table = by_class.mean()
    table.insert(0, "signatures", by_class.size())
    inside = (rest.labels == name).to_numpy()
    summary = {"class": name, "AUC": auroc(inside, score), "signatures": int(inside.sum())}
    summary |= {"compounds": len(of_class[1::2]), "others": int((~inside).sum())}
    return table.rename_axis("mechanism").sort_values("mean tau", ascending=False), summary


def landmark_targets(by_target: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Compare compounds' targets that are landmarks with others (Fig. 2B).

    Returns
    -------
    table : DataFrame, (landmark, other) × (classes, rank-1, rank-5 and their standard errors)
    p : float
        Unpaired t-test of rank-1.
    """
    is_mark = by_target.index.isin(landmarks().index)
    kind = pd.Series(np.where(is_mark, "landmark", "other"), by_target.index)
    strata = scores.accuracy_by_stratum(by_target[["samples", "rank-1", "rank-5"]], kind)
    return strata.rename_axis("target"), float(
        ttest_ind(by_target["rank-1"][is_mark], by_target["rank-1"][~is_mark]).pvalue
    )


def hairpins_to_crispr(folder: Path, methods: dict[str, ClassifierSettings], seed: int = 0) -> pd.DataFrame:
    """Train on shRNA signatures of GSE106127 and name CRISPR ones (Fig. 3): method × scores.

    Empty where the data folder's GSE106127 is absent or lacks one of the two.
    """
    if not {"trt_sh", "trt_xpr"} <= set(labelled_profiles.gse106127_types(folder)):
        return pd.DataFrame(columns=list(METRICS)).rename_axis("method")
    hairpins = labelled_profiles.gse106127_signatures(folder, "trt_sh", least=2)
    crispr = labelled_profiles.gse106127_signatures(folder, "trt_xpr")
    crispr = labelled_profiles.transferred(hairpins, crispr)
    learned = hairpins.profiles, hairpins.labels
    guesses = {
        name: fit(*learned, settings, seed).predict(crispr.profiles) for name, settings in methods.items()
    }
    guesses[QUERY] = classify_by_query(*learned, hairpins.info["cell"], crispr.profiles)
    rows = {name: scores.classification_scores(crispr.labels, guess) for name, guess in guesses.items()}
    return table_of(rows, ["method"])
