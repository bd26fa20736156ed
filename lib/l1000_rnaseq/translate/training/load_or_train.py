"""Bundles that are trained once: load the one of a preset and seed, or train it and keep it."""

import shutil
from pathlib import Path

from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.training.train import file_hashes, train


def load_or_train(folder: Path, path: Path, preset: str, seed: int = 0, **options) -> Bundle:
    """Load a bundle from `path`; where there is none, train it on a data folder and save it there.

    Parameters
    ----------
    folder : path
        A data folder.
    path : path
        The bundle; its folder is made where it is missing. An interrupted training resumes.
    preset : str
    seed : int
    **options
        Of `train`, for instance `exclude_processing`, `small_settings`, `progress`.

    Returns
    -------
    Bundle

    Raises
    ------
    ValueError
        The bundle at `path` is of another preset, seed or data folder.
    """
    path = Path(path)
    if path.is_file():
        bundle = Bundle.load(path)
        wanted = {"preset": preset, "seed": seed, "files": file_hashes(folder)}
        other = [name for name, value in wanted.items() if bundle.card[name] != value]
        if other:
            raise ValueError(
                f"{path.name} differs from what was asked for in: {', '.join(other)}; remove it, or name "
                "another output folder."
            )
        return bundle
    path.parent.mkdir(parents=True, exist_ok=True)
    checkpoints = path.with_name(path.name + ".checkpoints")
    bundle = train(folder, preset, seed, checkpoints=checkpoints, **options)
    bundle.save(path)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return bundle
