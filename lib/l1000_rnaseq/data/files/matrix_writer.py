"""What the writers of GCTX and h5ad share: ids that are unique, metadata that fit them, resume."""

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.missing import as_missing
from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.files.stream import MatrixStream, signature


class MatrixWriter(MatrixStream):
    """Write profiles block by block; use it as a context manager. `_describe` writes all but the matrix.

    The matrix is uncompressed and contiguous. Work goes on in ``<name>.part``; a killed run resumes from it
    if genes, samples, metadata, dtype and attributes are the same, else it begins anew.

    Parameters
    ----------
    path : path-like
        Final name.
    genes, sample_ids : sequence of str
        Ids of the rows and of the samples.
    row_metadata, sample_metadata : pandas.DataFrame, optional
        One row per gene or sample, in the same order.
    dtype : {'float32', 'float16'}
        Stored type; float16 halves the file and keeps 3 digits.
    attrs : dict, optional
        Attributes of the file (text or numbers), for instance ``fingerprint``: what the values were made
        with.
    resume : bool
        False throws an unfinished file away.

    Raises
    ------
    ValueError
        If an id is there twice or a metadata table has another length.
    """

    matrix: str
    matrix_attrs: dict = {}
    reserved: tuple[str, ...] = ()  # names of the format, which no column may have

    def __init__(
        self,
        path,
        genes,
        sample_ids,
        row_metadata: pd.DataFrame | None = None,
        sample_metadata: pd.DataFrame | None = None,
        dtype: str = "float32",
        attrs: dict | None = None,
        resume: bool = True,
    ):
        rows = self._metadata(path, "gene", genes, row_metadata)
        samples = self._metadata(path, "sample", sample_ids, sample_metadata)
        dtype, attrs = np.dtype(dtype), dict(attrs or {})
        job = signature(type(self).__name__, rows.index, samples.index, rows, samples, dtype.name, attrs)
        super().__init__(
            path,
            self.matrix,
            (len(samples), len(rows)),
            dtype,
            job,
            lambda h5: self._describe(h5, rows, samples, attrs),
            matrix_attrs=self.matrix_attrs,
            resume=resume,
        )

    def _metadata(self, path, what: str, ids, table: pd.DataFrame | None) -> pd.DataFrame:
        """Return metadata under their ids, what is missing as NaN, every column under a name of its own."""
        ids = unique_ids(ids, what, path)
        if table is None:
            return pd.DataFrame(index=ids)
        if len(table) != len(ids):
            raise ValueError(f"{what} metadata for {path} has {len(table)} rows; expected {len(ids)}.")
        names = []
        for name in table.columns:
            name = str(name).replace("/", "_")
            while name in (*names, *self.reserved):
                name += "_"
            names.append(name)
        return as_missing(table.set_axis(ids).set_axis(names, axis=1))


def unique_ids(ids, what: str, path) -> pd.Index:
    """Return ids as text; a ValueError if one is there twice."""
    index = pd.Index([str(i) for i in ids], dtype=object)
    twice = index[index.duplicated()].unique()
    if len(twice):
        raise ValueError(
            f"{len(twice)} {what} ids are repeated in what is written to {path}: {first_five(twice)}; "
            "expected each once."
        )
    return index
