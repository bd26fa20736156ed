"""Every method on the real pairs, three times: the grid behind the benchmark of the translation."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.evaluate import pairs
from l1000_rnaseq.evaluate.fig3_similarity import better_genes, profile_pairs, profile_similarity
from l1000_rnaseq.evaluate.published import BETTER_GENES, mean_and_sd_over_seeds
from l1000_rnaseq.stats.correlation import pearson_matrix
from l1000_rnaseq.stats.metrics import sample_metrics
from l1000_rnaseq.stats.splits import source_folds
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.settings import BlendSettings, RidgeSettings
from l1000_rnaseq.translate.step2.blend import fit_blend
from l1000_rnaseq.translate.step2.linear import fit_linear
from l1000_rnaseq.translate.training.fit_steps import fit_step1, fit_step2
from l1000_rnaseq.translate.training.prepare import TrainingData, prepare
from l1000_rnaseq.translate.training.regression import step2_inputs, targets_of

DEFAULT, OLD_DEFAULT = "default: calibrated Monge map → blend", "old default: Monge map → kernel"
RATIO, RIDGE = "ratio → least squares", "ratio → ridge"
DGEX = "joint quantiles → D-GEX, modern"
ALL, LINES = "all RNA-seq", "cell lines"
CLOSED = {
    "untranslated": ("identity", ALL),
    "mean and variance, all RNA-seq": ("mean_variance", ALL),
    "mean and variance, cell lines": ("mean_variance", LINES),
    "quantile, cell lines": ("quantile", LINES),
    "CORAL, cell lines": ("coral", LINES),
}
"""Method → (step 1, RNA-seq that it aims at); step 2 is the default's."""
NETWORKS = {"as_published": "CycleGAN → network, as published", "as_coded": "CycleGAN → network, as coded"}
ALONE = "CycleGAN as coded, step 1 alone"
ORACLE = "oracle: true landmarks → step 2"
REFERENCES = {
    "strict": {"transductive": False},
    "transductive": {"transductive": True},
    "unshifted": {"calibrate": False},
}
"""Reference → options of `pairs.benchmark_bundles`."""
Load = Callable[[str], Bundle]


def closed_forms(
    folder: Path, load: Load, exclude_processing: str | None = None, seed: int = 0
) -> dict[str, Bundle]:
    """Make the methods without a CycleGAN: the default, baselines, closed forms of step 1, D-GEX.

    Parameters
    ----------
    folder : path
        A data folder.
    load : callable, name of a preset → Bundle
        Of "best", "monge", "ratio" and "dgex_modern", trained without the pairs.
    exclude_processing : str, optional
        See `prepare`.
    seed : int

    Returns
    -------
    dict, method → Bundle; the default first.
    """
    default, ratio = load("best"), load("ratio")
    aims = {ALL: "balanced", LINES: PRESETS["best"].composition}
    sides = {
        aim: prepare(folder, replace(PRESETS["best"], composition=composition), exclude_processing, seed)
        for aim, composition in aims.items()
    }
    with_penalty = replace(PRESETS["ratio"], step2=RidgeSettings(rank=None, by_source=False))
    ridge = fit_step2(sides[ALL], with_penalty, seed)[0].step
    forms = {DEFAULT: default, OLD_DEFAULT: load("monge"), RATIO: ratio, RIDGE: replace(ratio, step2=ridge)}
    for name, (step1, aim) in CLOSED.items():
        ceiling = (
            None if name == "untranslated" else default.ceiling
        )  # a bound on RNA-seq, not on intensities
        forms[name] = replace(default, step1=fit_step1(sides[aim], step1).step, ceiling=ceiling)
    return forms | {DGEX: load("dgex_modern")}


