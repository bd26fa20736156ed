"""Everything that the page of a gene shows, as one dict: for page, report, site and JSON API."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from l1000_rnaseq import __version__
from l1000_rnaseq.app.answer import answer, beliefs, methods
from l1000_rnaseq.app.card_figures import DoseSeries, Mechanisms, heat_map
from l1000_rnaseq.app.card_tables import (
    Perturbagens,
    best_signatures,
    consensus_columns,
    control_levels,
    every_perturbagen,
    evidence_words,
    most_consistent,
    rows_by_type,
    rows_of_hits,
    signature_table,
)
from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.app.knocked_targets import knocked_targets
from l1000_rnaseq.app.labels import RANKING_LABELS
from l1000_rnaseq.app.well_strips import N_STRIPS, WellStrips
from l1000_rnaseq.search.consensus import consensus_of_groups, unflagged
from l1000_rnaseq.search.consensus_groups import ConsensusGroups
from l1000_rnaseq.search.evidence import evidence
from l1000_rnaseq.search.filters import EVERY, Filters
from l1000_rnaseq.search.gene_values import GeneValues
from l1000_rnaseq.search.index import Index, default_index
from l1000_rnaseq.search.single_wells import SingleWells

FORMAT = 1
N_SETS, N_GENES = 5, 150


def gene_card(index: Index, query: GeneQuery) -> dict:
    """Collect what the page of a gene shows.

    Parameters
    ----------
    index : Index
    query : GeneQuery

    Returns
    -------
    dict, ready for `json.dumps`
        A table is a dict of columns of one length; what is missing is None.
        gene: names and ids. answer, beliefs: sentences. reliability: how well the gene is followed.
        levels: how much of it untreated cells of each line have, log2(CPM+1), and whether it is on.
        consensus, once: perturbagens that were seen in several groups, and in one only.
        types, rows: the best signatures up and down of each type. signatures: what these are of.
        wells: the single wells behind the best signatures, where the index keeps them (see `WellStrips`).
        evidence: sentences on what speaks for the rows of consensus and rows, and what against.
        heat, doses, mechanisms, targets: what the figures and tables of these names show.
        knocked: whether the loss of a compound's target moves the gene the same way.
        every: all perturbagens that were seen in several groups, to compare genes by.
        compare: the second gene. about: index, versions, parameters, methods.

    Raises
    ------
    ValueError
        Unknown gene, or no type has a signature that moves it under these filters.

    Examples
    --------
    >>> from l1000_rnaseq.search.filters import EVERY, Filters
    from l1000_rnaseq.search.index import Index
    >>> card = gene_card(Index(), GeneQuery("HMOX1"))
    >>> card["gene"]["name"], len(card["rows"]["log2fc"]) == len(card["rows"]["row"])
    ('heme oxygenase 1', True)
    """
    return CardMaker(index, query.filters.without_thresholds()).card(query)


class CardMaker:
    """What the cards of all genes share, under the same filters: made once.

    Parameters
    ----------
    index : Index
    filters : Filters
        Without thresholds.

    Raises
    ------
    FilterError
        A filter leaves nothing.
    """

    def __init__(self, index: Index, filters: Filters = EVERY):
        self.index, self.filters = index, filters
        self.rows = filters.select(index.signatures, np.arange(len(index.signatures)))
        signatures = index.signatures.iloc[self.rows]
        self.moved_means = index.genes.groupby(index.genes["status"].astype(str))["moved"].mean()
        self.counted = np.searchsorted(self.rows, unflagged(index, self.rows))
        self.groups = ConsensusGroups.of(index, self.rows[self.counted])
        self.strips = WellStrips.of(SingleWells.of(index), index.signatures)
        self.rows_by_type = rows_by_type(index, filters)
        self.perturbagens = Perturbagens.of(signatures)
        self.doses, self.mechanisms = DoseSeries.of(signatures), Mechanisms.of(signatures)

    def card(self, query: GeneQuery, whole: bool = True) -> dict:
        """Collect what the page of a gene shows (see `gene_card`).

        Parameters
        ----------
        query : GeneQuery
        whole : bool
            With `signatures`, with sentences on each of the rows, and with the wells of more signatures.
        """
        index, symbol = self.index, self.index.names.resolve(query.gene)
        compare = index.names.resolve(query.compare) if query.compare else ""
        if compare == symbol:
            raise ValueError(f"{symbol} is compared with itself; name another gene, or leave it out.")
        query = replace(query, gene=symbol, compare=compare, typed=query.typed or query.gene)
        of_all = GeneValues.read(index, symbol)
        hits, types = best_signatures(index, query, self.rows_by_type, of_all)
        found, values = evidence(index, symbol, hits, of_all), of_all.relative(self.rows)
        table = consensus_of_groups(index, symbol, self.groups, values.iloc[self.counted])
        has_name = self.perturbagens.table["has_name"]
        several, once = most_consistent(table, has_name), most_consistent(table, has_name, once=True)
        top, rows = consensus_columns(several, self.perturbagens), rows_of_hits(hits, found)
        card = {
            "format": FORMAT,
            "gene": gene_names(index, query),
            "reliability": reliability(index, symbol, self.moved_means),
            "levels": control_levels(index, symbol),
            "consensus": top,
            "once": consensus_columns(once, self.perturbagens),
            "n_tested": int(table["p"].notna().sum()),
            "types": types,
            "rows": rows,
            "of": int(index.status_sizes[index.genes.loc[symbol, "status"]]),
            "heat": heat_map(self.perturbagens, values, top),
            "every": every_perturbagen(table),
            "wells": self.strips.strips(symbol, hits, N_STRIPS if whole else 1),
            "doses": self.doses.curves(values["log2fc"].to_numpy()),
            **self.mechanisms.tables(values["relative_rank"].to_numpy()),
            "knocked": knocked_targets(table, self.perturbagens, top["perturbagen"]),
            "evidence": evidence_words(
                {"consensus": several} | ({"rows": self._known(hits, found)} if whole else {})
            ),
            "signatures": signature_table(index.signatures, rows["row"] if whole else []),
            "about": about(index, query, [kind["type"] for kind in types if not kind["silent"]]),
        }
        if compare:
            card["compare"] = second_gene(index, query, rows["row"])
        said = {
            "answer": answer(card, table, self.perturbagens, index.signatures),
            "beliefs": beliefs(index, symbol, self.moved_means),
        }
        return card | said

    def _known(self, hits: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
        """Return all that is known of hits."""
        of_signature = self.index.signatures[["n_treated", "agreement", "p_vehicle", "flags"]]
        return hits.join(found).join(of_signature.astype({"flags": str}))


def gene_names(index: Index, query: GeneQuery) -> dict:
    """Return what a gene is called, its ids, and what was typed."""
    row = index.names.table.loc[query.gene]
    other = [name for column in ("previous", "aliases") for name in row[column].split("|") if name]
    return {
        "symbol": query.gene,
        "today": row["hgnc_symbol"],
        "name": row["name"],
        "aliases": list(dict.fromkeys(name for name in other if name != query.gene)),
        "entrez_id": row["entrez_id"],
        "ensembl_id": row["ensembl_id"],
        "typed": query.typed,
        "taken_for": index.names.taken_for(query.typed),
    }


def gene_sets(index: Index, rows: dict, n_signatures: int = N_SETS, n_genes: int = N_GENES) -> dict:
    """Return the genes that the best signatures of a card raise most and lower most.

    Parameters
    ----------
    index : Index
    rows : dict
        `rows` of a card.
    n_signatures : int
        Signatures of each type and direction.
    n_genes : int
        Genes of each set.

    Returns
    -------
    dict, row number → [genes up, genes down], the most moved first
        Ranked by the characteristic direction over all genes.
    """
    types = index.signatures["type"].astype(str).to_numpy()[rows["row"]]
    table = pd.DataFrame({"row": rows["row"], "direction": rows["direction"], "type": types})
    best = table.groupby(["type", "direction"]).head(n_signatures)["row"].unique()
    symbols = index.genes.index.to_numpy()
    sets = zip(best, gene_sets_of(index, best, n_genes), strict=True)
    return {int(row): [symbols[up].tolist(), symbols[down].tolist()] for row, (up, down) in sets}


def gene_sets_of(index: Index, rows: np.ndarray, n: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the positions of the n genes that each signature raises most, and of those it lowers most."""
    for directions in index.whole("cd", rows):
        order = np.argsort(-directions, kind="stable")
        yield order[:n], order[::-1][:n]


