"""The benchmark on cell lines measured by both technologies: real pairs, never seen in training.

The RNA-seq of the pairs is on HPA's own scale. It is ranked onto the training reference like any other
profile. Centred correlations subtract the mean of the HPA cell lines that are *not* under test.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.evaluate.paired_samples import PairTest, gtex_pair_test
from l1000_rnaseq.stats.correlation import pearson
from l1000_rnaseq.stats.metrics import bootstrap_interval, gene_metrics, r2_against, retrieval, sample_metrics
from l1000_rnaseq.translate.bundle import Bundle

SPACES = ("landmarks", "genome", "CMap-inferred", "newly inferred")


def score(test: PairTest, predicted: pd.DataFrame, genes: list[str], seed: int = 0) -> dict[str, float]:
    """Return every metric of one prediction over the given genes, with 95 % intervals over the lines.

    Parameters
    ----------
    test : PairTest
    predicted : DataFrame, lines × genes, log2(CPM+1)
    genes : list of str
    seed : int
        Of the bootstrap.
    """
    a, b = test.truth[genes].to_numpy(), predicted[genes].to_numpy()
    centre = test.constant[genes].to_numpy()
    samples, by_gene = sample_metrics(a, b, centre), gene_metrics(a, b)
    matches = retrieval(a, b, centre)
    low, high = bootstrap_interval(mean_by_group(test, samples["centred_pcc"].to_numpy()), seed=seed)
    return {
        "n_lines": len(a),
        "n_genes": len(genes),
        "pcc": samples["pcc"].mean(),
        "scc": samples["scc"].mean(),
        "centred_pcc": samples["centred_pcc"].mean(),
        "centred_low": low,
        "centred_high": high,
        "gene_pcc": by_gene["pcc"].mean(),
        "gene_scc": by_gene["scc"].mean(),
        "mse": samples["mse"].mean(),
        "rmse": samples["rmse"].mean(),
        "mae": samples["mae"].mean(),
        "r2": r2_against(a, b, centre),
        "sd_ratio": by_gene["sd_ratio"].median(),
        "top1": float((matches["rank"] < 1.5).mean()),
        "percentile": matches["percentile"].mean(),
    }


def mean_by_group(test: PairTest, values: np.ndarray) -> np.ndarray:
    """Average the values of samples over their groups: what an interval is drawn from."""
    return values if test.group is None else pd.Series(values).groupby(test.group).mean().to_numpy()


def score_spaces(
    test: PairTest, predicted: pd.DataFrame, landmarks: tuple[str, ...], seed: int = 0
) -> pd.Series:
    """Return centred and gene-wise correlation and RMSE by space, as one row of a table: (space, metric)."""
    names, row = ("centred_pcc", "gene_pcc", "rmse"), {}
    for space in ("landmarks", "genome", "newly inferred"):
        genes = [gene for gene in test.genes_of(space, landmarks) if gene in predicted.columns]
        if genes:
            scores = score(test, predicted, genes, seed)
            row |= {(space, name): scores[name] for name in names}
    return pd.Series(row)


def join_steps(test: PairTest, first: np.ndarray, step2, landmarks: list[str], targets: list[str]):
    """Join translated landmarks (lines × landmarks) with what a step 2 makes of them: lines × genes, ≥ 0."""
    values = np.maximum(np.hstack([first, step2.transform(first)]), 0)
    return pd.DataFrame(values, test.truth.index, [*landmarks, *targets])


def predict(bundle: Bundle, test: PairTest) -> pd.DataFrame:
    """Translate the L1000 side of the pairs: lines × genes, log2(CPM+1)."""
    x = test.l1000[list(bundle.landmarks)].to_numpy(np.float32)
    return pd.DataFrame(bundle.genome_of(x)[0], index=test.l1000.index, columns=list(bundle.genes))


def predict_step1(bundle: Bundle, test: PairTest) -> pd.DataFrame:
    """Translate with step 1 alone: lines × landmarks, log2(CPM+1)."""
    x = test.l1000[list(bundle.landmarks)].to_numpy(np.float32)
    return pd.DataFrame(bundle.landmarks_of(x), index=test.l1000.index, columns=list(bundle.landmarks))


def predict_from_true_landmarks(bundle: Bundle, test: PairTest) -> pd.DataFrame:
    """Give step 2 the true landmarks: the error that remains when step 1 is perfect."""
    scale = np.log2(bundle.normalization.log_base)
    landmarks = test.truth.reindex(columns=list(bundle.landmarks))
    x = landmarks.fillna(test.constant).to_numpy(np.float32)
    later = pd.DataFrame(
        np.maximum(bundle.step2.transform(x / np.float32(scale)), 0) * scale,
        index=test.truth.index,
        columns=list(bundle.targets),
    )
    return pd.concat([landmarks, later.drop(columns=list(bundle.landmarks), errors="ignore")], axis=1)


def on_hpa_scale(bundle: Bundle, test: PairTest, predicted: pd.DataFrame) -> pd.DataFrame:
    """Move a prediction onto HPA's scale by one offset per gene, learned on lines that are not under test.

    Step 2 gets the mean landmarks of the other HPA lines. What it misses of their mean genome is the offset
    between the two laboratories. Gene-wise correlations do not change.
    """
    scale = np.float32(np.log2(bundle.normalization.log_base))
    x = test.constant.reindex(list(bundle.landmarks)).to_numpy(np.float32)[None] / scale
    later = pd.Series(np.maximum(bundle.step2.transform(x), 0)[0] * scale, index=list(bundle.targets))
    later = later.drop(list(bundle.landmarks), errors="ignore")
    offset = (test.constant - later).reindex(predicted.columns).fillna(0)
    return predicted + offset


def predict_without_input(test: PairTest, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Return two predictions that see no input: the mean line, and each line's truth under another's name."""
    n = len(test.truth)
    shift = 1 + int(np.random.default_rng(seed).integers(n - 1))
    mean = pd.DataFrame(np.tile(test.constant, (n, 1)), index=test.truth.index, columns=test.truth.columns)
    shuffled = test.truth.iloc[np.roll(np.arange(n), shift)].set_axis(test.truth.index)
    return {test.constant_name: mean, "random pair": shuffled}


