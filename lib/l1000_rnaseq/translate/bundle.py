"""A bundle: everything a translation needs in one HDF5 file (weights, genes, normalisation, provenance)."""

import hashlib
import json
import os
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import torch

from .closed_forms import CLOSED
from .linear import LinearMap
from .networks import NetworkStep, build_network
from .normalize import Normalization

FORMAT, VERSION = "l1000-rnaseq bundle", 1


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
        Mean training L1000 profile (log2 intensity): stands in for missing landmarks.
    step1 : Affine, QuantileMatch, JointAffine or NetworkStep
        L1000 landmarks → RNA-seq-like landmarks.
    step2 : LinearMap or NetworkStep
        RNA-seq-like landmarks → targets.
    normalization : Normalization
        RNA-seq preprocessing of the training data.
    card : dict
        Preset, seed, training data with hashes, scores, limits, library version.
    reliability : array, targets, optional
        Correlation of each target gene with its measurement over the samples held out in training; NaN where
        it could not be computed.
    l1000_sd : array, landmarks, optional
        Standard deviation of the training L1000 profiles: the unit of `distance`.
    ceiling : array, genes, optional
        Highest value a translation may take (log2(CPM+1)): a linear map goes on where no sample ever was.
    """

    landmarks: tuple[str, ...]
    targets: tuple[str, ...]
    l1000_mean: np.ndarray
    step1: NetworkStep  # or one of `closed_forms.CLOSED`
    step2: LinearMap | NetworkStep
    normalization: Normalization
    card: dict
    reliability: np.ndarray | None = None
    ceiling: np.ndarray | None = None
    l1000_sd: np.ndarray | None = None

    @property
    def genes(self) -> tuple[str, ...]:
        """Output genes: the landmarks, then every other gene of the training reference."""
        landmarks = set(self.landmarks)
        return self.landmarks + tuple(gene for gene in self.targets if gene not in landmarks)

    def landmarks_of(self, x: np.ndarray) -> np.ndarray:
        """Run step 1: L1000 landmarks (samples × landmarks) → RNA-seq-like landmarks, log2(CPM+1), ≥ 0."""
        return self._kept(np.asarray(self.step1.transform(x), np.float32)) * self._to_log2

    def _kept(self, first: np.ndarray) -> np.ndarray:
        """Return translated landmarks within what they may be, in the units of the networks."""
        high = None if self.ceiling is None else self.ceiling[: len(self.landmarks)] / self._to_log2
        return np.clip(first, 0, high)

    def genome_of(self, x: np.ndarray) -> tuple[np.ndarray, float]:
        """Run both steps.

        Parameters
        ----------
        x : array, samples × landmarks, log2 intensity, complete.

        Returns
        -------
        profiles : float32 array, samples × `genes`, log2(CPM+1), ≥ 0
        clipped : float
            Share of the values that were negative and set to 0, or above `ceiling` and set to it.
        """
        first = np.asarray(self.step1.transform(x), np.float32)
        out = np.empty((len(first), len(self.genes)), np.float32)
        n = len(self.landmarks)
        kept = self._kept(first)
        if len(self.targets) + n == len(self.genes):
            out[:, :n] = first
            if isinstance(self.step2, LinearMap):
                # written in place: the product is most of the time a translation takes
                hidden = torch.from_numpy(kept) @ torch.from_numpy(self.step2.left)
                right, intercept = torch.from_numpy(self.step2.right), torch.from_numpy(self.step2.intercept)
                torch.addmm(intercept, hidden, right, out=torch.from_numpy(out)[:, n:])
            else:
                out[:, n:] = self.step2.transform(kept)
        else:  # step 2 predicts the landmarks too (published code)
            predicted = self.step2.transform(kept)
            out[:] = predicted[:, pd.Index(self.targets).get_indexer(list(self.genes))]
        tensor = torch.from_numpy(out)
        clipped = np.count_nonzero(out < 0)
        if self.ceiling is None:
            tensor.relu_()
        else:
            high = self.ceiling / self._to_log2
            clipped += np.count_nonzero(out > high)
            torch.clamp(tensor, torch.zeros(()), torch.from_numpy(high), out=tensor)
        if self.normalization.log_base == 10:
            tensor *= self._to_log2
        return out, clipped / out.size

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

    def gene_reliability(self) -> pd.Series | None:
        """Return the held-out correlation of each gene beyond the landmarks, if training stored it."""
        if self.reliability is None:
            return None
        values = pd.Series(np.asarray(self.reliability, float), list(self.targets))
        return values.drop(list(self.landmarks), errors="ignore")

    @property
    def _to_log2(self) -> np.float32:
        return np.float32(np.log2(10) if self.normalization.log_base == 10 else 1.0)

    def save(self, path: Path, dtype: str = "float32") -> None:
        """Write the bundle to a temporary name and rename it; matrices are stored as `dtype`."""
        path = Path(path)
        part = path.with_name(path.name + ".part")
        arrays = {
            "landmarks": np.array(self.landmarks, dtype="S"),
            "targets": np.array(self.targets, dtype="S"),
            "l1000_mean": self.l1000_mean.astype(np.float32),
            "normalization/genes": np.array(self.normalization.genes, dtype="S"),
            "normalization/reference": self.normalization.reference.astype(np.float32),
        }
        for name, kind in (("reliability", np.float16), ("ceiling", np.float32), ("l1000_sd", np.float32)):
            if getattr(self, name) is not None:
                arrays[name] = getattr(self, name).astype(kind)
        spec = {"log_base": self.normalization.log_base}
        for name in ("step1", "step2"):
            spec[name], stored = _dump(getattr(self, name))
            arrays |= {f"{name}/{key}": value for key, value in stored.items()}
        with h5py.File(part, "w") as file:
            for key, value in arrays.items():
                if value.dtype == np.float32 and value.ndim == 2:
                    value = value.astype(dtype)
                arrays[key] = value
                packed = {"compression": "gzip", "shuffle": True} if value.ndim else {}  # BatchNorm's counter
                file.create_dataset(key, data=value, track_times=False, **packed)
            header = json.dumps({"spec": spec, "card": self.card}, sort_keys=True)
            file["header"] = header  # a dataset: an HDF5 attribute ends at 64 kB
            file.attrs.update({"format": FORMAT, "version": VERSION, "sha256": _digest(arrays, header)})
        os.replace(part, path)

    @classmethod
    def load(cls, path: Path | None = None) -> "Bundle":
        """Read a bundle and check its format, version and hash; without a path, the shipped default.

        Raises
        ------
        ValueError
            Not a bundle, of another version, truncated or altered.
        """
        path = Path(path) if path else default_bundle()
        if not path.is_file():
            raise ValueError(
                f"no bundle at {path}; train one with `l1000-rnaseq train` or name another --model."
            )
        try:
            with h5py.File(path) as file:
                found, version = file.attrs.get("format"), file.attrs.get("version")
                if found != FORMAT:
                    raise ValueError(f"{path} is an HDF5 file but not a bundle of this library.")
                if version != VERSION:
                    raise ValueError(
                        f"{path} is a bundle of format version {version}, this library reads version "
                        f"{VERSION}; train it again or install the version named on its card."
                    )
                arrays: dict[str, np.ndarray] = {}
                file.visititems(
                    lambda k, v: arrays.update({k: v[()]}) if isinstance(v, h5py.Dataset) else None
                )
                header = arrays.pop("header").decode()
                stored_digest = file.attrs["sha256"]
        except (OSError, KeyError, RuntimeError, AttributeError, TypeError) as error:
            # h5py has no error of its own for a damaged file
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ValueError(f"{path} is truncated or not an HDF5 bundle ({reason}).") from error
        if _digest(arrays, header) != stored_digest:
            raise ValueError(f"{path} does not match its own sha256: altered or damaged; get it anew.")
        header = json.loads(header)
        spec = header["spec"]
        names = {key: tuple(v.decode() for v in arrays[key]) for key in ("landmarks", "targets")}
        norm_genes = tuple(v.decode() for v in arrays["normalization/genes"])
        return cls(
            **names,
            l1000_mean=arrays["l1000_mean"],
            step1=_restore(spec["step1"], _under(arrays, "step1/")),
            step2=_restore(spec["step2"], _under(arrays, "step2/")),
            normalization=Normalization(norm_genes, arrays["normalization/reference"], spec["log_base"]),
            card={**header["card"], "sha256": stored_digest},
            reliability=arrays.get("reliability"),
            ceiling=arrays.get("ceiling"),
            l1000_sd=arrays.get("l1000_sd"),
        )


def default_bundle() -> Path:
    """Return the path of the bundle that ships with the library."""
    return Path(str(resources.files("l1000_rnaseq") / "assets" / "default_bundle.h5"))


def _digest(arrays: dict[str, np.ndarray], header: str) -> str:
    sha = hashlib.sha256(header.encode())
    for key in sorted(arrays):
        sha.update(f"{key}{arrays[key].dtype}{arrays[key].shape}".encode() + arrays[key].tobytes())
    return sha.hexdigest()


def _under(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {
        key.removeprefix(prefix): value.astype(np.float32) if value.dtype == np.float16 else value
        for key, value in arrays.items()
        if key.startswith(prefix)
    }


def _dump(step) -> tuple[dict, dict[str, np.ndarray]]:
    """Split a step into a JSON description and its arrays."""
    if isinstance(step, (*CLOSED, LinearMap)):
        return {"kind": type(step).__name__}, {k: v.astype(np.float32) for k, v in vars(step).items()}
    return step.spec, {key: value.numpy() for key, value in step.net.state_dict().items()}


def _restore(spec: dict, arrays: dict[str, np.ndarray]):
    closed = {kind.__name__: kind for kind in (*CLOSED, LinearMap)}
    if spec["kind"] in closed:
        return closed[spec["kind"]](**arrays)
    net = build_network(spec)
    net.load_state_dict({key: torch.from_numpy(np.array(value)) for key, value in arrays.items()})
    return NetworkStep(net.eval(), spec)