def reliability(index: Index, symbol: str, moved_means: pd.Series) -> dict:
    """Return how well the levels and the changes of a gene are followed, and how often it is extreme.

    `moved_means` has the mean of `moved` of each status.
    """
    row = index.genes.loc[symbol]
    names = ("change_r", "level_r", "moved", "moved_percentile")
    numbers = {name: number(row.get(name), 3) for name in names}
    words = {name: str(row.get(name, "unknown")) for name in ("status", "change", "level")}
    return words | numbers | {"moved_mean": number(moved_means[words["status"]], 4)}


def second_gene(index: Index, query: GeneQuery, rows: list[int]) -> dict:
    """Return the changes of the second gene in the signatures shown, and the correlation of both."""
    both = index.values([query.gene, query.compare], "log2fc", np.array(rows))
    is_constant = (both.std(axis=0) == 0).any() or len(both) < 3
    r = np.nan if is_constant else np.corrcoef(both.T)[0, 1]
    row = index.names.table.loc[query.compare]
    changes = [number(value, 2) for value in both[:, 1]]
    return {"symbol": query.compare, "name": row["name"], "r": number(r, 2), "log2fc": changes}


def about(index: Index, query: GeneQuery, types: list[str]) -> dict:
    """Return index, versions and parameters, and the same question in Python and as a command."""
    name = "" if index.path == default_index() else index.path.name
    lines = index.signatures["cell_id"].nunique()
    return {
        "index": index.path.name,
        "index_version": index_version(index),
        "library": __version__,
        "n_signatures": len(index.signatures),
        "n_cell_lines": int(lines),
        "n_genes": len(index.genes),
        "direction": query.direction,
        "by": RANKING_LABELS[query.by],
        "n": query.n,
        "types": types,
        "filters": {name: str(value) for name, value in query.filters.chosen.items()},
        "python": query.as_python(types, name),
        "command": query.as_command(types, name),
        "methods": methods(index),
    }


def number(value: float | None, digits: int) -> float | None:
    """Return a rounded number, None where there is none."""
    return None if value is None or pd.isna(value) else round(float(value), digits)


def index_version(index: Index) -> str:
    """Return a short digest of what an index was made from."""
    return hashlib.sha256(json.dumps(index.provenance, sort_keys=True).encode()).hexdigest()[:12]
