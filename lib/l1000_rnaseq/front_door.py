"""The functions of `import l1000_rnaseq as lr` that are a few lines over the rooms."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import anndata
    import pandas as pd

    from l1000_rnaseq.search.index import Index
    from l1000_rnaseq.translate.bundle import Bundle


def read(path: str | Path, info: str | Path | None = None) -> "anndata.AnnData":
    """Read profiles into memory as an AnnData.

    Parameters
    ----------
    path : path
        GCTX, GCT, h5ad, Parquet, Feather, CSV or TSV.
    info : path, optional
        A table of the samples, such as inst_info; its first column has the sample ids.

    Returns
    -------
    AnnData, samples × genes, values as in the file
        `obs` has the columns of `info`, or what the file itself says of its samples.

    Raises
    ------
    ValueError
        The file is damaged or of another format, or a sample has no row in `info`.

    Examples
    --------
    >>> import l1000_rnaseq as lr
    >>> wells = lr.read("level3.gctx", info="inst_info.txt")  # doctest: +SKIP
    """
    import anndata

    from l1000_rnaseq.data.files.formats import open_profiles
    from l1000_rnaseq.data.files.profile_file import first_five
    from l1000_rnaseq.signatures.signature_files import read_well_table

    file = open_profiles(path)
    obs = file.sample_metadata
    if info is not None:
        table = read_well_table(info)
        absent = file.sample_ids.difference(table.index)
        if len(absent):
            raise ValueError(f"{len(absent)} samples of {path} are not in {info}: {first_five(absent)}.")
        obs = table.loc[file.sample_ids]
    return anndata.AnnData(file.read(), obs, file.row_metadata)


def load_model(model: str | Path | None = None) -> "Bundle":
    """Open a translator: a bundle of weights, genes, scores and provenance.

    Parameters
    ----------
    model : path, optional
        A bundle that `l1000-rnaseq train` wrote; without it, the one that ships.

    Raises
    ------
    ValueError
        Not a bundle, of another version, truncated or altered.

    Examples
    --------
    >>> import l1000_rnaseq as lr
    >>> len(lr.load_model().landmarks)
    977
    """
    from l1000_rnaseq.translate.bundle import Bundle

    return Bundle.load(model)


def simulate(folder: str | Path, seed: int = 0, small: bool = False) -> Path:
    """Write a data folder with planted truth, in the formats of the real files.

    Parameters
    ----------
    folder : path
        Is made; it must be empty.
    seed : int
        The same seed gives the same bytes.
    small : bool
        An eighth of the size, for tests.

    Returns
    -------
    Path
        The folder. PLANTED_TRUTH.md in it says what is true.

    Examples
    --------
    >>> import tempfile, l1000_rnaseq as lr
    >>> folder = lr.simulate(tempfile.mkdtemp(), small=True)
    >>> (folder / "l1000" / "level3.gctx").is_file()
    True
    """
    from l1000_rnaseq.data.simulate.data_folder import SMALL
    from l1000_rnaseq.data.simulate.data_folder import simulate as write_folder

    write_folder(folder, seed=seed, scale=SMALL if small else 1.0)
    return Path(folder)