def score_methods(
    folder: Path, forms: dict[str, Bundle], networks: Iterable[tuple[str, int, Callable[[], Bundle]]]
) -> pd.DataFrame:
    """Score all methods on the pairs, with each of `REFERENCES`.

    Parameters
    ----------
    folder : path
    forms : dict, method → Bundle
    networks : iterable of (preset, seed, callable that loads its Bundle)
        A bundle is loaded when its turn comes, so that one at a time is in memory. The published code
        predicts landmarks anew in step 2, so the step 1 of `as_coded` is also scored alone.

    Returns
    -------
    DataFrame, one row per method, space, reference and seed; metrics of `pairs.score`.
        Untranslated intensities are scored on landmarks only, and the oracle beyond them only.
    """
    rows = [
        pairs.benchmark_bundles(folder, forms, **options).assign(reference=reference, seed=0)
        for reference, options in REFERENCES.items()
    ]
    for preset, seed, load in networks:
        rows += _score_network(folder, preset, seed, load())
    table = pd.concat(rows, ignore_index=True)
    table["method"] = table["method"].str.replace(r"true landmarks.*", ORACLE, regex=True)
    in_landmarks = table["space"] == "landmarks"
    return table[
        ((table["method"] != "untranslated") | in_landmarks) & ((table["method"] != ORACLE) | ~in_landmarks)
    ]


def _score_network(folder: Path, preset: str, seed: int, bundle: Bundle) -> list[pd.DataFrame]:
    name, rows = NETWORKS[preset], []
    for reference, options in REFERENCES.items():
        scored = pairs.benchmark_bundles(folder, {name: bundle}, **options).query("method == @name")
        rows.append(scored.assign(reference=reference, seed=seed))
        if preset == "as_coded" and "transductive" in options:
            test = pairs.PairTest.of(folder, bundle.normalization, options["transductive"])
            genes = test.genes_of("landmarks", bundle.landmarks)
            scores = pairs.score(test, pairs.predict_step1(bundle, test), genes)
            key = {"method": ALONE, "space": "landmarks", "reference": reference, "seed": seed}
            rows.append(pd.DataFrame([key | scores]))
    return rows


