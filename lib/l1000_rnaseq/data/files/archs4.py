"""Read ARCHS4 HDF5 files (v1 to v2.x) a few samples at a time, and draw samples as the paper did.

The layouts differ: the first files have tables ``meta/genes`` and ``meta/Sample_*`` and a matrix
samples × genes, later ones groups ``meta/genes`` and ``meta/samples`` and a matrix genes × samples.
The orientation is taken from the shape.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.hdf5 import as_texts, open_hdf5
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.gene_ids import genes_of_rows, of_mouse

log = logging.getLogger(__name__)
_GENE_NAMES = ("meta/genes/symbol", "meta/genes/gene_symbol", "meta/genes/genes", "meta/genes")
_GENE_IDS = ("meta/genes/ensembl_gene", "meta/genes/ensembl_gene_id", "meta/genes/ensembl_id")
_READS = ("reads_total", "readstotal", "total_reads", "reads_aligned", "readsaligned", "alignedreads")


@dataclass(frozen=True)
class Archs4File:
    """An opened ARCHS4 file; metadata in memory, counts on disk.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    samples : pandas.DataFrame
        Index = geo_accession; one column for each metadata field (older ``Sample_`` prefixes taken off).
    genes : list of str
        Canonical symbols in file order, each once; the counts of repeated symbols are summed.
    """

    path: Path
    samples: pd.DataFrame
    genes: list[str]
    _codes: np.ndarray = field(repr=False)
    _genes_first: bool = field(repr=False)

    def iter(self, chunk: int = 500, index=None) -> Iterator[pd.DataFrame]:
        """Yield the counts of some samples, a chunk at a time.

        Parameters
        ----------
        chunk : int
            Samples in one table.
        index : sequence of int or of str, optional
            Sample positions or accessions, in the order wanted; None gives all.

        Yields
        ------
        pandas.DataFrame
            Samples × genes, linear counts as stored (not normalised).

        Raises
        ------
        ValueError
            If an accession is not in the file or `chunk` is below 1.
        """
        if chunk < 1:
            raise ValueError(f"chunk is {chunk}; expected at least 1 sample.")
        positions = asked = np.arange(len(self.samples)) if index is None else np.asarray(index)
        if asked.dtype.kind in "OUS":
            positions = self.samples.index.get_indexer(asked)
            absent = asked[positions < 0]
            if len(absent):
                raise ValueError(
                    f"{len(absent)} samples are not in {self.path}: {', '.join(map(str, absent[:5]))}; "
                    f"it has {', '.join(self.samples.index[:3])}, …"
                )
        with open_hdf5(self.path, "ARCHS4") as h5:
            data = h5["data/expression"]
            for first in range(0, len(positions), chunk):
                part = positions[first : first + chunk].astype(int)
                yield pd.DataFrame(self._read(data, part), index=self.samples.index[part], columns=self.genes)

    def _read(self, data: h5py.Dataset, positions: np.ndarray) -> np.ndarray:
        """Each HDF5 chunk that has a wanted sample is read once; neighbouring chunks in one piece."""
        axis = 1 if self._genes_first else 0
        width = data.chunks[axis] if data.chunks else 1
        order = np.argsort(positions, kind="stable")
        slots = positions[order] // width
        block = np.empty((len(positions), data.shape[1 - axis]), data.dtype)
        for run in np.split(order, np.flatnonzero(np.diff(slots) > 1) + 1) if len(order) else []:
            start, stop = positions[run[0]], positions[run[-1]] + 1
            slab = data[:, start:stop].T if self._genes_first else data[start:stop]
            block[run] = slab[positions[run] - start]
        if len(self.genes) == block.shape[1]:
            return block
        total = np.zeros((len(block), len(self.genes)), block.dtype)
        np.add.at(total.T, self._codes, block.T)
        return total


def open_archs4(path) -> Archs4File:
    """Open an ARCHS4 gene-level file of any version.

    Parameters
    ----------
    path : path-like
        For instance human_gene_v2.5.h5, or human_matrix.h5 of the first versions.

    Returns
    -------
    Archs4File

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no HDF5 file, is truncated, has genes of the mouse, or lacks counts, gene names or
        accessions.
    """
    path = Path(path)
    with open_hdf5(path, "ARCHS4") as h5:
        named = next((name for name in _GENE_NAMES if isinstance(h5.get(name), h5py.Dataset)), None)
        group = h5.get("meta/samples", h5.get("meta"))
        fields = {} if group is None else {n.removeprefix("Sample_"): d for n, d in group.items()}
        absent = [
            what
            for what, is_there in (
                ("data/expression", "data/expression" in h5),
                ("gene symbols (meta/genes/symbol)", named),
                ("accessions (meta/samples/geo_accession)", "geo_accession" in fields),
            )
            if not is_there
        ]
        if absent:
            raise ValueError(f"{path} is HDF5 but not ARCHS4: it has no {', '.join(absent)}.")
        symbols, accessions = as_texts(h5[named]), as_texts(fields.pop("geo_accession"))
        has_ids = next((name for name in _GENE_IDS if isinstance(h5.get(name), h5py.Dataset)), None)
        ensembl = as_texts(h5[has_ids]) if has_ids else None
        samples = pd.DataFrame(
            {
                name: as_texts(data) if data.dtype.kind in "SO" else data[:]
                for name, data in fields.items()
                if isinstance(data, h5py.Dataset) and data.shape == (len(accessions),) and name != "genes"
            },
            index=pd.Index(accessions, name="geo_accession", dtype=object),
        )
        shape, expected = h5["data/expression"].shape, (len(symbols), len(accessions))
    if shape not in (expected, expected[::-1]):
        raise ValueError(
            f"{path} is damaged: data/expression is {shape}, but it names {expected[0]} genes and "
            f"{expected[1]} samples."
        )
    if of_mouse(symbols) or (ensembl is not None and of_mouse(ensembl)):
        raise ValueError(
            f"{path} has genes of the mouse: {first_five(symbols)}; expected the human file of ARCHS4, such "
            "as human_gene_v2.5.h5."
        )
    codes, genes = pd.factorize(np.array(genes_of_rows(symbols, ensembl), dtype=object))
    return Archs4File(path, samples, list(genes), codes, shape == expected)


def select_samples(
    samples: pd.DataFrame,
    min_reads: float = 1e6,
    max_series_size: int = 200,
    n: int | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Draw samples as the paper's code does.

    Kept are samples with more than `min_reads` reads, of series with fewer than `max_series_size` samples
    (counted before any filter), and, where ``singlecellprobability`` is known, those below 0.5.

    Parameters
    ----------
    samples : pandas.DataFrame
        `Archs4File.samples`. A column that is absent filters nothing (logged as a warning). Total reads are
        used where given, aligned reads otherwise.
    min_reads : float
        Published: 1e6.
    max_series_size : int
        Published: 200.
    n : int, optional
        Draw at most so many at random without replacement (published: 50,000).
    seed : int
        Seed of that draw.

    Returns
    -------
    numpy.ndarray of int
        Positions in `samples`, increasing.

    Raises
    ------
    ValueError
        If no sample passes.
    """
    keep, steps = np.ones(len(samples), bool), []
    reads = next((name for name in _READS if name in samples), None)
    if reads is None:
        log.warning("no column of read counts (%s): samples are not filtered by reads", ", ".join(_READS))
    else:
        keep &= pd.to_numeric(samples[reads], errors="coerce").to_numpy(float) > min_reads
        steps.append(f"{keep.sum():,} have more than {min_reads:,.0f} reads")
    if "series_id" in samples:
        size = samples["series_id"].map(samples["series_id"].value_counts())
        keep &= size.to_numpy() < max_series_size
        steps.append(f"{keep.sum():,} of them are in series of fewer than {max_series_size} samples")
    else:
        log.warning("no column series_id: samples are not filtered by the size of their series")
    if "singlecellprobability" in samples:
        keep &= pd.to_numeric(samples["singlecellprobability"], errors="coerce").to_numpy(float) < 0.5
        steps.append(f"{keep.sum():,} of them are not single cells")
    if not keep.any():
        raise ValueError(f"No sample of {len(samples):,} is left: {'; '.join(steps)}. Loosen a limit.")
    chosen = np.flatnonzero(keep)
    if n is not None and n < len(chosen):
        chosen = np.sort(np.random.default_rng(seed).choice(chosen, n, replace=False))
    return chosen
