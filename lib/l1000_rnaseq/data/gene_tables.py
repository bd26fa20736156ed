"""Every name and id that a gene has → one name: the tables that `gene_ids` looks up."""

from collections import Counter
from functools import cache

from l1000_rnaseq.data.files.missing import WORDS
from l1000_rnaseq.data.genes import asset, hgnc


@cache
def first_names() -> dict[str, str]:
    """L1000 symbols, HGNC's symbols of the same genes, and their spellings in RNA-seq gene lists."""
    table = asset("cmap_genes.tsv.gz")
    names = {alias: symbol for symbol, text in table["aliases"].items() for alias in text.split("|") if alias}
    names |= {symbol.upper(): symbol for symbol in table.index if "orf" in symbol}
    names |= {today: symbol for symbol, today in table["hgnc"].items() if today}
    return names | dict(zip(table.index, table.index, strict=True))


@cache
def _all_names() -> dict[str, str]:
    """`first_names`, then every symbol of HGNC, then previous symbols, then aliases, that one gene has."""
    table, names = hgnc(), dict(first_names())
    ours = {symbol: names.get(symbol, symbol) for symbol in table.index}
    names = {**ours, **names}
    for column in ("previous", "aliases"):
        pairs = [(name, ours[symbol]) for symbol, text in table[column].items() for name in text.split("|")]
        owners = Counter(name for name, _ in set(pairs))
        names = {name: gene for name, gene in pairs if owners[name] == 1} | names
    return {name: gene for name, gene in names.items() if name.lower() not in WORDS}  # "NA" is an alias of XK


@cache
def cmap_lookup(id_type: str) -> dict[str, str]:
    """Entrez id, Ensembl id or landmark probe as text → L1000 symbol."""
    column = asset("landmark_probes.tsv" if id_type == "probe" else "cmap_genes.tsv.gz")[id_type]
    return {str(key): symbol for symbol, key in column.items() if key != ""}


@cache
def lookup(id_type: str) -> dict[str, str]:
    """Entrez or Ensembl id as text → name, of every gene that HGNC or a gene list here has."""
    names, today = first_names(), hgnc()[id_type]
    known = {key: names.get(symbol, symbol) for symbol, key in today.items() if key} | cmap_lookup(id_type)
    if id_type == "ensembl":
        known = {key: symbol for symbol, key in asset("other_genes.tsv.gz")["ensembl"].items()} | known
    return known


def name_of_symbol(symbol: str) -> str | None:
    """Look one symbol up; HGNC's whole table is read only where CMap's names are not enough."""
    known = first_names().get(symbol)
    return _all_names().get(symbol) if known is None else known
