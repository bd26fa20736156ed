"""A bundle: a trained translator with everything it needs (weights, genes, normalisation, provenance)."""

from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd

from l1000_rnaseq.translate.bundle_file import read_bundle, write_bundle
from l1000_rnaseq.translate.change.change_map import ChangeMap
from l1000_rnaseq.translate.change.coordinates import Coordinates
from l1000_rnaseq.translate.gene_reliability import in_words
from l1000_rnaseq.translate.normalize import Normalization


@dataclass(frozen=True)
class Bundle:
    """A two-step translator with its genes and its card.

    Attributes
    ----------
    landmarks : tuple of str
        Input genes, in order.
    targets : tuple of str
        Genes that step 2 predicts, in order.
    l1000_mean : array, landmarks
        Mean training L1000 profile (log2 intensity): used for missing landmarks.
    step1 : one of `by_name.CLOSED`, or NetworkStep
        L1000 landmarks → RNA-seq-like landmarks.
    step2 : LinearMap, KernelMap or NetworkStep
        RNA-seq-like landmarks → targets.
    normalization : Normalization
        RNA-seq preprocessing of the training data.
    card : dict
        Preset, seed, training data with hashes, scores, limits, library version.
    step2_r : array, targets, optional
        Correlation of each target gene with its measurement over samples held out in training, predicted from
        *measured* landmarks of RNA-seq: what step 2 alone can do. NaN where it could not be computed.
    level_r, change_r : array, genes, optional
        How well each gene is followed from L1000: over cell lines, and over perturbations (see
        `gene_reliability`).
    l1000_sd : array, landmarks, optional
        Standard deviation of the training L1000 profiles: the unit of `distance`.
    gene_error : array, genes, optional
        Scale of each gene's error (log(CPM+1) of training); times `card["interval_factors"]` an interval.
    change : ChangeMap, optional
        Model of changes; without one, a change is a difference of translated levels.
    ceiling : array, genes, optional
        Highest value a translation may take, log2(CPM+1). A linear map alone has no such bound.

    Examples
    --------
    >>> Bundle.load().landmarks[:3]
    ('DDR1', 'PAX8', 'RPS5')
    """

    landmarks: tuple[str, ...]
    targets: tuple[str, ...]
    l1000_mean: np.ndarray
    step1: object
    step2: object
    normalization: Normalization
    card: dict
    step2_r: np.ndarray | None = None
    level_r: np.ndarray | None = None
    change_r: np.ndarray | None = None
    ceiling: np.ndarray | None = None
    l1000_sd: np.ndarray | None = None
    gene_error: np.ndarray | None = None
    change: ChangeMap | None = None

    def __repr__(self) -> str:
        preset, digest = self.card.get("preset", "no preset"), self.card.get("sha256", "")[:12]
        return (
            f"Bundle({preset}: {len(self.landmarks)} landmarks → {len(self.genes):,} genes, sha256 {digest})"
        )

    def change_of(self, change: np.ndarray) -> np.ndarray:
        """Translate differences between L1000 profiles.

        The model of changes does it, where the bundle has one. Else the result is
        translate(mean training profile + change) − translate(mean training profile).

        Parameters
        ----------
        change : array, samples × landmarks, log2

        Returns
        -------
        float32 array, samples × `genes`, log2; not bounded, so that genes near 0 may fall too.
        """
        if self.change is not None:
            return self.change.transform(change)
        profiles = self.l1000_mean + change, self.l1000_mean[None]
        after, before = (self._unbounded(np.asarray(x, np.float32)) for x in profiles)
        return (after - before) * self._to_log2

    def for_changes(self, x: np.ndarray) -> np.ndarray:
        """Return profiles whose differences are the changes that the bundle predicts.

        Parameters
        ----------
        x : array, samples × landmarks, log2 intensity, complete

        Returns
        -------
        float32 array, samples × `genes`, log2(CPM+1)
            Not bounded: a level may be below 0. Without a model of changes, these are the translated levels.
        """
        if self.change is None:
            return self.genome_of(x)[0]
        level = self._unbounded(self.l1000_mean[None].astype(np.float32)) * self._to_log2
        return level + self.change.transform(np.asarray(x, np.float32) - self.l1000_mean.astype(np.float32))

    @cached_property
    def coordinates(self) -> Coordinates | None:
        """Coordinates of what the model of changes predicts; None where there is no such model."""
        if self.change is None:
            return None
        mean = self.l1000_mean.astype(np.float32)
        return Coordinates.of(self.change, mean, self.for_changes(mean[None])[0])

    @cached_property
    def genes(self) -> tuple[str, ...]:
        """Output genes: the landmarks, then every other gene of the training reference."""
        landmarks = set(self.landmarks)
        return self.landmarks + tuple(gene for gene in self.targets if gene not in landmarks)

    def landmarks_of(self, x: np.ndarray) -> np.ndarray:
        """Run step 1: L1000 landmarks (samples × landmarks) → RNA-seq-like landmarks, log2(CPM+1), ≥ 0."""
        return self._within_bounds(np.asarray(self.step1.transform(x), np.float32)) * self._to_log2

    def _within_bounds(self, first: np.ndarray) -> np.ndarray:
        """Return translated landmarks within what they may be, in the units of the networks."""
        high = None if self.ceiling is None else self.ceiling[: len(self.landmarks)] / self._to_log2
        return np.clip(first, 0, high)

    def genome_of(self, x: np.ndarray, out: np.ndarray | None = None) -> tuple[np.ndarray, float]:
        """Run both steps.

        Parameters
        ----------
        x : array, samples × landmarks, log2 intensity, complete.
        out : float32 array, samples × `genes`, optional
            Where to put the profiles: new memory for every block costs a tenth of the time.

        Returns
        -------
        profiles : float32 array, samples × `genes`, log2(CPM+1), ≥ 0
        clipped : float
            Share of the values that were negative and set to 0, or above `ceiling` and set to it.
        """
        out = self._unbounded(x, out)
        return out, self._bound(out) / out.size

    def _unbounded(self, x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Run both steps: samples × `genes`, in the units of training, before any bound."""
        first = np.asarray(self.step1.transform(x), np.float32)
        within, n = self._within_bounds(first), len(self.landmarks)
        if len(self.targets) + n != len(self.genes):  # step 2 predicts the landmarks too (published code)
            return self.step2.transform(within)[:, pd.Index(self.targets).get_indexer(list(self.genes))]
        if out is None:
            out = np.empty((len(first), len(self.genes)), np.float32)
        out[:, :n] = first
        self.step2.transform(within, out[:, n:])  # in place: it is most of the time a translation takes
        return out

    def _bound(self, out: np.ndarray) -> int:
        """Keep values within what they may be, go over to log2, in place; return how many were outside."""
        outside = np.count_nonzero(out < 0)
        np.maximum(out, 0, out=out)
        if self.ceiling is not None:
            high = self.ceiling / self._to_log2
            outside += np.count_nonzero(out > high)
            np.minimum(out, high, out=out)
        if self.normalization.log_base == 10:
            out *= self._to_log2
        return outside

    def distance(self, x: np.ndarray) -> np.ndarray:
        """Say how far profiles lie from those of training.

        Parameters
        ----------
        x : array, samples × landmarks, log2 intensity

        Returns
        -------
        array, samples
            Root mean square deviation of the landmarks from their training mean, in training standard
            deviations; `card["usual_distance"]` is what all but 1 in 1,000 training profiles keep to.
        """
        if self.l1000_sd is None:
            return np.zeros(len(x), np.float32)
        return np.sqrt((((x - self.l1000_mean) / np.maximum(self.l1000_sd, 1e-6)) ** 2).mean(axis=1))

    def unusual(self, x: np.ndarray) -> np.ndarray:
        """Return which profiles (samples × landmarks) are unlike those of training; bool array."""
        return self.distance(x) > self.card.get("usual_distance", np.inf)

    def reliability(self) -> pd.DataFrame:
        """Return how well each gene is followed from L1000, in numbers and in words.

        Returns
        -------
        DataFrame, genes × (level_r, change_r, level, change)
            level_r: expected correlation of translated with measured levels over lines that no fit has seen.
            change_r: the same for changes, over perturbations. level, change: reliable, fair, weak,
            not followed, or unknown where training had no evidence (see `gene_reliability.WORDS`).
        """
        table = pd.DataFrame(index=pd.Index(self.genes, dtype=object))
        for name in ("level", "change"):
            r = getattr(self, f"{name}_r")
            table[f"{name}_r"] = np.nan if r is None else np.asarray(r, float)
        for name in ("level", "change"):
            table[name] = in_words(table[f"{name}_r"])
        return table

    def half_width(self, level: float = 0.9) -> pd.Series | None:
        """Return the half width of each gene's interval (log2(CPM+1)), None where training had no evidence.

        Parameters
        ----------
        level : float
            Share of values to cover: one of `intervals.LEVELS`.

        Raises
        ------
        ValueError
            Another level.
        """
        factors = self.card.get("interval_factors")
        if self.gene_error is None or not factors:
            return None
        if str(level) not in factors["others"]:
            raise ValueError(f"level is {level}; expected one of {', '.join(factors['others'])}.")
        width = pd.Series(np.asarray(self.gene_error, float), list(self.genes)) * float(self._to_log2)
        is_landmark = np.arange(len(width)) < len(self.landmarks)
        return width * np.where(is_landmark, *(factors[kind][str(level)] for kind in ("landmarks", "others")))

    @property
    def _to_log2(self) -> np.float32:
        return np.float32(np.log2(10) if self.normalization.log_base == 10 else 1.0)

    def save(self, path: Path, dtype: str = "float32") -> None:
        """Write the bundle to a temporary name and rename it; matrices are stored as `dtype`."""
        write_bundle(self, path, dtype)

    @classmethod
    def load(cls, path: Path | None = None) -> "Bundle":
        """Read a bundle and check its format, version and hash; without a path, the shipped default.

        Raises
        ------
        ValueError
            Not a bundle, of another version, truncated or altered.
        """
        return cls(**read_bundle(Path(path) if path else default_bundle()))


def default_bundle() -> Path:
    """Return the path of the bundle that ships with the library."""
    return Path(str(resources.files("l1000_rnaseq") / "assets" / "default_bundle.h5"))
