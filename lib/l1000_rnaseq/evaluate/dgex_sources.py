"""D-GEX and its rivals on RNA-seq sources held out whole: Tables 1 and 2 of Chen et al. 2016."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.data.cohorts import NON_COMMERCIAL
from l1000_rnaseq.evaluate import dgex_tables
from l1000_rnaseq.evaluate.results import table_of
from l1000_rnaseq.stats.splits import source_folds, split_groups
from l1000_rnaseq.translate.dgex.multitask import fit_dgex
from l1000_rnaseq.translate.dgex.standardize import distinct_samples, standardize_sources
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.settings import DGEX_MODERN, DGEXSettings, RidgeSettings
from l1000_rnaseq.translate.training.prepare import prepare
from l1000_rnaseq.translate.training.regression import step2_inputs, targets_of
from l1000_rnaseq.translate.training.torch_loop import Trained

PAPER, MODERN = "D-GEX, paper's training", "D-GEX, modern training"
STRICT, WITHIN = "by training samples", "within each source"


@dataclass(frozen=True)
class SourceData:
    """Landmarks and targets of RNA-seq samples, and which source is held out in turn.

    Attributes
    ----------
    x, y : float32 array, samples × landmarks, samples × targets
        log2(CPM+1), quantile normalised.
    samples : DataFrame, samples × (source, group, …)
    landmarks, targets : list of str
    folds : dict, source → (training samples, held-out samples), bool arrays; the smallest source first
    seed : int
        Of the validation samples.
    """

    x: np.ndarray
    y: np.ndarray
    samples: pd.DataFrame
    landmarks: list[str]
    targets: list[str]
    folds: dict[str, tuple[np.ndarray, np.ndarray]]
    seed: int

    @property
    def asked(self) -> str:
        """The source that single figures are of: GTEx, as in the paper, or the largest."""
        return next((name for name in self.folds if name.startswith("GTEx")), list(self.folds)[-1])

    def sizes(self) -> pd.DataFrame:
        """Count samples: source × (held out, to learn from)."""
        rows = {
            name: {"held out": int(out.sum()), "to learn from": int(train.sum())}
            for name, (train, out) in self.folds.items()
        }
        return table_of(rows, ["source"])

    def parts(self, source: str, within: bool = True) -> "Parts":
        """Standardise genes and divide the samples for one source held out.

        Parameters
        ----------
        source : str
        within : bool
            By the mean and standard deviation of each sample's own source; else by those of the training
            samples.
        """
        train, out = self.folds[source]
        valid = np.zeros(len(self.x), bool)
        valid[train] = split_groups(self.samples["group"][train], 0.1, self.seed)
        learn = train & ~valid
        x, y = (
            standardize_sources(table, self.samples["source"], learn, within) for table in (self.x, self.y)
        )
        return Parts(x, y, learn, valid, out)


@dataclass(frozen=True)
class Parts:
    """Standardised samples: x and y, and which are to learn from, for validation, and held out."""

    x: np.ndarray
    y: np.ndarray
    learn: np.ndarray
    valid: np.ndarray
    out: np.ndarray

    def fit(self, settings: DGEXSettings, seed: int, watch: np.ndarray | None = None) -> Trained:
        """Train D-GEX; `watch` are the samples whose error is followed (by default those for validation)."""
        watch = self.valid if watch is None else watch
        used = self.learn | watch
        return fit_dgex(self.x[used], self.y[used], watch[used], settings, seed, progress=False)

    def errors(self, model) -> np.ndarray:
        """Return the mean absolute error of each target on the samples held out, standard deviations."""
        return dgex_tables.gene_mae(self.y[self.out], model.transform(self.x[self.out]))

    @property
    def as_tuples(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return (x, y) of the three parts."""
        return [(self.x[rows], self.y[rows]) for rows in (self.learn, self.valid, self.out)]


