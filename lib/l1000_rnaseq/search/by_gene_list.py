"""Which perturbagens move a list of genes the same way (connected), or the opposite way (reversed)."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from l1000_rnaseq.data.files.profile_file import first_five
from l1000_rnaseq.data.genes import gene_status
from l1000_rnaseq.search.annotation import annotated
from l1000_rnaseq.search.evidence import evidence_of_compounds
from l1000_rnaseq.search.filters import EVERY, Filters
from l1000_rnaseq.search.gene_names import GeneNames
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.index_source import IndexSource
from l1000_rnaseq.search.signature_facts import false_discovery_rate, numbered
from l1000_rnaseq.search.sources import Source, open_source, read_one, tell_missing
from l1000_rnaseq.stats.connectivity import connectivity, normalised
from l1000_rnaseq.stats.enrichment import enrichment_once

log = logging.getLogger(__name__)
LEAST_GENES = 10  # CLUE's minimum
SCORES = ("cd", "log2fc")
MANY = 20_000
"""Signatures up to which all are scored, also where the best are asked for: about 10 s."""
UNITS = ("dose_unit", "time_unit")
IDS = re.compile(r"\d+|ENSG[\d.]+", re.I)


@dataclass(frozen=True)
class Query:
    """Genes that go up and genes that go down, as symbols of the reference; either may be empty.

    Attributes
    ----------
    up, down : tuple of str
    unknown : tuple of str
        Names that the reference does not have, or that several of its genes have.
    renamed : tuple of str
        "symbol for name" of genes named by an alias.
    told : str
        How many genes of each list are found.
    """

    up: tuple[str, ...]
    down: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    told: str = ""

    @classmethod
    def of(
        cls, names: GeneNames, up: Sequence[str] = (), down: Sequence[str] = (), least: int = LEAST_GENES
    ) -> "Query":
        """Find the genes of a query.

        Parameters
        ----------
        names : GeneNames
            Of the reference.
        up, down : sequence of str
            Symbols in any case, aliases, Ensembl or Entrez ids.
        least : int
            Genes of the reference that each list must name, unless it is empty.

        Raises
        ------
        ValueError
            No genes, too few, or a gene in both lists.
        """
        if not len(up) and not len(down):
            raise ValueError("a query needs genes that go up, or genes that go down.")
        sides, unknown, renamed, told = [], [], [], []
        for side, asked in (("up", dict.fromkeys(up)), ("down", dict.fromkeys(down))):
            name_of, lost = {}, []
            for name in map(str, asked):
                symbols = names.find(name)  # similar names of what is unknown are not looked for
                if len(symbols) == 1:
                    name_of[symbols[0]] = name
                else:
                    lost.append(name[:40])
            if asked and len(name_of) < least:
                hint = f"; unknown: {first_five(lost)}." if lost else "."
                raise ValueError(
                    f"the list of genes that go {side} has {len(asked)} names and {len(name_of)} genes of "
                    f"the reference; expected at least {least} (--least){hint}"
                )
            for symbol, name in name_of.items():
                if symbol.upper() != name.upper() and not IDS.fullmatch(name):
                    renamed.append(f"{symbol} for {name}")
            if asked:
                left_out = f", {len(lost)} unknown" if lost else ""
                told.append(f"{side}: {len(asked)} genes, {len(name_of)} found{left_out}")
            sides.append(tuple(name_of))
            unknown += lost
        both = sorted(set(sides[0]) & set(sides[1]))
        if both:
            raise ValueError(f"{len(both)} genes are to go up and down: {first_five(both)}; choose one side.")
        return cls(*sides, tuple(unknown), tuple(renamed), "; ".join(told))


def score_query(
    up: Sequence[str] = (),
    down: Sequence[str] = (),
    index: Path | Index | None = None,
    signatures: Path | None = None,
    by: str = "cd",
    least: int = LEAST_GENES,
    filters: Filters = EVERY,
    progress: bool = True,
    top: int | None = None,
) -> tuple[Query, pd.DataFrame]:
    """Score the signatures of an index or a file against lists of genes, exactly.

    Parameters
    ----------
    up, down : sequence of str
        Genes that go up, genes that go down (see `Query.of`).
    index : path or Index, optional
        The demo index where neither this nor `signatures` is given.
    signatures : path, optional
        Signatures in files (see `sources.open_source`).
    by : {"cd", "log2fc"}
        What ranks the genes.
    least : int
    filters : Filters
        Signatures of an index that are scored.
    progress : bool
    top : int, optional
        Where more than `MANY` signatures are asked by "cd": score those of the `top` perturbagens each way
        only. The others get NaN, and so does every ncs, which needs all scores. All when absent.

    Returns
    -------
    Query, and the scores (see `score_signatures`)

    Raises
    ------
    ValueError
        Both an index and signatures, filters for signatures in files, or what `Query.of` refuses.
    """
    source = open_signatures(index, signatures, filters)
    names = source.index.names if isinstance(source, IndexSource) else GeneNames(pd.Index(source.genes))
    query = Query.of(names, up, down, least)
    if query.unknown:
        message = "%d names left out, being unknown here or a name of several genes: %s"
        log.warning(message, len(query.unknown), first_five(query.unknown))
    if query.renamed:
        log.warning("read by another name: %s", first_five(query.renamed))
    if (gene_status([*query.up, *query.down]) == "landmark").all():
        log.info("all genes of the query are landmarks, which L1000 measures")
    if top and by == "cd" and isinstance(source, IndexSource) and len(source.rows) > MANY:
        return query, _scores_of_best(source, query, top)
    return query, score_signatures(source, query, by, progress=progress)


def open_signatures(
    index: Path | Index | None = None, signatures: Path | None = None, filters: Filters = EVERY
) -> Source:
    """Open the signatures of an index that pass some filters, or signatures in files (see `score_query`)."""
    if index and signatures:
        raise ValueError("name an index or signatures, not both.")
    if signatures and filters.chosen:
        raise ValueError("filters are for an index; make one of the signatures with `l1000-rnaseq index`.")
    if signatures:
        return open_source(signatures)
    return IndexSource.of(index if isinstance(index, Index) else Index(index), filters)


def score_signatures(
    source: Source, query: Query, by: str = "cd", block: int = 256, progress: bool = True
) -> pd.DataFrame:
    """Score every whole signature of a source, exactly, in a stream.

    Parameters
    ----------
    source : Source
    query : Query
    by : {"cd", "log2fc"}
        What ranks and weighs the genes of a signature (Level 5 files have z-scores only).
    block : int
        Signatures in memory at a time.
    progress : bool

    Returns
    -------
    DataFrame, signatures × (metadata, up, down, score, ncs)
        up, down: enrichment of each side, NaN where it was not given. score: weighted connectivity. ncs:
        score divided by the mean score of the same sign, type and cell line.
    """
    if by not in SCORES:
        raise ValueError(f"by={by!r}; expected one of {', '.join(SCORES)}.")
    n, sides = len(source.table), np.array([bool(query.up), bool(query.down)])
    enriched = np.full((2, n), np.nan)
    lists = [genes for genes in (query.up, query.down) if genes]
    with tqdm(total=n, unit="signature", disable=not progress) as bar:
        for start in range(0, n, block):
            values = read_one(source, by, start, min(start + block, n))
            enriched[sides, start : start + len(values)] = enrichment_once(values, source.genes, *lists)
            bar.update(len(values))
    tell_missing(source)
    return _with_scores(source.table, enriched, query)


def _scores_of_best(source: IndexSource, query: Query, top: int) -> pd.DataFrame:
    """Score the signatures of the best perturbagens each way (see `score_query`)."""
    from l1000_rnaseq.search.score_bounds import best_rows

    def scores(positions: np.ndarray) -> pd.DataFrame:
        part = IndexSource(source.index, source.rows[positions], source.has_directions)
        return score_signatures(part, query, progress=False)

    perturbagen = source.index.siblings.compound[source.rows]
    asked = (source.index, query.up, query.down, source.rows, perturbagen, top)
    found = best_rows(*asked, lambda positions: scores(positions)["score"].to_numpy())
    table = source.table.reset_index()
    columns = ["up", "down", "score"]
    table[columns] = np.nan
    table.loc[found, columns] = scores(found)[columns].to_numpy()
    return table.assign(ncs=np.nan)


def _with_scores(signatures: pd.DataFrame, enriched: np.ndarray, query: Query) -> pd.DataFrame:
    sides = zip(enriched, (query.up, query.down), strict=True)
    score = connectivity(*(side if genes else None for side, genes in sides))
    table = signatures if "sig_id" in signatures else signatures.rename_axis("sig_id").reset_index()
    groups = table["type"].astype(str) + " " + table["cell_id"].astype(str)
    return table.assign(up=enriched[0], down=enriched[1], score=score, ncs=normalised(score, groups))


def perturbagens(scored: pd.DataFrame, n: int = 10) -> pd.DataFrame:
    """List the perturbagens that are connected most, and those that are reversed most.

    A perturbagen is as connected as the best of its signatures (Liu et al. take the maximum over cell lines),
    and as reversed as the worst. With more signatures either is reached more easily by chance: look at how
    many there are, and at the median.

    Parameters
    ----------
    scored : DataFrame
        Of `score_signatures`.
    n : int
        Perturbagens in each direction.

    Returns
    -------
    DataFrame × (direction, compound, type, grade, score, ncs, median, cell_id, dose, time, signatures,
    cell_lines, other_lines, lines_agree, mechanism, targets, flags, sig_id, pert_iname, dose_unit, time_unit)
        Line, dose, time and flags are of that signature; median and numbers are over all of them. Spellings
        of one compound are one perturbagen. grade: see `grade.grades`.
    """
    scored = scored if "compound" in scored else annotated(scored)
    number, score = numbered(scored, ["compound", "type"]), scored["score"].to_numpy()
    grouped, parts = scored[["score", "cell_id"]].groupby(number), []
    cells = grouped["cell_id"].nunique()
    overall = pd.DataFrame(
        {"median": grouped["score"].median(), "signatures": grouped.size(), "cell_lines": cells}
    )
    for direction, sign in (("connected", 1), ("reversed", -1)):
        there = np.flatnonzero(sign * score > 0)
        there = there[np.argsort(-sign * score[there], kind="stable")]
        rows = there[np.sort(np.unique(number[there], return_index=True)[1])[:n]]
        known = {name: part.to_numpy() for name, part in overall.loc[number[rows]].items()}
        best = scored.iloc[rows].assign(direction=direction, **known)
        parts.append(best.assign(**_graded(scored, number, rows, sign)))
    columns = ["direction", "compound", "type", "grade", "score", "ncs", "median", "cell_id", "dose", "time"]
    columns += ["signatures", "cell_lines", "other_lines", "lines_agree", "mechanism", "targets", "flags"]
    return pd.concat(parts, ignore_index=True)[[*columns, "sig_id", "pert_iname", *UNITS]]


def _graded(scored: pd.DataFrame, number: np.ndarray, best: np.ndarray, sign: int) -> dict[str, np.ndarray]:
    """Return the grade of each best signature's compound, and the cell lines that speak for it."""
    of_these = np.isin(number, number[best])
    facts = scored.loc[of_these, [name for name in ("agreement", "p_vehicle") if name in scored]]
    if "p_vehicle" in scored:
        facts = facts.assign(vehicle_fdr=false_discovery_rate(scored["p_vehicle"])[of_these])
    chosen = scored.loc[of_these]
    facts = facts.assign(
        compound=number[of_these], cell_id=chosen["cell_id"].astype(str), value=sign * chosen["score"]
    )
    flags = pd.DataFrame({"flags": scored["flags"].iloc[best].astype(str).to_numpy()}, number[best])
    found = evidence_of_compounds(facts, pd.Series(1, flags.index), flags)
    return {name: found[name].to_numpy() for name in ("grade", "other_lines", "lines_agree")}
