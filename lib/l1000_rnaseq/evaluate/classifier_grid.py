"""Classifiers of Liu et al. on several splits: the grid behind their Results and Fig. 4."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from l1000_rnaseq.classify import scores
from l1000_rnaseq.classify.classifier import SOFTMAX, ClassifierSettings, fit_classifier
from l1000_rnaseq.classify.holdout import Holdout, by_group, by_well
from l1000_rnaseq.classify.labelled_profiles import Labelled
from l1000_rnaseq.classify.query_baseline import classify_by_query
from l1000_rnaseq.evaluate.results import table_of
from l1000_rnaseq.stats.metrics import grouped_interval

NETWORK, QUERY = "network, a fifth as wide", "query of consensus signatures"
SLOW, FAST = "softmax regression, as published", "softmax regression, faster rate"
BIG = "network as published, 1 of 5"
METRICS = ("rank-1", "rank-5", "average precision", "AUROC")
BESIDE = {NETWORK: "DNN, by well", SLOW: "softmax, by well", FAST: "softmax, by well"}
"""Our method → the row of `scores.PUBLISHED_SCORES` that it is read beside."""
fit = partial(fit_classifier, device="cpu", progress=False)


def classifier_methods(fast: bool = False) -> dict[str, ClassifierSettings]:
    """Return the settings that are compared, by name; `fast` is a demonstration."""
    quick = {"epochs": 5, "members": 1} if fast else {}
    middle = ClassifierSettings(hidden=(1000, 400, 100, 200, 400), learning_rate=3e-4, epochs=40)
    return {
        SLOW: replace(SOFTMAX, **quick),
        FAST: replace(SOFTMAX, learning_rate=1e-3, **quick),
        NETWORK: replace(middle, **quick),
    }


def published_network(fast: bool = False) -> ClassifierSettings:
    """Return the paper's network with one member of five and 20 of 100 epochs."""
    if fast:
        return ClassifierSettings(members=1, epochs=3, hidden=(50, 20, 5, 10, 20))
    return ClassifierSettings(members=1, epochs=20)


Split = tuple[Labelled, Callable[[int], Holdout]]


def classifier_splits(mechanisms: Labelled, perturbagens: Labelled) -> dict[tuple[str, str], Split]:
    """Return the splits that are compared: (what is named, what is held out) → (profiles, seed → Holdout)."""

    def of(profiles: Labelled, column: str | None, test: float) -> Split:
        if column is None:
            return profiles, lambda seed: by_well(profiles.labels, test=test, seed=seed)
        return profiles, lambda seed: by_group(profiles.labels, profiles.info[column], seed=seed)

    return {
        ("mechanism", "signatures"): of(mechanisms, None, 0.1),
        ("mechanism", "cell lines"): of(mechanisms, "cell", 0.2),
        ("mechanism", "compounds"): of(mechanisms, "pert_id", 0.2),
        ("perturbagen", "wells"): of(perturbagens, None, 0.2),
        ("perturbagen", "plates"): of(perturbagens, "plate", 0.2),
        ("perturbagen", "batches"): of(perturbagens, "batch", 0.2),
    }


@dataclass(frozen=True)
class ClassifierGrid:
    """Scores of every method on every split.

    Attributes
    ----------
    table : DataFrame, (named, held out, method) × (rank-1, low, high, rank-5, average precision, AUROC, …)
        Means over the seeds. The interval of rank-1 is over compounds. classes: tested; compounds: tested.
    samples : DataFrame, test samples of all splits × (named, held out, seed, compound, true, a column per
        method: the class that it puts first)
    """

    table: pd.DataFrame
    samples: pd.DataFrame

    def beside_published(self) -> pd.DataFrame:
        """Return our scores by signature beside the paper's: method × ((metric, published or ours))."""
        ours = self.table.xs(("mechanism", "signatures"), level=("named", "held out"))
        ours = ours.loc[list(BESIDE), list(METRICS)]
        paper = scores.PUBLISHED_SCORES.loc[list(BESIDE.values())].set_axis(ours.index)
        columns = {}
        for metric in METRICS:
            columns[f"{metric}, published"] = paper[metric]
            columns[f"{metric}, ours"] = ours[metric]
        return pd.DataFrame(columns)

    def who_is_right(self, first: str = NETWORK, second: str = QUERY) -> pd.DataFrame:
        """Count test samples by which of two methods puts the true class first (Fig. 4B)."""
        right = (self.samples[[first, second]].eq(self.samples["true"], axis=0)).astype(int) @ [1, 2]
        who = right.map({0: "neither", 1: f"{first} alone", 2: f"{second} alone", 3: "both"})
        counts = pd.crosstab([self.samples["named"], self.samples["held out"]], who.to_numpy())
        return counts.rename_axis(None, axis=1)

    def taken_for(self, held_out: str = "compounds", method: str = NETWORK, n: int = 12) -> pd.DataFrame:
        """Return what the n largest mechanisms are taken for: shares, true × named (see `confusion`)."""
        part = self.samples[(self.samples["named"] == "mechanism") & (self.samples["held out"] == held_out)]
        largest = part["true"].value_counts().index[:n]
        return scores.confusion(part["true"], part[method], list(largest))


