"""The answer to a gene search, part by part, as the Appyter's notebook shows it.

A question that cannot be answered is no error here: `problem` says why in one sentence, and the other parts
are empty.
"""

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from l1000_rnaseq import __version__
from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.app.labels import BADGES, NOTHING, SHOWN, TABLE_WORDS, counted, in_words_of_the_form
from l1000_rnaseq.app.markup import Html, card, downloads, footer, table
from l1000_rnaseq.plots.volcano import consensus_bars, volcano
from l1000_rnaseq.search.by_gene import how_many, search
from l1000_rnaseq.search.consensus import consensus
from l1000_rnaseq.search.index import Index, default_index

COMPOUND = "https://pubchem.ncbi.nlm.nih.gov/#query={}"
GENE = "https://www.ncbi.nlm.nih.gov/gene/?term={}%5Bsym%5D+AND+human%5Borgn%5D"


@dataclass(frozen=True)
class GeneReport:
    """One answered question.

    Attributes
    ----------
    index : Index or None
    query : GeneQuery or None
    signatures : dict, type → DataFrame
        As `search` gives it, for every perturbation type that has an answer.
    kept : dict, (type, direction) → int
        Signatures of the index that pass the filters; `signatures` has the best of them.
    silent : dict, type → str
        Why a type has none.
    problem : str
        Why there is no answer at all, else "".
    """

    index: Index | None
    query: GeneQuery | None
    signatures: dict[str, pd.DataFrame] = field(default_factory=dict)
    kept: dict[tuple[str, str], int] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    problem: str = ""

    @classmethod
    def of(cls, path: Path | None = None, **fields) -> "GeneReport":
        """Answer the fields of the form (see `GeneQuery.from_form`).

        Parameters
        ----------
        path : path, optional
            An index; the demo index when absent.
        """
        try:
            index = Index(path)
            query = GeneQuery.from_form(index, **fields)
        except ValueError as error:
            return cls(None, None, problem=str(error))
        signatures, kept, silent = {}, {}, {}
        types = [str(kind) for kind in index.signatures["type"].value_counts().index]
        for kind in [query.filters.type] if query.filters.type else types:
            filters = replace(query.filters, type=kind)
            try:
                rows = search(index, query.gene, query.direction, query.by, filters, query.n)
            except ValueError as error:
                silent[kind] = in_words_of_the_form(error)
                continue
            moving = how_many(index, query.gene, query.by, filters)
            kept |= {(kind, way): n for way, n in moving.items()}
            signatures[kind] = rows
        problem = "" if signatures else next(iter(silent.values()))
        return cls(index, query, signatures, kept, silent, problem)

    def gene(self) -> Html:
        """Return the gene's card: status, how reliably it is predicted, how specific it is."""
        if self.index is None:
            return card(f"{self.problem} {NOTHING}", problem=True)
        row = self.index.genes.loc[self.query.gene]
        words, colour = BADGES.get(str(row.get("change", "")), BADGES["unknown"])
        badge = f"measured; {words}" if row["status"] == "landmark" else words
        text = self.index.about_gene(self.query.gene)
        shown = card(text, (badge, colour), link=("NCBI Gene", GENE.format(self.query.gene)))
        return Html(shown + card(f"{self.problem} {NOTHING}", problem=True)) if self.problem else shown

    def volcanoes(self) -> list[go.Figure]:
        """Return a volcano plot for each perturbation type with an answer."""
        return [
            fluid(volcano(rows, f"{self.query.gene}: {counted(rows['sig_id'].nunique(), kind)}"))
            for kind, rows in self.signatures.items()
        ]

    def tables(self) -> Html:
        """Return the tables of all types, up and down; what has no answer says why."""
        parts = []
        for kind, rows in self.signatures.items():
            links = {"perturbagen": COMPOUND if kind == "chemical" else GENE}
            for way, part in rows.groupby("direction", sort=False):
                shown = part[list(SHOWN)].rename(columns=SHOWN)
                shown["signs agree"] = np.where(shown["signs agree"], "yes", "no")
                kept = self.kept[kind, way]
                best = "" if kept == len(part) else f", the best of {kept} in the index"
                title = f"{kind}: {counted(len(part))} that move {self.query.gene} {way}{best}"
                parts.append(table(shown, title, f"{kind}-{way}", links))
        if parts:
            parts.append(card(TABLE_WORDS))
        parts += [card(f"{kind}: {why}") for kind, why in self.silent.items() if self.signatures]
        return Html("".join(parts))

    def consensus(self, by: str = "compound", n: int = 15) -> list[go.Figure]:
        """Return bars of what moves the gene again and again, over all types that have an answer together.

        Parameters
        ----------
        by : {"compound", "cell_id"}
        n : int
            Bars.
        """
        if not self.signatures:
            return []
        filters = self.query.filters.without_thresholds()
        what = "perturbagens" if by == "compound" else "cell lines"
        kinds = f"{filters.type} {what}" if filters.type else f"{what} of all types"
        title = f"{self.query.gene}: {kinds}, over all their signatures"
        if filters != self.query.filters:
            title += ", whatever their size"
        return [fluid(consensus_bars(consensus(self.index, self.query.gene, by, filters), title, n))]

    def comparison(self) -> go.Figure | Html:
        """Return the second gene against the first over the same signatures; empty where none is asked."""
        if self.problem or not self.query.compare:
            return Html("")
        sig_ids = pd.concat(self.signatures.values())["sig_id"].unique()
        rows = pd.Index(self.index.signatures["sig_id"].astype(str)).get_indexer(sig_ids)
        genes = [self.query.gene, self.query.compare]
        both = pd.DataFrame(self.index.values(genes, "log2fc", rows), sig_ids, genes)
        figure = go.Figure(go.Scatter(x=both.iloc[:, 0], y=both.iloc[:, 1], mode="markers", text=both.index))
        figure.update_layout(
            template="plotly_white", title_text=f"The {len(both)} signatures shown above",
            xaxis_title=f"{self.query.gene}, log2FC", yaxis_title=f"{self.query.compare}, log2FC",
        )  # fmt: skip
        return figure

    def downloads(self) -> Html:
        """Return the rows shown as TSV, JSON and GMT, inside their links: they work in a saved page too."""
        if not self.signatures:
            return Html("")
        rows, name = pd.concat(self.signatures.values(), ignore_index=True), f"{self.query.gene}_signatures"
        files = {f"{name}.tsv": rows.to_csv(sep="\t", index=False, float_format="%.6g")}
        files[f"{name}.json"] = rows.to_json(orient="records", double_precision=6)
        lines = []
        for (kind, way), part in rows.groupby([rows["type"].astype(str), "direction"], sort=False):
            lines.append("\t".join([f"{self.query.gene} {way}, {kind}", "", *part["sig_id"]]))
        files[f"{name}.gmt"] = "\n".join(lines) + "\n"
        return downloads(files, f"{len(rows)} rows, exactly those of the figures and tables")

    def footer(self) -> Html:
        """Return versions, parameters, and the same question in Python and on the command line."""
        if self.index is None:
            return Html("")
        made = {
            "index": self.index.path.name,
            "signatures": f"{len(self.index.signatures):,}",
            "index version": self.version,
            "l1000-rnaseq": __version__,
            "parameters": json.dumps({k: v for k, v in self.query.as_form().items() if v != ""}),
        }
        name = "" if self.index.path == default_index() else self.index.path.name
        types = list(self.signatures)
        return footer(made, self.query.as_python(types, name), self.query.as_command(types, name))

    @property
    def version(self) -> str:
        """What tells this index from others."""
        return index_version(self.index)


def fluid(figure: go.Figure) -> go.Figure:
    """Let a figure take the width of the page, a telephone's too."""
    return figure.update_layout(width=None, autosize=True, margin={"r": 20})


def index_version(index: Index) -> str:
    """Return a short digest of what an index was made from."""
    return hashlib.sha256(json.dumps(index.provenance, sort_keys=True).encode()).hexdigest()[:12]
