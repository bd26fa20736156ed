"""The functions of `import l1000_rnaseq as lr` that are a few lines over the rooms."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import anndata
    import pandas as pd

    from l1000_rnaseq.search.index import Index
    from l1000_rnaseq.translate.bundle import Bundle


def read(path: str | Path, info: "str | Path | pd.DataFrame | None" = None) -> "anndata.AnnData":
    """Read profiles into memory as an AnnData.

    Parameters
    ----------
    path : path
        GCTX, GCT, h5ad, Parquet, Feather, CSV or TSV.
    info : path or DataFrame, optional
        A table of the samples, such as inst_info; its first column has the sample ids.

    Returns
    -------
    AnnData, samples × genes, values as in the file
        `obs` has the columns of `info` beside those of the file.

    Raises
    ------
    ValueError
        The file is damaged or of another format, or a sample has no row in `info`.

    Examples
    --------
    >>> import tempfile, l1000_rnaseq as lr
    >>> folder = lr.simulate(tempfile.mkdtemp(), small=True) / "l1000"
    >>> lr.read(folder / "level3.gctx", info=folder / "inst_info.txt").n_vars
    978
    """
    import anndata

    from l1000_rnaseq.data.files.formats import open_profiles

    file = open_profiles(path, info)
    return anndata.AnnData(file.read(), file.sample_metadata, file.row_metadata)


def search(
    gene: str | Sequence[str],
    index: "str | Path | Index | None" = None,
    direction: str = "both",
    by: str = "log2fc",
    n: int = 100,
    **filters,
) -> "pd.DataFrame":
    """Find the perturbations that move a gene.

    Parameters
    ----------
    gene : str or sequence of str
        Symbol, alias, Ensembl or Entrez id.
    index : path or Index, optional
        Without it, the demo index that ships.
    direction : {"up", "down", "both"}
    by : {"log2fc", "cd", "rank"}
        What ranks the signatures: log2 fold change, characteristic direction, or the gene's rank.
    n : int
        Signatures for each direction.
    **filters
        cell, type, time, dose, perturbagen, source, … (see `search.filters.Filters`).

    Returns
    -------
    DataFrame, signatures × metadata and values, best first (see `search.by_gene.search`)

    Raises
    ------
    ValueError
        Unknown gene or option, or a filter that leaves nothing.

    Examples
    --------
    >>> import l1000_rnaseq as lr
    >>> lr.search("HMOX1", cell="HT115", n=5)["direction"].value_counts().to_dict()
    {'up': 5, 'down': 5}
    """
    from l1000_rnaseq.search.by_gene import search as search_index
    from l1000_rnaseq.search.filters import Filters
    from l1000_rnaseq.search.index import Index

    opened = index if isinstance(index, Index) else Index(index)
    return search_index(opened, gene, direction, by, Filters(**filters), n)


def match(
    up: Sequence[str] = (),
    down: Sequence[str] = (),
    index: "str | Path | Index | None" = None,
    signatures: str | Path | None = None,
    n: int = 10,
    least: int = 10,
    **filters,
) -> "pd.DataFrame":
    """Find the perturbagens that move a list of genes the same way, or the opposite way.

    Scores are of whole genomes. Where an index has more than 20,000 signatures, only those that can be in
    the answer are read whole, and ncs is NaN.

    Parameters
    ----------
    up, down : sequence of str
        Genes that go up, genes that go down; either may be empty.
    index : path or Index, optional
        Without this and `signatures`, the demo index that ships.
    signatures : path, optional
        Signatures in files: a folder that `l1000-rnaseq signatures` wrote, or a Level 5 file.
    n : int
        Perturbagens in each direction.
    least : int
        Genes that each list must name.
    **filters
        cell, type, time, dose, … of an index (see `search.filters.Filters`).

    Returns
    -------
    DataFrame, perturbagens × (direction, score, …), see `search.by_gene_list.perturbagens`

    Raises
    ------
    ValueError
        Too few genes, or a gene in both lists.

    Examples
    --------
    >>> import l1000_rnaseq as lr
    >>> heat_shock = "HSPA1A HSPA1B DNAJB1 HSPH1 HSPA8 BAG3 HSPB1 HSPD1 HSPE1 DNAJA1 HSPA4L CHORDC1".split()
    >>> lr.match(up=heat_shock, source="wells")["direction"].iloc[0]
    'connected'
    """
    from l1000_rnaseq.search.by_gene_list import perturbagens, score_query
    from l1000_rnaseq.search.filters import Filters

    chosen = {"least": least, "filters": Filters(**filters), "progress": False}
    return perturbagens(score_query(up, down, index, signatures, **chosen, top=n)[1], n)


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
