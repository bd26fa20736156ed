"""Commands to start with: search, transform, app."""

from functools import partial

import click

from l1000_rnaseq.cli.checked import OutputPath
from l1000_rnaseq.cli.parameters import (
    COMPOUNDS,
    COUNT,
    ID_TYPE,
    INDEX,
    MECHANISMS,
    QUIET,
    STYLE,
    GradedCommand,
    example,
    filter_options,
)

SHOWN = ["direction", "pert_iname", "type", "cell_id", "dose", "time", "log2fc", "cd", "rank", "of"]
SHOWN += ["n_treated", "agreement", "grade"]
BY_COMPOUND = ["compound", "grade", "signatures", "groups", "cell_lines", "relative_rank", "log2fc"]
BY_COMPOUND += ["p", "fdr", "mechanism"]


@click.command(cls=GradedCommand, epilog=example("search HMOX1 --cell HT115 --dose 1 10"))
@click.argument("genes", nargs=-1, required=True, metavar="GENE...")
@INDEX
@click.option("--down", multiple=True, metavar="GENE", help="Raise GENE... and lower this one.")
@click.option("--not", "spare", multiple=True, metavar="GENE", help="Raise GENE... and spare this one.")
@click.option("--direction", type=click.Choice(["up", "down", "both"]), help="Both when absent.")
@click.option("--by", type=click.Choice(["log2fc", "cd", "rank"]), help="What ranks; log2fc when absent.")
@COMPOUNDS
@filter_options
@click.option("--min-abs-log2fc", default=0.0, help="Least fold change, log2.")
@click.option("--min-abs-cd", default=0.0, help="Least characteristic direction.")
@click.option("--concordant", is_flag=True, help="Only where fold change and direction agree in sign.")
@click.option(
    "--consensus",
    "with_consensus",
    is_flag=True,
    help="One row per perturbagen, with a p-value. Not with --direction, --by or thresholds.",
)
@click.option("--with-flagged", is_flag=True, help="With --consensus: count doubtful signatures too.")
@MECHANISMS
@click.option(
    "--assays",
    multiple=True,
    metavar="DIR|TABLE",
    help="Perturbation RNA-seq: a data folder with changes/, or a table of differential expression. Counts "
    "how often the gene goes the same way there. May be repeated.",
)
@click.option("-n", type=COUNT, help="Rows per direction; 10 when absent, 50 on a page.")
@STYLE
@click.option(
    "--html",
    type=OutputPath(),
    metavar="PAGE",
    help="Write the answer of the web form as one HTML page. A second GENE is plotted against the first.",
)
def search(
    genes, path, compounds, down, spare, direction, by, with_consensus, with_flagged, summary, assays, n,
    style, html, **filters,
):  # fmt: skip
    """Find what moves a gene up or down.

    GENE is a symbol, an alias, an Ensembl id or an Entrez id. Options may be combined.

    With --down or --not, all named genes count together. The score is the mean z of the genes to move, minus
    the mean |z| of the genes to spare. z is a gene's change divided by its usual change.
    """
    from l1000_rnaseq.search.filters import Filters
    from l1000_rnaseq.search.index import Index

    filters, summarised = Filters(**filters), {"--consensus": with_consensus, f"--{summary}s": summary}
    if with_flagged and not with_consensus:
        raise ValueError("--with-flagged is for --consensus; give both, or neither.")
    if with_consensus or summary:
        flag = next(name for name, value in summarised.items() if value)
        others = {"--direction": direction, "--by": by, f"--{summary}s": with_consensus and summary}
        _refuse(f"{flag} counts every signature", others)
    if assays:
        others = {**summarised, "--down": down, "--not": spare, "--html": html}
        _refuse("--assays counts beside each signature", others)
    if down or spare:
        others = {**summarised, "--direction": direction, "--by": by, "--html": html}
        _refuse("--down and --not rank by all genes at once", others)
        click.echo(_selective(Index(path, compounds), genes, down, spare, filters, n or 10, style))
        return
    direction, by = direction or "both", by or "log2fc"
    if html:
        _refuse("--html writes a page", {**summarised, "--format": style, "--compounds": compounds})
        click.echo(_write_page(html, path, genes, direction=direction, by=by, filters=filters, n=n or 50))
        return
    from l1000_rnaseq.cli.printed import as_text
    from l1000_rnaseq.search.annotation import known
    from l1000_rnaseq.search.filters import told

    index, shown = Index(path, compounds), None
    if summary:
        from l1000_rnaseq.search.mechanisms import mechanisms_of_gene

        table = mechanisms_of_gene(index, genes, summary, filters).head(n or 10).reset_index()
    elif with_consensus:
        from l1000_rnaseq.search.consensus import consensus

        table = consensus(index, genes, filters=filters, with_flagged=with_flagged)
        table = table.head(n or 10).reset_index()
        shown = table[BY_COMPOUND]
    else:
        from l1000_rnaseq.search.by_gene import search as search_index

        table = search_index(index, genes, direction, by, filters, n or 10)
        also = []
        if assays:
            from l1000_rnaseq.search.other_assays import COLUMNS, OtherAssays

            table, also = OtherAssays.of(assays).beside(table), list(COLUMNS)
        shown = table[(["gene"] if len(genes) > 1 else []) + SHOWN + also]
    head = "\n".join(map(index.about_gene, index.names.resolve_all(genes)))
    if left := told(filters.counts(index.signatures)):
        head += f"\n{left}"
    if summary or with_consensus:
        head += f"\n{known(index.signatures)}"
    click.echo(as_text(table, style, head, shown))