def source_data(folder: Path, every: int = 16, seed: int = 0) -> SourceData:
    """Prepare the RNA-seq of a data folder as Chen et al. do, with every so many of the genes as targets.

    Samples nearer than 1 to an earlier one are duplicates and are left out. Where the folder has one source,
    every second sample is held out.
    """
    data, settings = prepare(folder, PRESETS["best"], NON_COMMERCIAL, seed), RidgeSettings(by_source=False)
    targets = targets_of(data, settings)[::every]
    x, y, samples = step2_inputs(data, settings, targets)
    kept = distinct_samples(np.hstack([x, y]))
    x, y, samples = x[kept], y[kept], samples[kept]
    even = np.arange(len(x)) % 2 == 0
    folds = source_folds(samples["source"], samples["group"]) or {"every second sample": (even, ~even)}
    folds = dict(sorted(folds.items(), key=lambda item: item[1][1].sum()))
    return SourceData(x, y, samples, list(data.landmarks), list(targets), folds, seed)


def dgex_networks(fast: bool = False) -> dict[str, DGEXSettings]:
    """Return the two networks of one layer that are compared; `fast` is a demonstration."""
    units, epochs = (64, 20) if fast else (1000, 120)
    return {
        PAPER: DGEXSettings(layers=1, units=units, epochs=epochs),
        MODERN: replace(DGEX_MODERN, units=units, epochs=min(epochs, 60)),
    }


@dataclass(frozen=True)
class SourceComparison:
    """Every method on every source held out.

    Attributes
    ----------
    table : DataFrame, (held out, standardised, method) × (mean error, sd over genes, median error, better
        than LR, better than LR-L2, seconds)
        Errors in standard deviations of a gene; shares of genes.
    by_gene : dict, (held out, standardised) → DataFrame, targets × methods
    networks : dict, (held out, method) → network, of the standardisation within each source
    """

    table: pd.DataFrame
    by_gene: dict[tuple[str, str], pd.DataFrame]
    networks: dict[tuple[str, str], object]

    def means(self) -> pd.DataFrame:
        """Average the errors over the sources: method × standardised."""
        return self.table.reset_index().pivot_table(
            "mean error", "method", "standardised", sort=False, observed=True
        )

    def beside_published(self, source: str) -> pd.DataFrame:
        """Return errors (mean and sd over genes) of one source beside Tables 1 and 2 of the paper."""
        ours = self.table.xs((source, WITHIN), level=("held out", "standardised"))
        ours = ours.rename({PAPER: "D-GEX"})[["mean error", "sd over genes"]]
        ours = ours.add_suffix(f", {source} here")
        paper = dgex_tables.PUBLISHED_MAE.add_suffix(", published")
        return paper.join(ours, how="outer").loc[lambda t: t.index.isin(paper.index)].loc[paper.index]


def compare_sources(data: SourceData, networks: dict[str, DGEXSettings]) -> SourceComparison:
    """Compare all methods on every source held out, standardised in both ways.

    The lasso and the paper's training, the slowest, are left out where genes are standardised by the training
    samples.
    """
    rows, by_gene, nets = {}, {}, {}
    for source in data.folds:
        for kind in (STRICT, WITHIN):
            parts, within = data.parts(source, kind == WITHIN), kind == WITHIN
            compared = dgex_tables.compare_methods(
                *parts.as_tuples, None, lasso=within, seed=data.seed, progress=False
            )
            errors, seconds = compared.by_gene.copy(), {}
            for name, settings in networks.items():
                if name == PAPER and not within:
                    continue
                begun = time.perf_counter()
                fitted = parts.fit(settings, data.seed)
                seconds[name] = time.perf_counter() - begun
                errors[name] = parts.errors(fitted)
                if within:
                    nets[source, name] = fitted.step.net
            by_gene[source, kind] = errors
            rows |= {(source, kind, name): _row(errors, name, seconds) for name in errors}
    return SourceComparison(table_of(rows, ["held out", "standardised", "method"]), by_gene, nets)


def _row(errors: pd.DataFrame, name: str, seconds: dict[str, float]) -> dict[str, float]:
    error = errors[name]
    return {
        "mean error": error.mean(),
        "sd over genes": error.std(ddof=0),
        "median error": error.median(),
        "better than LR": dgex_tables.share_better(error, errors["LR"]),
        "better than LR-L2": dgex_tables.share_better(error, errors["LR-L2"]),
        "seconds": seconds.get(name, np.nan),
    }
