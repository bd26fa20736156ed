"""A bundle on disk: one HDF5 file of arrays, a JSON header and its own sha256."""

import hashlib
import json
from pathlib import Path

import h5py
import numpy as np

from l1000_rnaseq.data.files.disk import atomic
from l1000_rnaseq.data.files.hdf5 import HDF5Writer
from l1000_rnaseq.translate.change.change_map import ChangeMap
from l1000_rnaseq.translate.normalize import Normalization
from l1000_rnaseq.translate.step1.by_name import CLOSED
from l1000_rnaseq.translate.step2.blend import BlendMap
from l1000_rnaseq.translate.step2.kernel import KernelMap
from l1000_rnaseq.translate.step2.linear import LinearMap

FORMAT, VERSION = "l1000-rnaseq bundle", 2
CHANGE = "change/"
OPTIONAL = ("step2_r", "level_r", "change_r", "ceiling", "l1000_sd", "gene_error")


def write_bundle(bundle, path: Path, dtype: str = "float32") -> None:
    """Write a bundle to a temporary name and rename it; matrices are stored as `dtype`."""
    arrays = {
        "landmarks": np.array(bundle.landmarks, dtype="S"),
        "targets": np.array(bundle.targets, dtype="S"),
        "l1000_mean": bundle.l1000_mean.astype(np.float32),
        "normalization/genes": np.array(bundle.normalization.genes, dtype="S"),
        "normalization/reference": bundle.normalization.reference.astype(np.float32),
    }
    for name in OPTIONAL:
        if getattr(bundle, name) is not None:
            arrays[name] = getattr(bundle, name).astype(np.float32)
    if bundle.change is not None:
        arrays |= {CHANGE + name: value.astype(np.float32) for name, value in vars(bundle.change).items()}
    spec = {"log_base": bundle.normalization.log_base}
    for name in ("step1", "step2"):
        spec[name], stored = _dump(getattr(bundle, name))
        arrays |= {f"{name}/{key}": value for key, value in stored.items()}
    with atomic(path) as part, HDF5Writer(part) as file:
        for key, value in arrays.items():
            if value.dtype == np.float32 and value.ndim == 2:
                value = value.astype(dtype)
            arrays[key] = value
            packed = {"compression": "gzip", "shuffle": True} if value.ndim else {}  # BatchNorm's counter
            file.create_dataset(key, data=value, track_times=False, **packed)
        header = json.dumps({"spec": spec, "card": bundle.card}, sort_keys=True)
        file["header"] = header  # a dataset: an HDF5 attribute ends at 64 kB
        file.attrs.update({"format": FORMAT, "version": VERSION, "sha256": _digest(arrays, header)})


def read_bundle(path: Path) -> dict:
    """Read what a bundle is made of, by the names of its attributes; errors as in `Bundle.load`."""
    if not path.is_file():
        raise ValueError(f"no bundle at {path}; train one with `l1000-rnaseq train` or name another --model.")
    try:
        with h5py.File(path) as file:
            version = file.attrs.get("version")
            if file.attrs.get("format") != FORMAT:
                raise ValueError(f"{path} is an HDF5 file but not a bundle of this library.")
            if version != VERSION:
                raise ValueError(
                    f"{path} is a bundle of format version {version}, this library reads version "
                    f"{VERSION}; train it again or install the version named on its card."
                )
            arrays: dict[str, np.ndarray] = {}
            file.visititems(lambda k, v: arrays.update({k: v[()]}) if isinstance(v, h5py.Dataset) else None)
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
    return dict(
        **names,
        l1000_mean=arrays["l1000_mean"],
        step1=_restore(spec["step1"], _under(arrays, "step1/")),
        step2=_restore(spec["step2"], _under(arrays, "step2/")),
        normalization=Normalization(norm_genes, arrays["normalization/reference"], spec["log_base"]),
        card={**header["card"], "sha256": stored_digest},
        change=ChangeMap(**_under(arrays, CHANGE)) if f"{CHANGE}left" in arrays else None,
        **{name: arrays.get(name) for name in OPTIONAL},
    )


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
    if isinstance(step, (*CLOSED, LinearMap, KernelMap)):
        return {"kind": type(step).__name__}, {k: v.astype(np.float32) for k, v in vars(step).items()}
    return step.spec, {key: value.numpy() for key, value in step.net.state_dict().items()}


def _restore(spec: dict, arrays: dict[str, np.ndarray]):
    closed = {kind.__name__: kind for kind in (*CLOSED, LinearMap, KernelMap, BlendMap)}
    if spec["kind"] in closed:
        return closed[spec["kind"]](**arrays)
    from l1000_rnaseq.translate.networks import NetworkStep  # torch takes a second to load

    return NetworkStep.of(spec, arrays)