def _selective(index, genes, down, spare, filters, n: int, style: str | None) -> str:
    from l1000_rnaseq.cli.printed import as_text
    from l1000_rnaseq.search.filters import told
    from l1000_rnaseq.search.selective import selective

    table = selective(index, genes, down, spare, filters, n)
    of_genes = [name for name in table if str(name).endswith((" z", " log2FC"))]
    shown = table[["score", "as_asked", "pert_iname", "type", "cell_id", "dose", "time", *of_genes]]
    asked = {"up": genes, "down": down, "spared": spare}
    head = "; ".join(f"{way}: {', '.join(names)}" for way, names in asked.items() if names) + "."
    head += f" {told(filters.counts(index.signatures))}".rstrip()
    return as_text(table, style, head, shown)


def _refuse(because: str, options: dict) -> None:
    for option in (option for option, value in options.items() if value):
        raise ValueError(f"{because}; {option} does not apply to it. Leave one of them out.")


def _write_page(html: str, index: str | None, genes: tuple, **options) -> str:
    from l1000_rnaseq.app.gene_query import GeneQuery
    from l1000_rnaseq.app.save_html import write_page

    if len(genes) > 2:
        raise ValueError(f"--html takes one gene, or two to compare; {len(genes)} were given.")
    problem = write_page(html, GeneQuery(*genes, **options), index)
    if problem:
        raise ValueError(f"{problem} The page {html} says so too.")
    return f"Wrote {html}."


@click.command(epilog=example("transform level3.gctx genomes.gctx"))
@click.argument("source", metavar="INPUT", type=click.Path())
@click.argument("target", metavar="OUTPUT", type=OutputPath())
@click.option("--model", type=click.Path(), help="A bundle; the shipped default when absent.")
@click.option("--chunk", default=1000, show_default=True, type=COUNT, help="Profiles translated at a time.")
@click.option("--dtype", default="float32", show_default=True, type=click.Choice(["float32", "float16"]))
@click.option("--genes", type=click.Path(), help="A file with a gene per line: write only these.")
@click.option("--info", type=click.Path(), help="A table of the samples; its columns go to the output.")
@ID_TYPE
@click.option(
    "--cluster",
    metavar="N|ADDRESS",
    help="Use N processes, or the Dask cluster at ADDRESS, whose workers see the same files (extra cluster). "
    "OUTPUT is .zarr, .gctx or .h5ad.",
)
@click.option("--force", is_flag=True, help="Overwrite an existing output.")
@QUIET
def transform(source, target, model, genes, cluster, quiet, **options):
    """Translate L1000 profiles into genomes.

    INPUT has Level 3 profiles. OUTPUT has RNA-seq-like genomes, log2(CPM+1). GCTX, h5ad, GCT, Parquet,
    Feather, CSV and TSV are read and written, by suffix. With GCTX and h5ad, memory does not grow with the
    number of profiles. A killed run resumes when the same command is given again. A folder NAME.zarr is
    AnnData too; it can be written by many processes.
    """
    from l1000_rnaseq.data.gene_lists import read_genes
    from l1000_rnaseq.translate.bundle import Bundle
    from l1000_rnaseq.translate.transform_file import transform_file

    chosen = read_genes(genes) if genes else None
    if cluster and not str(target).endswith((".zarr", ".gctx", ".h5ad")):
        raise ValueError(f"{target}: --cluster writes .zarr, .gctx or .h5ad; name such an OUTPUT.")
    if cluster or str(target).endswith(".zarr"):
        from l1000_rnaseq.translate.transform_shards import transform_shards

        del options["chunk"]  # a shard has its own
        transform_file = partial(transform_shards, cluster=cluster)
    summary = transform_file(source, target, Bundle.load(model), chosen, progress=not quiet, **options)
    click.echo(f"Wrote {target}: {summary}")


@click.command(epilog=example("app --index my_index.h5"))
@INDEX
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on. Keep it unless a proxy is in front.",
)
@click.option(
    "--seconds",
    default=120,
    show_default=True,
    type=click.IntRange(5),
    help="What one search may take before it is stopped.",
)
@click.option(
    "--rate",
    default=60,
    show_default=True,
    type=COUNT,
    help="Searches that one address may start per minute.",
)
def app(path, port, host, seconds, rate):
    """Serve the gene search as a web form.

    Scripts ask the same at /api, which says how.
    """
    from l1000_rnaseq.app.serve import serve

    serve(path, host, port, seconds, rate, announce=click.echo)


@click.command(epilog=example("mcp --index my_index.h5"))
@INDEX
def mcp(path):
    """Serve the gene search to assistants.

    It speaks the Model Context Protocol over standard input and output, with the tools search, match and
    gene_card. An assistant's settings name this command.
    """
    from l1000_rnaseq.app.mcp_server import mcp_server
    from l1000_rnaseq.search.index import Index

    mcp_server(Index(path)).run()


@click.command(hidden=True)
@click.argument("gene")
@click.option("--out", required=True, type=OutputPath())
@INDEX
@click.option("--type", default="any")
@click.option("--cell", default="any")
@click.option("--compare", default="")
@click.pass_context
def report(ctx, gene, out, path, compare, **filters):
    """Write the answer for GENE as one HTML page: the old name of `search GENE --html PAGE`."""
    click.echo("`report` is `search GENE --html PAGE` now; the next version drops the old name.", err=True)
    filters = {name: (value,) for name, value in filters.items() if value != "any"}
    ctx.invoke(search, genes=(gene, compare) if compare else (gene,), path=path, html=out, **filters)
