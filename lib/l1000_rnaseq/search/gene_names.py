"""What people call a gene → its symbol in an index or in a file of signatures."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from l1000_rnaseq.data.genes import cmap_genes, gene_synonyms, other_genes


@dataclass(frozen=True)
class GeneNames:
    """Genes that can be asked for, with their other names.

    Attributes
    ----------
    table : DataFrame, symbol × (entrez, ensembl, aliases, …)
        −1 and '' where not known; aliases are separated by '|'.
    """

    table: pd.DataFrame

    @classmethod
    def of(cls, symbols: Sequence[str]) -> "GeneNames":
        """Look up the other names of genes."""
        cmap = cmap_genes().reindex(symbols)
        ensembl = cmap["ensembl"].fillna("").to_numpy(object)
        ensembl = np.where(ensembl == "", other_genes()["ensembl"].reindex(symbols).fillna(""), ensembl)
        columns = {
            "entrez": cmap["entrez"].fillna(-1).astype(int).to_numpy(),
            "ensembl": ensembl,
            "aliases": cmap["aliases"].fillna("").to_numpy(object),
        }
        return cls(pd.DataFrame(columns, index=pd.Index(symbols, name="symbol")))

    @cached_property
    def symbols_by_name(self) -> dict[str, list[str]]:
        """Upper-case name or id → symbols; a symbol comes before an alias of the same name."""
        names: dict[str, list[str]] = {}
        for symbol, aliases in self.table["aliases"].astype(str).items():
            for alias in filter(None, aliases.split("|")):
                names.setdefault(alias.upper(), []).append(symbol)
        for column in ("ensembl", "entrez"):
            for symbol, key in self.table[column].astype(str).items():
                if key not in ("", "-1"):
                    names[key] = [symbol]
        for symbol, synonyms in gene_synonyms().reindex(self.table.index).dropna().items():
            for name in map(str.upper, synonyms.split("|")):
                if symbol not in names.setdefault(name, []):
                    names[name].append(symbol)
        return names | {symbol.upper(): [symbol] for symbol in self.table.index}

    def resolve(self, name: str) -> str:
        """Return the symbol of a gene.

        Parameters
        ----------
        name : str
            Symbol in any case, alias or previous symbol, Ensembl id (with or without version), Entrez id.

        Raises
        ------
        ValueError
            Unknown, with up to five similar names; or the name belongs to several genes.
        """
        text = str(name).strip()
        for spelling in (text, text.upper()):  # nearly all; the other names take a while to read
            if spelling in self.table.index:
                return spelling
        symbols = self.symbols_by_name.get(re.sub(r"^(ENSG\d+)\.\d+$", r"\1", text.upper()), [])
        if len(symbols) == 1:
            return symbols[0]
        if symbols:
            raise ValueError(
                f"{text[:40]!r} is a name of several genes: {', '.join(symbols)}; name one of them."
            )
        similar = difflib.get_close_matches(text.upper()[:40], self.symbols_by_name, n=5, cutoff=0.7)
        suggested = ", ".join(dict.fromkeys(self.symbols_by_name[other][0] for other in similar))
        hint = f"; did you mean {suggested}?" if suggested else "."
        raise ValueError(f"Gene {text[:40]!r} is not in this index{hint}")

    def resolve_all(self, names: str | Sequence[str]) -> list[str]:
        """Return the symbols of one gene or several."""
        return [self.resolve(name) for name in ([names] if isinstance(names, str) else names)]
