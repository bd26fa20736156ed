"""What every signature of an index does to one gene, read once."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.relative_ranks import relative


@dataclass(frozen=True)
class GeneValues:
    """A gene in all signatures.

    Attributes
    ----------
    symbol : str
    of : int
        Genes of its status.
    log2fc, cd : float32 array, signatures
        log2 fold change; characteristic direction.
    rank : int64 array, signatures
        Among the genes of its status by the direction: 1 is moved up most.
    """

    symbol: str
    of: int
    log2fc: np.ndarray
    cd: np.ndarray
    rank: np.ndarray

    @classmethod
    def read(cls, index: Index, symbol: str) -> "GeneValues":
        """Read them; `symbol` is as the index calls the gene. They are those of `Index.values`.

        Examples
        --------
        >>> values = GeneValues.read(Index(), "HMOX1")
        >>> len(values.rank) == len(values.log2fc) and int(values.rank.max()) <= values.of
        True
        """
        of = int(index.status_sizes[str(index.genes["status"].loc[symbol])])
        log2fc = index.values(symbol, "log2fc")
        cd, rank = (index.values(symbol, what, changes=log2fc)[:, 0] for what in ("cd", "rank"))
        return cls(symbol, of, log2fc[:, 0], cd, rank)

    def relative(self, rows: np.ndarray) -> pd.DataFrame:
        """Return the same as `relative_ranks` of the gene in some signatures."""
        return relative(self.rank[rows, None], self.log2fc[rows, None], np.array([self.of]), rows)
