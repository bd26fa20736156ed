"""Which linear step 2 to take: penalty, data and rank, on RNA-seq samples held out by whole group."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.stats.metrics import gene_metrics
from l1000_rnaseq.stats.splits import group_folds
from l1000_rnaseq.translate.step2.linear import Gram, choose_alpha, fit_linear
from l1000_rnaseq.translate.training.prepare import TrainingData

PAPER, DEFAULT = "counts, plain (paper)", "counts and HPA, centred (default)"
VARIANTS = {
    PAPER: (False, False),
    "counts and HPA, plain": (False, True),
    "counts, centred": (True, False),
    DEFAULT: (True, True),
}
"""Variant → (each source centred on its mean, HPA's profiles too)."""
ALPHAS = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
RANKS = (32, 64, 128, 192, 256)


@dataclass(frozen=True)
class HeldOutPrediction:
    """Target genes of held-out samples, as deviations from the mean of their source, log2(CPM+1).

    Attributes
    ----------
    measured, predicted : DataFrame, samples × target genes
    pcc : Series, target genes
        Correlation over the held-out samples.
    """

    measured: pd.DataFrame
    predicted: pd.DataFrame
    pcc: pd.Series


@dataclass(frozen=True)
class Step2Comparison:
    """RNA-seq samples in folds of whole groups (study, GTEx donor, cell line), for linear steps 2.

    Attributes
    ----------
    plain, centred : DataFrame, samples × genes, log2(CPM+1)
        As they are; with the mean of each source and kind subtracted. The means are those of all samples,
        held-out ones too: a new source would have to bring its own.
    landmarks, targets, sampled : list of str
        `sampled` are target genes drawn at random, for what need not be done on all.
    fold : int array, samples
    source : array of str, samples
        Source and kind.
    counts : bool array, samples
        Came as counts, not from HPA.
    """

    plain: pd.DataFrame
    centred: pd.DataFrame
    landmarks: list[str]
    targets: list[str]
    sampled: list[str]
    fold: np.ndarray
    source: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, data: TrainingData, seed: int = 0, n_genes: int = 2000, n_folds: int = 5):
        """Divide training data into folds; draw `n_genes` target genes."""
        info, landmarks = data.rnaseq_info, list(data.landmarks)
        targets = [gene for gene in data.genes if gene not in set(landmarks)]
        chosen = np.random.default_rng(seed).choice(targets, min(n_genes, len(targets)), replace=False)
        source = (info["source"] + " " + info["kind"]).str.strip().to_numpy()
        values = data.rnaseq
        return cls(
            values.fillna(values.mean()),
            (values - values.groupby(source).transform("mean")).fillna(0),
            landmarks,
            targets,
            sorted(chosen),
            group_folds(info["group"], min(n_folds, info["group"].nunique()), seed),
            source,
            data.count_based,
        )

    @property
    def out(self) -> np.ndarray:
        """Samples of the first fold, which is held out; bool array."""
        return self.fold == 0

    def _variant(self, name: str) -> tuple[pd.DataFrame, np.ndarray]:
        is_centred, with_hpa = VARIANTS[name]
        return self.centred if is_centred else self.plain, self.counts | with_hpa

    def penalties(self, alphas: tuple[float, ...] = ALPHAS) -> pd.DataFrame:
        """Cross-validate the ridge penalty of each variant.

        Returns
        -------
        DataFrame, penalties × variants: held-out mean squared error over `sampled`, log2². The variants are
        of different samples and scales, so only the shape of two curves may be compared.
        """
        curves = {}
        for name in VARIANTS:
            table, rows = self._variant(name)
            parts = [table[rows & (self.fold == k)] for k in range(self.fold.max() + 1)]
            folds = [
                (part[self.landmarks].to_numpy(), part[self.sampled].to_numpy(), None)
                for part in parts
                if len(part)
            ]
            curves[name] = pd.Series(choose_alpha(folds, alphas))
        return pd.DataFrame(curves).rename_axis("penalty")

    def within_sources(self, penalty: pd.Series, fewest: int = 5) -> pd.DataFrame:
        """Score all variants on the same held-out samples, source by source.

        Parameters
        ----------
        penalty : Series, variants
        fewest : int
            Sources with fewer held-out samples are not scored.

        Returns
        -------
        DataFrame, sources × variants: gene-wise r, mean over `sampled`. The truth is centred by source.
        """
        scores = {}
        for name in VARIANTS:
            table, rows = self._variant(name)
            x, train = table[self.landmarks].to_numpy(), rows & ~self.out
            model = fit_linear(x[train], table[self.sampled][train].to_numpy(), penalty[name])
            predicted, truth = model.transform(x), self.centred[self.sampled].to_numpy()
            for source in np.unique(self.source[self.out]):
                here = self.out & (self.source == source)
                if here.sum() >= fewest:
                    r = gene_metrics(truth[here], predicted[here])["pcc"].mean()
                    scores.setdefault(name, {})[source] = r
        return pd.DataFrame(scores, columns=list(VARIANTS)).rename_axis("source")

    def ranks(self, alpha: float, ranks: tuple[int, ...] = RANKS) -> tuple[pd.DataFrame, HeldOutPrediction]:
        """Compare least squares, ridge, and ridge cut to a rank; all target genes, the default's data.

        Parameters
        ----------
        alpha : float
            Penalty of the ridge regressions.
        ranks : tuple of int

        Returns
        -------
        table : DataFrame, models × (gene-wise r, MSE, MB at 16 bits)
            Index "least squares", "full", "rank 32", …
        prediction : HeldOutPrediction
            Of "full", the ridge that is not cut.
        """
        x, y = self.centred[self.landmarks].to_numpy(), self.centred[self.targets].to_numpy()
        out, rows, kept = self.out, {}, None
        gram = Gram(len(self.landmarks), len(self.targets)).add(x[~out], y[~out])
        settings = {"least squares": (0.0, None), "full": (alpha, None)}
        settings |= {f"rank {rank}": (alpha, rank) for rank in ranks}
        for name, (penalty, rank) in settings.items():
            model = gram.solve(penalty, rank)
            predicted = model.transform(x[out])
            pcc = gene_metrics(y[out], predicted)["pcc"]
            size = (model.left.size * (rank is not None) + model.right.size) * 2 / 1e6
            mse = ((predicted - y[out]) ** 2).mean()
            rows[name] = {"gene-wise r": pcc.mean(), "MSE": mse, "MB at 16 bits": size}
            if name == "full":
                names = self.centred.index[out]
                kept = HeldOutPrediction(
                    pd.DataFrame(y[out], names, self.targets),
                    pd.DataFrame(predicted, names, self.targets),
                    pd.Series(pcc.to_numpy(), self.targets),
                )
        return pd.DataFrame(rows).T.rename_axis("model"), kept


def well_middling_badly(prediction: HeldOutPrediction) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Pick the genes at the 95th, 50th and 5th percentile of correlation.

    Returns
    -------
    dict, "well: GENE, r 0.93" → (measured, predicted), both over the held-out samples.
    """
    ranked, panels = prediction.pcc.dropna().sort_values(), {}
    for label, quantile in {"well": 0.95, "middling": 0.5, "badly": 0.05}.items():
        gene = ranked.index[int(quantile * (len(ranked) - 1))]
        values = (prediction.measured[gene].to_numpy(), prediction.predicted[gene].to_numpy())
        panels[f"{label}: {gene}, r {ranked[gene]:.2f}"] = values
    return panels