def genome_scatter(
    folder: Path, bundle: Bundle, n_genes: int = 4000, seed: int = 0
) -> tuple[pd.Series, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Correlate each paired line with its translation over the genome; pick three lines to draw.

    Parameters
    ----------
    folder : path
    bundle : Bundle
    n_genes : int
        Genes drawn at random for the picture; the correlation is over all.
    seed : int

    Returns
    -------
    r : Series, lines
        Pearson's, with each gene's offset of `on_hpa_scale`.
    points : dict, "LINE, r 0.90" → (measured, predicted)
        The lines of lowest, middle and highest r.
    """
    test = PairTest.of(folder, bundle.normalization)
    predicted = on_hpa_scale(bundle, test, predict(bundle, test))
    genes = [gene for gene in test.truth.columns if gene in predicted.columns]
    truth, values = test.truth[genes], predicted[genes]
    r = pd.Series(pearson(truth.to_numpy(float), values.to_numpy(float)), truth.index)
    drawn, points = np.random.default_rng(seed).permutation(len(genes))[:n_genes], {}
    for line in r.sort_values().index[[0, len(r) // 2, -1]]:
        points[f"{line}, r {r[line]:.2f}"] = tuple(t.loc[line].to_numpy()[drawn] for t in (truth, values))
    return r, points


def benchmark_bundles(
    folder: Path,
    bundles: dict[str, Bundle],
    transductive: bool = False,
    calibrate: bool = True,
    material: Callable[..., PairTest] = PairTest.of,
) -> pd.DataFrame:
    """Measure bundles on the pairs of a data folder.

    Parameters
    ----------
    folder : path
    bundles : dict, name → Bundle
    transductive : bool
        See `PairTest.of`.
    calibrate : bool
        Move the genes beyond the landmarks onto HPA's scale (see `on_hpa_scale`).
    material : callable
        Makes the test from folder, normalization, transductive: `PairTest.of` or
        `paired_samples.gtex_pair_test`.

    Returns
    -------
    DataFrame with a row for each method and space; metrics as in `score`.
    """
    rows = []
    for number, (name, bundle) in enumerate(bundles.items()):
        test = material(folder, bundle.normalization, transductive)
        predictions = {name: predict(bundle, test)}
        if number == 0:  # on the first bundle's reference
            predictions[f"true landmarks → step 2 of {name} (oracle)"] = predict_from_true_landmarks(
                bundle, test
            )
        if calibrate:
            predictions = {method: on_hpa_scale(bundle, test, table) for method, table in predictions.items()}
        if number == 0:
            predictions |= predict_without_input(test)
        for method, predicted in predictions.items():
            for space in SPACES:
                genes = [g for g in test.genes_of(space, bundle.landmarks) if g in predicted.columns]
                if genes:
                    rows.append({"method": method, "space": space, **score(test, predicted, genes)})
    return pd.DataFrame(rows)


def benchmark_on_gtex(folder: Path, bundles: dict[str, Bundle]) -> pd.DataFrame:
    """Measure bundles on the GTEx pairs of a folder, without an offset learned from them.

    Returns
    -------
    DataFrame
        As that of `benchmark_bundles`. Its lines are donors.
    """
    return benchmark_bundles(folder, bundles, calibrate=False, material=gtex_pair_test)
