"""GTEx counts by tissue: one pass over the GCT into an HDF5 file that gives each tissue alone."""

import logging
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from tqdm import tqdm

from l1000_rnaseq.data.files.gct import NUMBERED
from l1000_rnaseq.data.files.gtex import read_gct_header, sum_by_gene
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.files.stream import MatrixStream, signature
from l1000_rnaseq.data.files.text import open_text
from l1000_rnaseq.data.gene_ids import genes_of_rows

log = logging.getLogger(__name__)
MATRIX = "counts"
LAYOUT = "counts, samples, names: 2"  # a file of another layout is made anew
_BLOCK_ROWS = 256


@dataclass(frozen=True)
class TissueCounts:
    """GTEx counts on disk, the samples of a tissue side by side.

    Attributes
    ----------
    path : Path
        HDF5 file: counts (genes × samples, float32), samples, names (gene symbols as in the GCT).
    info : DataFrame, samples × (SMTS, SMTSD, SUBJID, SEX, AGE, DTHHRDY)
        Select samples or tissues by `dataclasses.replace(tissues, info=…)`.
    column : str
        Column of `info` that names the tissue.
    """

    path: Path
    info: pd.DataFrame
    column: str

    @property
    def tissues(self) -> list[str]:
        """The tissues, sorted by name."""
        return sorted(self.info[self.column].unique())

    def read(self, tissue: str) -> pd.DataFrame:
        """Read one tissue; memory is twice its counts in float32.

        Returns
        -------
        DataFrame, samples × genes
            Linear counts (float32); columns are canonical symbols, genes of the same symbol are summed.

        Raises
        ------
        ValueError
            There is no such tissue.
        """
        samples = self.info.index[self.info[self.column] == tissue]
        if not len(samples):
            raise ValueError(f"no tissue {tissue!r} in {self.path}; there are {', '.join(self.tissues)}.")
        with h5py.File(self.path) as file:
            columns = pd.Index(file["samples"].asstr()[()]).get_indexer(samples)
            first = columns.min()
            counts = file[MATRIX][:, first : columns.max() + 1]
            names = list(file["names"].asstr()[()])
        if len(samples) < counts.shape[1] or (np.diff(columns) != 1).any():
            counts = counts[:, columns - first]
        counts, genes = sum_by_gene(counts, names)
        return pd.DataFrame(np.ascontiguousarray(counts.T), index=samples, columns=genes)


def split_by_tissue(
    path, info: pd.DataFrame, cache, column: str = "SMTS", progress: bool = True
) -> TissueCounts:
    """Rewrite a GTEx gene_reads file so that each tissue can be read alone.

    The GCT is read once, gene by gene, with 256 genes in memory. A killed run resumes where it stopped. A
    file that was made from the same GCT and table is used as it is.

    Parameters
    ----------
    path : path-like
        GCT 1.2, gzipped or not: Name, Description, one column for each sample.
    info : DataFrame, samples × (SMTS, SMTSD, SUBJID, SEX, AGE, DTHHRDY)
        As `data.files.gtex.read_sample_info` returns it. Samples of the GCT without a tissue or an
        age here are left out (logged).
    cache : path-like
        HDF5 file to write, uncompressed: 4 bytes × genes × samples (3.9 GB for GTEx v8).
    column : str
        SMTS, the primary tissue, as in the paper; or SMTSD, the tissue in detail.
    progress : bool

    Raises
    ------
    ValueError
        No GCT 1.2, a damaged row, a count that is negative or no number, or no sample of it in `info`.
    """
    path, cache = Path(path), Path(cache)
    n_genes, samples = read_gct_header(path)
    kept_info = info.reindex(samples)
    kept_info = kept_info[kept_info[[column, "AGE", "SUBJID"]].notna().all(axis=1)]
    if kept_info.empty:
        raise ValueError(
            f"none of the {len(samples)} samples of {path} has a tissue and an age in the sample table: "
            f"{first_five(samples)}; use the attributes and phenotypes of the same release."
        )
    if len(kept_info) < len(samples):
        n_left_out = len(samples) - len(kept_info)
        log.warning(
            "%d of %d samples of %s have no tissue or age and are left out", n_left_out, len(samples), path
        )
    kept_info = kept_info.iloc[np.lexsort([kept_info.index.to_numpy(str), kept_info[column].to_numpy(str)])]
    stamp = path.stat()
    job = signature(
        LAYOUT, str(path.resolve()), stamp.st_size, stamp.st_mtime_ns, kept_info.index, kept_info[[column]]
    )
    if not _is_made_from(cache, job):
        order = pd.Index(samples).get_indexer(kept_info.index)
        _rewrite(path, cache, job, n_genes, samples, order, progress)
    return TissueCounts(cache, kept_info, column)


def _is_made_from(cache: Path, job: str) -> bool:
    if not cache.is_file():
        return False
    try:
        with h5py.File(cache) as file:
            return file.attrs.get("job") == job
    except OSError:
        return False


def _rewrite(path, cache, job: str, n_genes: int, samples: list, order: np.ndarray, progress: bool) -> None:
    """Write genes × samples in the order given; the genes come last, when all rows have been seen."""

    def first(file: h5py.File) -> None:
        file.attrs["job"] = job
        file["samples"] = np.array(samples, object)[order]

    def last(file: h5py.File) -> None:
        if "names" not in file:  # an earlier run may have been killed after this
            ids, symbols = zip(*names, strict=True)
            file["names"] = np.array(genes_of_rows(symbols, ids), dtype=h5py.string_dtype())

    names, shape = [], (n_genes, len(order))
    with (
        MatrixStream(cache, MATRIX, shape, "float32", job, first, last) as stream,
        open_text(path) as lines,
        tqdm(total=n_genes, unit="gene", disable=not progress) as bar,
    ):
        head = list(islice(lines, 3))[-1]
        is_numbered = head.split("\t")[:3] == NUMBERED
        rows = (line.partition("\t")[2] for line in lines) if is_numbered else lines
        while block := list(islice(rows, _BLOCK_ROWS)):
            start = len(names)
            names.extend(row.split("\t", 2)[:2] for row in block if row.count("\t") >= 2)
            if len(names) > n_genes or len(names) < start + len(block):
                break
            new = block[max(0, stream.done - start) :]
            if new:
                stream.write(stream.done, np.stack([_row(path, row, len(samples)) for row in new])[:, order])
            bar.update(len(block))
        if len(names) != n_genes:
            raise ValueError(
                f"{path}: the dimension line says {n_genes} genes, but the table has "
                f"{'more' if len(names) > n_genes else len(names)}. The file is cut off or damaged."
            )


def _row(path: Path, row: str, n_samples: int) -> np.ndarray:
    name, _, *fields = row.rstrip("\r\n").split("\t")
    if len(fields) != n_samples:
        raise ValueError(
            f"{path}: gene {name[:40]} has {len(fields)} values; expected {n_samples}. The file is damaged."
        )
    try:
        values = np.array(fields, dtype=np.float32)
    except ValueError as error:
        raise ValueError(f"{path}: gene {name[:40]} has a value that is no number: {error}.") from error
    if not (values >= 0).all() or np.isinf(values).any():
        raise ValueError(f"{path}: gene {name[:40]} has a negative or missing count; expected read counts.")
    return values
