"""Models of changes on contrasts that they have not seen: whole files, cell lines and compounds held out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from l1000_rnaseq.data.contrasts import Contrasts, stack
from l1000_rnaseq.stats.correlation import pearson_matrix, pearson_where_measured
from l1000_rnaseq.stats.splits import group_folds
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.change.fit import DEFAULTS, fit_change
from l1000_rnaseq.translate.settings import ChangeSettings

NO_INPUT, NEAREST = "mean training contrast (no input)", "nearest training contrast"
ROUNDING = 1e-9
FEWEST = 5  # contrasts that a gene needs for a correlation over them
BUNDLE, LEVEL, CHANGE = "level model of the bundle", "level map", "model of changes"


@dataclass(frozen=True)
class Split:
    """Contrasts to learn from, and one file's contrasts to predict."""

    held_out: str
    train: list[Contrasts]
    test: Contrasts


@dataclass(frozen=True)
class Predicted:
    """What each model makes of a split: model → test contrasts × genes, log2; NaN where it lacks a gene."""

    split: Split
    values: dict[str, np.ndarray]


@dataclass(frozen=True)
class Models:
    """What is compared: landmarks and genes in order, the level map, and the bundle's own level model."""

    landmarks: tuple[str, ...]
    genes: tuple[str, ...]
    level_map: np.ndarray
    bundle_change: Callable[[np.ndarray], np.ndarray]
    settings: ChangeSettings = DEFAULTS

    def predictions(self, split: Split) -> dict[str, np.ndarray]:
        """Predict the test contrasts by every model: name → contrasts × genes."""
        x, seen = (np.nan_to_num(stack(part, self.landmarks)) for part in ([split.test], split.train))
        learned = stack(split.train, self.genes)
        mean = np.where(np.isnan(learned), 0, learned).sum(axis=0) / np.maximum(
            (~np.isnan(learned)).sum(0), 1
        )
        nearest = np.nan_to_num(pearson_matrix(x, seen)).argmax(axis=1)
        step = fit_change(self.landmarks, self.genes, self.level_map, split.train, self.settings)
        return {
            NO_INPUT: np.repeat(mean[None], len(x), axis=0),
            NEAREST: np.nan_to_num(learned[nearest]),
            BUNDLE: self.bundle_change(x),
            LEVEL: x @ self.level_map,
            CHANGE: step.transform(x),
        }


def level_model_change(bundle: Bundle, genes: Sequence[str]) -> Callable[[np.ndarray], np.ndarray]:
    """Return the bundle's step 2 as a model of changes: differenced around its mean landmark profile.

    The function takes and returns log2 changes, contrasts × landmarks → contrasts × `genes`; NaN is where the
    bundle lacks a gene.
    """
    mean = np.asarray(bundle.step1.transform(bundle.l1000_mean[None]), np.float32)
    before = bundle.step2.transform(mean)

    def change(x: np.ndarray) -> np.ndarray:
        after = bundle.step2.transform(mean + np.asarray(x, np.float32))
        return pd.DataFrame(after - before, columns=list(bundle.targets)).reindex(columns=genes).to_numpy()

    return change


def file_splits(contrasts: Sequence[Contrasts]) -> Iterator[Split]:
    """Hold out each file in turn."""
    for file in contrasts:
        yield Split(file.name, [other for other in contrasts if other is not file], file)


def line_and_compound_splits(
    contrasts: Sequence[Contrasts], n_folds: int = 5, seed: int = 0
) -> Iterator[Split]:
    """Hold out each cell line, and fifths of the compounds, of the files that have both columns."""
    for file in contrasts:
        if not {"cell", "compound"} <= set(file.meta):
            continue
        others = [other for other in contrasts if other is not file]
        lines = file.meta["cell"].to_numpy()
        folds = group_folds(file.meta["compound"], n_folds, seed)
        for key, values in (("line", lines), ("compounds", folds)):
            for value in pd.unique(values):
                out = values == value
                yield Split(f"{file.name}: {key}", [*others, _rows(file, ~out)], _rows(file, out))


def predict(models: Models, splits: Iterable[Split]) -> Iterator[Predicted]:
    """Predict every split by every model."""
    for split in splits:
        yield Predicted(split, models.predictions(split))


def score(models: Models, predicted: Iterable[Predicted]) -> pd.DataFrame:
    """Compare the models.

    Returns
    -------
    DataFrame, one row per (held_out, model)
        n (clear contrasts), r (mean over contrasts of the correlation over the measured genes beyond the
        landmarks), centred (the same once the mean of the test contrasts is taken off truth and prediction),
        by_gene (median over genes of the correlation over contrasts). What does not vary has r 0. Folds are
        averaged by their number of contrasts.
    """
    rows = []
    for part in predicted:
        clear = part.split.test.is_clear
        measured = part.split.test.of_genes(models.genes)[clear]
        for model, values in part.values.items():
            true = np.where(np.isnan(values[clear]), np.nan, measured)
            made = np.where(np.isnan(true), np.nan, values[clear])
            often = (~np.isnan(true)).sum(axis=0) >= FEWEST
            by_gene = np.nan_to_num(pearson_where_measured(true.T[often], made.T[often]))
            numbers = {
                "r": np.nan_to_num(pearson_where_measured(true, made)).mean(),
                "centred": np.nan_to_num(pearson_where_measured(_centred(true), _centred(made))).mean(),
                "by_gene": np.median(by_gene) if often.any() else np.nan,
            }
            rows.append({"held_out": part.split.held_out, "model": model, "n": len(true), **numbers})
    table = pd.DataFrame(rows)
    weighted = table[["r", "centred", "by_gene"]].mul(table["n"], axis=0).assign(n=table["n"])
    sums = weighted.groupby([table["held_out"], table["model"]], sort=False).sum()
    return sums[["n"]].join(sums[["r", "centred", "by_gene"]].div(sums["n"], axis=0)).reset_index()


def _rows(file: Contrasts, rows: np.ndarray) -> Contrasts:
    return replace(file, changes=file.changes[rows], meta=file.meta[rows])


def _centred(table: np.ndarray) -> np.ndarray:
    """Take off the mean of each column over what is there; what rounding leaves of a constant is 0."""
    measured, values = ~np.isnan(table), table.astype(np.float64)
    centred = values - np.where(measured, values, 0).sum(axis=0) / np.maximum(measured.sum(axis=0), 1)
    return np.where(np.abs(centred) < ROUNDING, 0, centred)
