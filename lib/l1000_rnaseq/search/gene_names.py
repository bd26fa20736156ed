"""What people call a gene → its symbol in an index or in a file of signatures."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from l1000_rnaseq.data.gene_tables import name_of_symbol
from l1000_rnaseq.data.genes import describe_genes, gene_synonyms


@dataclass(frozen=True)
class GeneNames:
    """Genes that can be asked for.

    Attributes
    ----------
    symbols : Index of str
        L1000 symbols, or HGNC's where CMap has no such gene.
    """

    symbols: pd.Index

    @cached_property
    def table(self) -> pd.DataFrame:
        """What else the genes are called (see `describe_genes`)."""
        everyday = gene_synonyms().reindex(self.symbols).fillna("").to_numpy(object)
        return describe_genes(self.symbols).assign(everyday=everyday)

    @cached_property
    def symbols_by_name(self) -> dict[str, list[str]]:
        """Upper-case name or id → symbols; today's name comes before a previous one, an alias last."""
        by_name: dict[str, list[str]] = {symbol.upper(): [symbol] for symbol in self.symbols}
        for column in ("hgnc_symbol", "ensembl_id", "entrez_id", "previous", "aliases", "everyday"):
            level: dict[str, list[str]] = {}
            for symbol, names in self.table[column].items():
                for name in filter(None, names.upper().split("|")):
                    if symbol not in level.setdefault(name, []):
                        level[name].append(symbol)
            by_name = level | by_name
        return by_name

    def find(self, name: str) -> list[str]:
        """Return the symbols of all genes that a name may be of (see `resolve`)."""
        text = str(name).strip()
        for spelling in (text, text.upper()):  # nearly all; the other names take a while to read
            if spelling in self.symbols:
                return [spelling]
        return self.symbols_by_name.get(re.sub(r"^(ENSG\d+)\.\d+$", r"\1", text.upper()), [])

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
        text, symbols = str(name).strip(), self.find(name)
        if len(symbols) == 1:
            return symbols[0]
        if symbols:
            raise ValueError(
                f"{text[:40]!r} is a name of several genes: {', '.join(symbols)}; name one of them."
            )
        gene = name_of_symbol(text) or name_of_symbol(text.upper())
        if gene:
            known_as = "" if gene == text else f" ({gene} in L1000)"
            raise ValueError(f"{text[:40]}{known_as} is a human gene that this index does not have.")
        suggested = ", ".join(self.similar(text))
        hint = f"; did you mean {suggested}?" if suggested else "."
        raise ValueError(f"Gene {text[:40]!r} is not in this index{hint}")

    def similar(self, name: str) -> list[str]:
        """Return up to five genes whose names are spelled like an unknown one; none for a known gene."""
        text = str(name).strip().upper()[:40]
        if self.find(text) or name_of_symbol(text):
            return []
        close = difflib.get_close_matches(text, self.symbols_by_name, n=5, cutoff=0.7)
        return list(dict.fromkeys(self.symbols_by_name[other][0] for other in close))

    def taken_for(self, name: str) -> str:
        """Say in a sentence which gene a name was taken for; "" where it is the gene's symbol.

        Raises
        ------
        ValueError
            As `resolve`.

        Examples
        --------
        >>> names = GeneNames(pd.Index(["ERBB2", "HMOX1"]))
        >>> names.taken_for("HER2"), names.taken_for("erbb2")
        ('HER2 was taken for ERBB2.', '')
        >>> names.taken_for("Hmox1")
        'Hmox1 is written like a mouse gene; the answer is for the human gene HMOX1.'
        """
        text, symbol = str(name).strip(), self.resolve(name)
        if text.upper() != symbol.upper():
            return f"{text} was taken for {symbol}."
        is_mouse = len(text) > 1 and text == text.capitalize() != text.upper() and text != symbol
        mouse = f"{text} is written like a mouse gene; the answer is for the human gene {symbol}."
        return mouse if is_mouse else ""

    def resolve_all(self, names: str | Sequence[str]) -> list[str]:
        """Return the symbols of one gene or several, each once.

        Raises
        ------
        ValueError
            No names, or as `resolve`.
        """
        symbols = dict.fromkeys(self.resolve(name) for name in ([names] if isinstance(names, str) else names))
        if not symbols:
            raise ValueError("no gene is named; name at least one.")
        return list(symbols)