def classifier_grid(
    splits: dict[tuple[str, str], Split],
    methods: dict[str, ClassifierSettings],
    seeds: Sequence[int],
    once: dict[tuple[str, str], dict[str, ClassifierSettings]] | None = None,
    seed: int = 0,
) -> ClassifierGrid:
    """Train every classifier on every split, and the query of consensus signatures beside them.

    Parameters
    ----------
    splits : dict
        As `classifier_splits` returns it.
    methods : dict, name → settings
    seeds : sequence of int
        Of the splits and the networks.
    once : dict, split → methods, optional
        Further methods, for the first seed only.
    seed : int
        Of the intervals.
    """
    rows, parts = [], []
    for key, (profiles, split) in splits.items():
        for number in seeds:
            holdout = split(number)
            train, test = profiles.keep(holdout.train | holdout.valid), profiles.keep(holdout.test)
            more = (once or {}).get(key, {}) if number == seeds[0] else {}
            guesses = {
                name: fit(train.profiles, train.labels, settings, number).predict(test.profiles)
                for name, settings in (methods | more).items()
            }
            guesses[QUERY] = classify_by_query(
                train.profiles, train.labels, train.info["cell"], test.profiles
            )
            about = {"named": key[0], "held out": key[1], "seed": number}
            for name, guess in guesses.items():
                rows.append(about | {"method": name} | scores.classification_scores(test.labels, guess))
            named = {name: guess.idxmax(axis=1).to_numpy() for name, guess in guesses.items()}
            part = pd.DataFrame(named, test.labels.index).assign(**about, true=test.labels)
            parts.append(part.assign(compound=test.info["pert_id"].to_numpy()))
    samples = pd.concat(parts)
    return ClassifierGrid(_means(pd.DataFrame(rows), samples, seed), samples)


def _means(rows: pd.DataFrame, samples: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Average the scores over the seeds; add the interval of rank-1 over compounds."""
    keys = ["named", "held out", "method"]
    mean = rows.groupby(keys, sort=False)[[*METRICS, "classes", "samples"]].mean()
    table = {}
    for key, row in mean.iterrows():
        part = samples[(samples["named"] == key[0]) & (samples["held out"] == key[1])]
        part = part[part[key[2]].notna()]
        low, high = grouped_interval((part[key[2]] == part["true"]).to_numpy(), part["compound"], seed=seed)
        ends = {"rank-1": row["rank-1"], "low": low, "high": high}
        sizes = {"classes": round(row["classes"]), "compounds": part["compound"].nunique()}
        table[key] = ends | {name: row[name] for name in METRICS[1:]} | sizes
    return table_of(table, keys)


def accuracy_by_class(
    profiles: Labelled, settings: ClassifierSettings, seeds: Sequence[int], test: float = 0.2
) -> pd.DataFrame:
    """Score every class over random splits (Fig. 2): class × (training samples, samples, rank-1, rank-5)."""
    parts = []
    for seed in seeds:
        holdout = by_well(profiles.labels, test=test, seed=seed)
        train, held = profiles.keep(holdout.train | holdout.valid), profiles.keep(holdout.test)
        guess = fit(train.profiles, train.labels, settings, seed).predict(held.profiles)
        accuracy = scores.class_accuracy(held.labels, guess)
        parts.append(accuracy.assign(**{"training samples": train.labels.value_counts()}))
    return pd.concat(parts).groupby(level=0).mean()


def by_training_size(by_class: pd.DataFrame, n: int = 4) -> pd.DataFrame:
    """Average classes in n groups of equal number by their training samples."""
    size = by_class["training samples"]
    groups = by_class.groupby(pd.qcut(size, min(n, len(size)), duplicates="drop"), observed=True)
    table = groups[["rank-1", "rank-5"]].mean()
    table.insert(0, "classes", groups.size())
    labels = [f"{np.ceil(group.left):.0f} to {group.right:.0f}" for group in table.index]
    return table.set_axis(pd.Index(labels, name="training samples"))
