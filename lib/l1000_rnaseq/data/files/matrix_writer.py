"""What the writers of GCTX and h5ad share: unique ids, metadata that fit them, and resuming."""

import numpy as np
import pandas as pd

from l1000_rnaseq.data.files.described import described
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
        rows = described(path, "gene", genes, row_metadata, self.reserved)
        samples = described(path, "sample", sample_ids, sample_metadata, self.reserved)
        dtype, attrs = np.dtype(dtype), dict(attrs or {})
        job = signature(type(self).__name__, rows.index, samples.index, rows, samples, dtype.name, attrs)
        super().__init__(
            path,
            self.matrix,
            (len(samples), len(rows)),
            dtype,
            job,
            lambda h5: self._describe(h5, rows, samples, attrs),
            lambda h5: self._note(h5, self.notes),
            matrix_attrs=self.matrix_attrs,
            resume=resume,
        )
