"""Translate a file of L1000 profiles into a file of RNA-seq-like genomes, in a stream."""

import hashlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from l1000_rnaseq.data.files.formats import open_profiles, open_writer
from l1000_rnaseq.data.files.output import output
from l1000_rnaseq.data.files.told import told
from l1000_rnaseq.data.gene_lists import find_genes
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.level3_input import Level3Input
from l1000_rnaseq.translate.transform import UNUSUAL, output_genes

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TransformSummary:
    """What a translation did: the last lines the user reads.

    Attributes
    ----------
    profiles, resumed : int
        Profiles in the output, and how many of them an earlier, interrupted run had written.
    genes : int
    seconds : float
        Wall time of this run, from opening the input to closing the output.
    clipped : float
        Share of this run's values that were negative, or above what training allows, and set to that bound.
    imputed : int
        Single missing values that the training mean replaced, in an earlier run too.
    missing : tuple of str
        Landmarks that the input lacks.
    left_out : int
        Rows of the input that are no landmarks of the bundle; they are not used.
    without_info : int
        Samples that the table of the samples lacks.
    """

    profiles: int
    resumed: int
    genes: int
    seconds: float
    clipped: float
    imputed: int
    missing: tuple[str, ...]
    left_out: int = 0
    without_info: int = 0

    def __str__(self) -> str:
        rate = (self.profiles - self.resumed) / max(self.seconds, 1e-9)
        missing = ", ".join(self.missing) or "none"
        resumed = f" ({self.resumed:,} of them by the earlier run)" if self.resumed else ""
        rows = f" · rows that the model does not use, left out: {self.left_out:,}" if self.left_out else ""
        samples = f" · samples without metadata: {self.without_info:,}" if self.without_info else ""
        return (
            f"profiles {self.profiles:,}{resumed} · genes {self.genes:,} · {self.seconds:.1f} s · "
            f"{rate:,.0f} profiles/s · values clipped: {self.clipped:.2%} · "
            f"missing values imputed: {self.imputed:,} · landmarks missing: {missing}{rows}{samples}"
        )


def transform_file(
    source: Path,
    target: Path,
    bundle: Bundle | None = None,
    genes: list[str] | None = None,
    chunk: int = 1000,
    dtype: str = "float32",
    id_type: str = "auto",
    info: Path | None = None,
    force: bool = False,
    progress: bool = True,
) -> TransformSummary:
    """Translate every profile of a file; memory does not grow with their number.

    The output is written under a temporary name and renamed when whole. Run again after a kill, the same call
    goes on where it stopped. What was imputed or left out is noted in the output, with what the log told:
    attributes of a GCTX file, uns of an h5ad.

    Parameters
    ----------
    source : path
        GCTX, GCT, h5ad, Parquet, CSV, TSV or Feather with L1000 Level 3 landmarks (log2 intensity).
    target : path
        Output file; its suffix says the format.
    bundle : Bundle, optional
        The shipped default when absent.
    genes : list of str, optional
        Write only these genes (any alias), in this order.
    chunk : int
        Profiles translated at a time.
    dtype : {"float32", "float16"}
        Precision on disk.
    id_type : str
        See `resolve_ids`.
    info : path, optional
        A table of the samples, such as inst_info; its columns go to the output (GCTX and h5ad), beside those
        that the input has itself. A sample that it lacks is kept, without them.
    force : bool
        Overwrite an existing output.
    progress : bool
        Show a progress bar.

    Returns
    -------
    TransformSummary

    Raises
    ------
    ValueError
        Bad input, each in one sentence (see `Level3Input`); unknown genes.
    OSError
        The output is there and `force` is not given, cannot be written, or another run is writing it.
    """
    source, target = Path(source), Path(target)
    if chunk < 1:
        raise ValueError(f"chunk is {chunk}; expected at least 1 profile.")
    with output(target, force, [path for path in (source, info) if isinstance(path, str | Path)]):
        bundle = bundle or Bundle.load()
        with told() as sentences:
            return _transform(source, target, bundle, genes, chunk, dtype, id_type, info, progress, sentences)


