"""The index file: what it has and how one gene is read from it."""

import json
from functools import cached_property
from importlib import resources
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from l1000_rnaseq.search.gene_names import GeneNames

FORMAT, VERSION = "l1000-rnaseq index", 1
RECORD = np.dtype([("gap", "<u4"), ("log2fc", "<f2"), ("rank", "<u2")])
"""One gene in one signature, in signature order; `gap` is the step from the signature before. Rank 1 has the
largest characteristic direction of the signature; the direction follows from the rank (see `Index.cd_of`)."""
KEPT_WITHIN = ("type", "cell_id")  # the best of every such group are kept, besides the best of every type


class Index:
    """An opened index. Metadata are in memory; the entries of a gene are one read.

    Parameters
    ----------
    path : path, optional
        A file that `l1000-rnaseq index` wrote; without it, the demo index that ships with the library.

    Attributes
    ----------
    path : Path
    genes : DataFrame, symbol × (entrez, ensembl, aliases, status, reliability, first, stop)
        reliability: held-out correlation of the bundle for this gene, NaN for measured landmarks.
    signatures : DataFrame, one row each × metadata
        Columns of `sig_table.TABLE` and `sig_table.NUMBERS`, and source; text columns are categorical.
    moved : DataFrame, genes × types
        Specificity background: share of all signatures of a type in which the gene is in the first or last
        hundredth of the ranks; 0.02 is chance.
    top : int
        How many signatures were kept for each gene, direction, ranking, type and cell line.
    complete : bool
        Every signature was kept for every gene, so that any filter is exact.
    provenance : dict
        What it was made from.

    Raises
    ------
    ValueError
        Not an index, of another version, truncated or unfinished.

    Examples
    --------
    >>> Index()
    Index(demo_index.h5: 439 signatures × 16,198 genes)
    """

    def __init__(self, path: str | Path | None = None):
        self.path = path = Path(path) if path else default_index()
        if not path.is_file():
            raise ValueError(
                f"no index at {path}; make one with `l1000-rnaseq index SIGNATURES… {path.name}`."
            )
        try:
            with h5py.File(path) as file:
                if file.attrs.get("format") != FORMAT:
                    raise ValueError(f"{path} is an HDF5 file but not an index of this library.")
                if file.attrs["version"] != VERSION:
                    raise ValueError(
                        f"{path} is an index of format version {file.attrs['version']}, this library reads "
                        f"version {VERSION}; build it again with `l1000-rnaseq index`."
                    )
                if file["entries"].dtype != RECORD or file["genes/stop"][-1] != len(file["entries"]):
                    raise ValueError(f"{path} is not whole; build it again with `l1000-rnaseq index`.")
                self.genes = read_table(file["genes"]).set_index("symbol")
                self.signatures = read_table(file["signatures"])
                types = [_text(name) for name in file["moved"].attrs["types"]]
                self.moved = pd.DataFrame(file["moved"][()], self.genes.index, types)
                meta = json.loads(file.attrs["meta"])
        except (OSError, KeyError, RuntimeError, TypeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ValueError(
                f"{path} is truncated or not an HDF5 index ({reason}); build it again."
            ) from error
        self.top, self.complete, self.provenance = meta["top"], meta["complete"], meta["provenance"]

    def __repr__(self) -> str:
        return f"Index({self.path.name}: {len(self.signatures):,} signatures × {len(self.genes):,} genes)"

    @cached_property
    def names(self) -> GeneNames:
        """What people call its genes."""
        return GeneNames(self.genes.index)

    @cached_property
    def knots(self) -> np.ndarray:
        """Characteristic direction of every signature at the ranks of `knot_ranks`: signatures × knots."""
        return self.file["knots"][()]

    def cd_of(self, signature: np.ndarray, rank: np.ndarray) -> np.ndarray:
        """Return the characteristic direction at a rank of a signature.

        Every signature's sorted directions are stored at a few hundred ranks, the first and last 64 among
        them; between two of them the direction is interpolated along the log odds of the rank.
        """
        ranks = knot_ranks(len(self.genes))
        right = np.clip(np.searchsorted(ranks, rank), 1, len(ranks) - 1)
        position = log_rank(np.asarray(rank), len(self.genes))
        low, high = (log_rank(ranks[side], len(self.genes)) for side in (right - 1, right))
        share = np.clip((position - low) / (high - low), 0, 1)
        before, after = (self.knots[signature, side].astype(np.float32) for side in (right - 1, right))
        return (1 - share) * before + share * after

    @cached_property
    def file(self) -> h5py.File:
        """The open file, kept for the next gene."""
        return h5py.File(self.path)

    def share_moved(self, symbol: str) -> float:
        """Return the share of all signatures in which a gene is among the first or last hundredth."""
        sizes = self.signatures["type"].astype(str).value_counts().reindex(self.moved.columns)
        return float((self.moved.loc[symbol] * sizes).sum() / sizes.sum())

    def about_gene(self, symbol: str) -> str:
        """Say in three sentences what a gene's values in this index are worth."""
        gene, n = self.genes.loc[symbol], len(self.signatures)
        today = gene.get("hgnc_symbol", "")
        text = symbol if today in ("", symbol) else f"{symbol} (today {today})"
        text += f" is a {gene['status']} gene"
        if gene["status"] == "landmark":
            text += ", measured by L1000"
        elif np.isfinite(gene["reliability"]):
            text += f"; the model's held-out correlation for it is {gene['reliability']:.2f}"
        moved = (
            f"It is among the first or last 1 % of genes in {self.share_moved(symbol):.0%} of the signatures"
        )
        return f"{text}. {moved} (chance: 2 %). The index has {n:,} signatures."

    def entries(self, symbol: str) -> pd.DataFrame:
        """Return the stored signatures of a gene: row number in `signatures` × (log2fc, cd, rank)."""
        first, stop = self.genes.loc[symbol, ["first", "stop"]]
        records = self.file["entries"][int(first) : int(stop)]
        signature, rank = np.cumsum(records["gap"].astype(np.int64)), records["rank"].astype(np.int64)
        columns = {
            "log2fc": records["log2fc"].astype(np.float32),
            "cd": self.cd_of(signature, rank),
            "rank": rank,
        }
        return pd.DataFrame(columns, index=signature)


def knot_ranks(n_genes: int) -> np.ndarray:
    """Return the ranks at which sorted directions are stored: 1 to 64, then 8 an octave, from both ends."""
    half = (n_genes + 1) // 2
    near = np.r_[np.arange(1, 65), np.round(64 * 2 ** (np.arange(1, 400) / 8))]
    near = np.unique(np.r_[near[near < half], half]).astype(int)
    return np.unique(np.r_[near, n_genes + 1 - near])


def log_rank(rank: np.ndarray, n_genes: int) -> np.ndarray:
    """Return the log odds of the rank: logarithmic at both ends, even in the middle."""
    return np.log(rank) - np.log(n_genes + 1 - np.asarray(rank))


def default_index() -> Path:
    """Return the path of the demo index that ships with the library."""
    return Path(str(resources.files("l1000_rnaseq") / "assets" / "demo_index.h5"))


def write_table(group: h5py.Group, table: pd.DataFrame) -> None:
    """Store a table column by column: numbers as they are, text as codes and categories."""
    options = {"compression": "gzip", "shuffle": True, "track_times": False}
    group.attrs["columns"] = np.array([name.encode() for name in table.columns], "S")
    for name, column in table.items():
        if column.dtype.kind in "biuf":
            group.create_dataset(name, data=column.to_numpy(), **options)
            continue
        codes, values = pd.factorize(column.astype(str), sort=True)
        data = group.create_dataset(name, data=codes.astype(np.int32), **options)
        texts = np.array([str(value).encode() for value in values], dtype="S")
        group.create_dataset(f"{name}__values", data=texts, **options)
        data.attrs["text"] = True


def read_table(group: h5py.Group) -> pd.DataFrame:
    """Read what `write_table` stored; text comes back as categories."""
    columns = {}
    for name in map(_text, group.attrs["columns"]):
        values = group[name][()]
        if group[name].attrs.get("text"):
            texts = [text.decode() for text in group[f"{name}__values"][()]]
            columns[name] = pd.Categorical.from_codes(values, texts) if len(texts) < len(values) else texts
            if len(texts) == len(values):  # all different: ids
                columns[name] = np.array(texts, object)[values]
        else:
            columns[name] = values
    return pd.DataFrame(columns)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