def by_space(scored: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Average the rows of `score_methods` over seeds and divide them by space.

    Returns
    -------
    tables : dict, space → DataFrame, methods × metrics of the strict reference
        Of the spaces that the pairs were measured in (GSE92743 has no newly inferred genes).
        And "pcc transductive", "rmse transductive", and pcc, centred_pcc, rmse, r2 "unshifted".
    spread : DataFrame, (method, space) × metrics: standard deviation over the seeds, strict
    """
    mean, spread = mean_and_sd_over_seeds(scored)
    strict, transductive, unshifted = (mean.xs(name, level="reference") for name in REFERENCES)
    both = strict.join(transductive[["pcc", "rmse"]].add_suffix(" transductive"))
    both = both.join(unshifted[["pcc", "centred_pcc", "rmse", "r2"]].add_suffix(" unshifted"))
    no_input = no_input_of(scored)
    order = [name for name in scored["method"].unique() if name not in (ALONE, ORACLE, no_input)]
    order = [no_input, "random pair", *(name for name in order if name != "random pair"), ALONE, ORACLE]
    tables = {}
    measured = both.index.unique("space")
    for space in (space for space in pairs.SPACES if space in measured):
        part = both.xs(space, level="space")
        tables[space] = part.loc[[name for name in order if name in part.index]]
    return tables, spread.xs("strict", level="reference")


def no_input_of(scored: pd.DataFrame) -> str:
    """Return the name of the method without input: the mean of other lines, or of other donors."""
    return next(name for name in scored["method"].unique() if name.endswith("(no input)"))


def compare_profiles(
    test: pairs.PairTest,
    predictions: dict[str, pd.DataFrame],
    landmarks: tuple[str, ...],
    compared: Iterable[tuple[str, str]],
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fig. 3 and S1–S12: similarities in each space, and the share of genes in which a model is better.

    Parameters
    ----------
    test : PairTest
    predictions : dict, name → DataFrame, lines × genes, log2(CPM+1)
        "network", "default" and "baseline" are drawn; all may be compared.
    landmarks : tuple of str
    compared : iterable of (model, against)
    seed : int

    Returns
    -------
    similarities : DataFrame
        As `fig3_similarity.profile_similarity`, with a column `space`.
    shares : DataFrame, (space, model, against, metric) × (share, low, high, published)
        published: the paper's network against its baseline, over the genome.
    """
    similarities, better = [], {}
    common = set.intersection(*(set(table.columns) for table in predictions.values()))
    for space in ("landmarks", "genome", "newly inferred"):
        genes = [gene for gene in test.genes_of(space, landmarks) if gene in common]
        if not genes:
            continue
        real = test.truth[genes].to_numpy(float)
        values = {name: table[genes].to_numpy(float) for name, table in predictions.items()}
        l1000 = test.l1000[genes].to_numpy(float) if space == "landmarks" else None
        drawn = {name: values[name] for name in ("network", "default", "baseline")}
        named = profile_pairs(l1000, real, drawn, seed)
        similarities.append(profile_similarity(named).assign(space=space))
        for model, against in compared:
            shares = better_genes(real, values[model], values[against], seed=seed)
            better |= {(space, model, against, metric): row for metric, row in shares.iterrows()}
    shares = pd.DataFrame(better).T.rename_axis(["space", "model", "against", "metric"])
    shares["published"] = [
        BETTER_GENES[metric] if (space, against) == ("genome", "baseline") else np.nan
        for space, _, against, metric in shares.index
    ]
    return pd.concat(similarities, ignore_index=True), shares


def step2_by_source(data: TrainingData, every: int = 1, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score step 2 alone, from true landmarks, on RNA-seq sources held out in turn.

    Parameters
    ----------
    data : TrainingData
    every : int
        Score every so many target genes.
    seed : int

    Returns
    -------
    similarities : DataFrame
        As `compare_profiles`; `space` is the source held out. Both sides are deviations from the mean of
        their source.
    shares : DataFrame, sources × (samples, RMSE, PCC, and the ends of their intervals)
        Share of genes in which the default's blend is better than least squares.
    """
    targets = targets_of(data, BlendSettings())
    x, y, info = step2_inputs(data, BlendSettings(), targets[::every])
    even = np.arange(len(x)) % 2 == 0
    folds = source_folds(info["source"], info["group"]) or {"every second sample": (even, ~even)}
    is_line, parts, rows = (info["kind"] == "cell line").to_numpy(), [], {}
    for source, (train, out) in folds.items():
        blend = fit_blend(x[train], y[train], is_line[train], BlendSettings()).transform(x[out])
        baseline = fit_linear(x[train], y[train], alpha=0.0).transform(x[out])
        named = profile_pairs(None, y[out], {"default": blend, "least squares": baseline}, seed)
        parts.append(profile_similarity(named).assign(space=source))
        shares = better_genes(y[out], blend, baseline, info["group"].to_numpy()[out], seed)
        rows[source] = {"samples": int(out.sum())}
        for metric, row in shares.iterrows():
            rows[source] |= {metric: row["share"]}
            rows[source] |= {f"{metric} low": row["low"], f"{metric} high": row["high"]}
    return pd.concat(parts, ignore_index=True), pd.DataFrame(rows).T.astype({"samples": int})


def retrieval_grid(
    test: pairs.PairTest, predicted: pd.DataFrame, landmarks: tuple[str, ...], space: str
) -> pd.DataFrame:
    """Correlate each translated line with each measured one, both centred: translated × measured lines."""
    genes = [gene for gene in test.genes_of(space, landmarks) if gene in predicted.columns]
    a, b = ((table[genes] - test.constant[genes]).to_numpy() for table in (predicted, test.truth))
    return pd.DataFrame(pearson_matrix(a, b), predicted.index, test.truth.index)


def landmark_correlations(
    predictions: dict[str, tuple[pairs.PairTest, pd.DataFrame]], landmarks: tuple[str, ...]
) -> dict[str, dict[str, np.ndarray]]:
    """Return raw and centred correlations of every line over the landmarks, for violins.

    Parameters
    ----------
    predictions : dict, method → (PairTest on its normalisation, lines × genes)

    Returns
    -------
    dict, "raw Pearson r" and "centred Pearson r" → dict, method → array, lines
    """
    panels = {"raw Pearson r": {}, "centred Pearson r": {}}
    for name, (test, values) in predictions.items():
        genes = test.genes_of("landmarks", landmarks)
        arrays = (profiles[genes].to_numpy() for profiles in (test.truth, values))
        scores = sample_metrics(*arrays, test.constant[genes].to_numpy())
        for panel, metric in zip(panels.values(), ("pcc", "centred_pcc"), strict=True):
            panel[name] = scores[metric].to_numpy()
    return panels


def genome_of(folder: Path, bundle: Bundle) -> tuple[pairs.PairTest, pd.DataFrame]:
    """Return the pairs on a bundle's normalisation, and what it makes of them on HPA's scale."""
    test = pairs.PairTest.of(folder, bundle.normalization)
    return test, pairs.on_hpa_scale(bundle, test, pairs.predict(bundle, test))