def _transform(
    source: Path,
    target: Path,
    bundle: Bundle,
    genes: list[str] | None,
    chunk: int,
    dtype: str,
    id_type: str,
    info: Path | None,
    progress: bool,
    sentences: dict,
) -> TransformSummary:
    begun = time.perf_counter()
    file = open_profiles(source, info, id_type, unlisted="blank")
    landmarks = Level3Input.of(file, bundle.landmarks, bundle.l1000_mean)
    names, columns = chosen_genes(bundle, genes)
    total, clipped, imputed, unusual = len(file.sample_ids), 0.0, 0, 0
    stamp = source.stat()
    parts = [str(source.resolve()), stamp.st_size, stamp.st_mtime_ns, bundle.card.get("sha256"), names, dtype]
    writer = open_writer(
        target,
        genes=names,
        sample_ids=file.sample_ids,
        row_metadata=output_genes(names, bundle),
        sample_metadata=file.sample_metadata,
        dtype=dtype,
        fingerprint=hashlib.sha256(repr(parts).encode()).hexdigest(),
    )
    # one thread writes the previous chunk while this one computes the next
    with writer, ThreadPoolExecutor(1) as disk:
        resumed, pending = writer.done, None
        buffers = np.empty((2, min(chunk, total), len(bundle.genes)), np.float32)  # one is written meanwhile
        for start in range(0, resumed, chunk):  # what the earlier run imputed
            imputed += landmarks.read(start, min(start + chunk, resumed))[1]
        with tqdm(total=total, initial=resumed, unit="profile", disable=not progress) as bar:
            for start in range(resumed, total, chunk):
                try:
                    x, filled = landmarks.read(start, start + chunk)
                except ValueError:
                    if pending:
                        pending.result()
                    writer.part.unlink(missing_ok=True)  # of such input nothing will be made
                    raise
                unusual += int(bundle.unusual(x).sum())
                block, share = bundle.genome_of(x, buffers[start // chunk % 2, : len(x)])
                imputed, clipped = imputed + filled, clipped + share * len(x)
                if pending:
                    pending.result()
                pending = disk.submit(writer.write, start, block if columns is None else block[:, columns])
                bar.update(len(x))
            if pending:
                pending.result()
        if unusual:
            log.warning("%d of %d profiles %s: their genomes are guesses", unusual, total - resumed, UNUSUAL)
        writer.notes = {
            "n_values_imputed": imputed,
            "n_rows_left_out": landmarks.n_left_out,
            "n_samples_without_metadata": file.n_undescribed,
            "landmarks_missing": ", ".join(landmarks.missing),
            "told": "\n".join(sentences),
        }
    return TransformSummary(
        profiles=total,
        resumed=resumed,
        genes=len(names),
        seconds=time.perf_counter() - begun,
        clipped=clipped / max(total - resumed, 1),
        imputed=imputed,
        missing=landmarks.missing,
        left_out=landmarks.n_left_out,
        without_info=file.n_undescribed,
    )


def chosen_genes(bundle: Bundle, genes: list[str] | None) -> tuple[list[str], np.ndarray | None]:
    """Return the genes asked for, and their positions in a bundle; None for all genes as they are."""
    if genes is None:
        return list(bundle.genes), None
    asked = [str(gene) for gene in genes]
    known = [gene or name for gene, name in zip(find_genes(asked), asked, strict=True)]
    names = list(dict.fromkeys(known))
    positions = pd.Index(bundle.genes).get_indexer(names)
    unknown = [name for name, place in zip(names, positions, strict=True) if place < 0]
    if unknown or not names:
        raise ValueError(
            f"{len(unknown)} of {len(names)} genes asked for are not predicted by this bundle: "
            f"{', '.join(unknown[:5])}; see `l1000-rnaseq info --genes`."
        )
    return names, positions
