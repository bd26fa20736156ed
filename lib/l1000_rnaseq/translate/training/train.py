"""Train a bundle from a data folder, or load the one that was trained on it before."""

import shutil
from dataclasses import replace
from pathlib import Path

from l1000_rnaseq.data.ccle import FILES as CCLE_FILES
from l1000_rnaseq.data.cohorts import NON_COMMERCIAL, PAIR_FILES
from l1000_rnaseq.data.files.disk import file_hash
from l1000_rnaseq.data.files.output import held, output
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.presets import Preset, has_small_settings, preset_of, small
from l1000_rnaseq.translate.training.fit_bundle import fit_bundle
from l1000_rnaseq.translate.training.fit_steps import is_closed
from l1000_rnaseq.translate.training.prepare import prepare
from l1000_rnaseq.translate.training.torch_loop import keep_freed_memory

DATA_FILES = (
    "l1000/level3.gctx",
    "l1000/baseline.gctx",
    "rnaseq/human_matrix.h5",
    "rnaseq/gtex_gene_reads.gct.gz",
    "rnaseq/hpa_cell_lines.tsv.gz",
    *(f"rnaseq/{name}.tsv.gz" for name in CCLE_FILES),
)


def train(
    folder: Path,
    preset: Preset | str = "best",
    seed: int = 0,
    exclude_processing: str | None = None,
    small_settings: bool = False,
    device: str = "auto",
    checkpoints: Path | None = None,
    progress: bool = True,
    learn_pairs: bool = False,
) -> Bundle:
    """Train both steps on a data folder.

    Parameters
    ----------
    folder : path
        A data folder; its paired lines are left out on both sides, unless `learn_pairs` is given.
    preset, seed, device, checkpoints, progress
        As in `fit_bundle`.
    exclude_processing : str, optional
        See `prepare`.
    small_settings : bool
        Narrow networks and few epochs (a demonstration, not a result).
    learn_pairs : bool
        Learn from the paired lines too: for use, not for a benchmark on them.

    Returns
    -------
    Bundle
        Its card has the hashes of the files that it was trained on.

    Examples
    --------
    >>> train("my_folder", "as_published").save("my_bundle.h5")  # doctest: +SKIP
    """
    preset = small(preset_of(preset)) if small_settings else preset_of(preset)
    data = prepare(folder, preset, exclude_processing, seed, learn_pairs)
    if not is_closed(preset):
        keep_freed_memory()  # after the large tables: the gaps that those leave would be kept too
    bundle = fit_bundle(data, preset, seed, device, checkpoints, progress)
    source = {"excluded_processing": exclude_processing, "files": file_hashes(folder, learn_pairs)}
    return replace(bundle, card={**bundle.card, "small_settings": small_settings, **source})


def load_or_train(folder: Path, path: Path, preset: str, seed: int = 0, **options) -> Bundle:
    """Load a bundle from `path`; where there is none, train it on a data folder and save it there.

    Parameters
    ----------
    folder, preset, seed, **options
        As in `train`; the preset by its name.
    path : path
        The bundle; its folder is made where it is missing. An interrupted training resumes. Where another run
        trains it already, its end is waited for.

    Returns
    -------
    Bundle

    Raises
    ------
    ValueError
        The bundle at `path` is of another preset, seed, size of networks or data.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with held(path.with_name(path.name + ".training"), "", wait=True):  # by another run, perhaps
        if not path.is_file():
            checkpoints = path.with_name(path.name + ".checkpoints")
            with output(path):
                bundle = train(folder, preset, seed, checkpoints=checkpoints, **options)
                bundle.save(path)
                shutil.rmtree(checkpoints, ignore_errors=True)
            return bundle
    bundle = Bundle.load(path)
    wanted = {"preset": preset, "seed": seed, "files": file_hashes(folder)}
    wanted["excluded_processing"] = options.get("exclude_processing")
    if has_small_settings(preset):
        wanted["small_settings"] = options.get("small_settings", False)
    other = [name for name, value in wanted.items() if bundle.card[name] != value]
    if other:
        raise ValueError(
            f"{path.name} differs from what was asked for in: {', '.join(other)}; remove it, or name "
            "another output folder."
        )
    return bundle


def load_default(folder: Path, out: Path, seed: int = 0) -> Bundle:
    """Load the shipped bundle where it was trained on this data folder, else one that is trained on it.

    Parameters
    ----------
    folder : path
    out : path
        Folder for the bundle that is trained: bundles/best-SEED.h5 in it.
    seed : int

    Raises
    ------
    ValueError
        See `load_or_train`.
    """
    shipped = Bundle.load()
    if shipped.card["files"] == file_hashes(folder, learn_pairs=True):
        return shipped
    path = Path(out) / "bundles" / f"best-{seed}.h5"
    return load_or_train(folder, path, "best", seed, exclude_processing=NON_COMMERCIAL)


def file_hashes(folder: Path, learn_pairs: bool = False) -> dict[str, str]:
    """Return the sha256 of each training file of a data folder."""
    names = DATA_FILES + PAIR_FILES if learn_pairs else DATA_FILES
    paths = {name: Path(folder) / name for name in names}
    return {name: file_hash(path) for name, path in paths.items() if path.is_file()}
