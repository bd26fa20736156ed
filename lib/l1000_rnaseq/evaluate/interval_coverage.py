"""How often intervals hold on RNA-seq of other laboratories."""

import numpy as np
import pandas as pd

from l1000_rnaseq.data.cohorts import HPA
from l1000_rnaseq.evaluate import pairs
from l1000_rnaseq.evaluate.results import table_of
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.gene_reliability import WORDS
from l1000_rnaseq.translate.intervals import LEVELS, coverage
from l1000_rnaseq.translate.training.prepare import TrainingData


def coverage_of_pairs(bundle: Bundle, test: pairs.PairTest) -> pd.DataFrame:
    """Count what intervals cover on the paired cell lines, for every level.

    Parameters
    ----------
    bundle : Bundle
        It must not have learned from these lines.
    test : PairTest

    Returns
    -------
    DataFrame, (genes, promised) × (covered, worst line, half width, log2)
        Empty for a bundle without intervals. The half width is the median over genes.
    """
    if bundle.half_width() is None:
        return table_of({}, ["genes", "promised"])
    predicted, marks, rows = pairs.predict(bundle, test), set(bundle.landmarks), {}
    shared = [gene for gene in bundle.genes if gene in test.truth.columns]
    parts = {"landmarks": [gene for gene in shared if gene in marks]}
    parts["other genes"] = [gene for gene in shared if gene not in marks]
    for kind, genes in parts.items():
        truth, guess = test.truth[genes].to_numpy(), predicted[genes].to_numpy()
        for level in LEVELS:
            width = bundle.half_width(level)[genes]
            share = coverage(truth, guess, width.to_numpy())
            numbers = {"covered": share.mean(), "worst line": share.min(), "half width, log2": width.median()}
            rows[kind, level] = numbers
    return table_of(rows, ["genes", "promised"])


def coverage_by_source(data: TrainingData, bundle: Bundle, level: float = 0.9) -> pd.DataFrame:
    """Predict each source of RNA-seq from its true landmarks, and count what intervals cover.

    Step 2 alone is asked, on levels: the scale is that of HPA's cell lines, as in a translation. So an
    interval also has to bear what a laboratory's own scale adds. Step 2 may have seen the samples, as
    deviations from the mean of their source.

    Parameters
    ----------
    data : TrainingData
        In the units of the bundle.
    bundle : Bundle
    level : float
        One of `intervals.LEVELS`.

    Returns
    -------
    DataFrame, source × (samples, series, covered, worst_series)
        covered: share of the values beyond the landmarks within their interval, mean over samples.
        worst_series: the same for the series with the lowest share. HPA is left out: it gives the scale.
        Empty for a bundle without intervals.
    """
    rows, width = {}, bundle.half_width(level)
    for source, info in data.rnaseq_info.groupby("source", sort=False):
        if source == HPA or width is None:
            continue
        samples = data.rnaseq[(data.rnaseq_info["source"] == source).to_numpy()]
        share = covered_by_step2(samples, bundle, level)
        by_series = pd.Series(share).groupby(info["series"].to_numpy()).mean()
        rows[source] = {
            "samples": len(samples),
            "series": len(by_series),
            "covered": share.mean(),
            "worst_series": by_series.min(),
        }
    columns = ["samples", "series", "covered", "worst_series"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("source")


def coverage_of_studies(counts: dict[str, pd.DataFrame], bundle: Bundle, level: float = 0.9) -> pd.DataFrame:
    """Do the same for studies that no fit has seen.

    Parameters
    ----------
    counts : dict, study → DataFrame, samples × genes, linear
    bundle : Bundle
    level : float

    Returns
    -------
    DataFrame, study × (samples, covered, worst_sample); empty for a bundle without intervals.
    """
    rows = {}
    for study, table in counts.items() if bundle.half_width(level) is not None else ():
        share = covered_by_step2(bundle.normalization.transform(table), bundle, level)
        rows[study] = {"samples": len(share), "covered": share.mean(), "worst_sample": share.min()}
    columns = ["samples", "covered", "worst_sample"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("study")


def covered_by_step2(profiles: pd.DataFrame, bundle: Bundle, level: float) -> np.ndarray:
    """Return the share of each sample's genes beyond the landmarks that are within their interval.

    Profiles (samples × genes) are in the units of the bundle; a landmark that they lack has its mean.
    """
    usual = pd.Series(bundle.step1.transform(bundle.l1000_mean[None])[0], list(bundle.landmarks))
    landmarks = profiles.reindex(columns=list(bundle.landmarks)).fillna(usual)
    made = pd.DataFrame(bundle.step2.transform(landmarks.to_numpy(np.float32)), columns=list(bundle.targets))
    genes = [gene for gene in bundle.targets if gene in profiles.columns]
    half_width = bundle.half_width(level)[genes].to_numpy()
    return coverage(profiles[genes].to_numpy(), made[genes].to_numpy(), half_width)


def count_words(reliability: pd.DataFrame) -> pd.DataFrame:
    """Count genes by how well they are followed, in words: (of, status) × words.

    Parameters
    ----------
    reliability : DataFrame, genes × (level, change, status)
    """
    words = list(dict(WORDS).values())
    parts = {
        what: pd.crosstab(reliability["status"], reliability[what]).reindex(columns=words, fill_value=0)
        for what in ("level", "change")
    }
    return pd.concat(parts, names=["of"]).rename_axis(None, axis=1)


def reliability_panels(reliability: pd.DataFrame) -> dict[str, dict[str, np.ndarray]]:
    """Arrange expected correlations for `plots.violins`: levels or changes → status → values.

    Parameters
    ----------
    reliability : DataFrame, genes × (level_r, change_r, status)
    """
    groups = list(reliability.groupby("status", sort=False))
    columns = {"levels": "level_r", "changes": "change_r"}
    return {
        name: {status: part[column].to_numpy() for status, part in groups} for name, column in columns.items()
    }
