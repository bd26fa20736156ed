"""Commands of the second half: signatures, index, search, query."""

import click


@click.command()
@click.argument("source", metavar="PROFILES", type=click.Path())
@click.argument("out", metavar="OUT", type=click.Path())
@click.option("--info", required=True, type=click.Path(), help="Well table: the columns of inst_info.")
@click.option("--method", default="cd", show_default=True, type=click.Choice(["cd", "limma", "fc"]))
@click.option("--control", default="vehicle", show_default=True, type=click.Choice(["vehicle", "others"]))
@click.option("--pool-doses", is_flag=True, help="One signature over all doses of a perturbagen.")
@click.option(
    "--transform", "translate", is_flag=True, help="PROFILES are Level 3: translate them on the fly."
)
@click.option("--model", type=click.Path(), help="Bundle for --transform; the shipped default when absent.")
@click.option("--top", default=250, show_default=True, help="Genes up and down of each signature in top.gmt.")
@click.option("--id-type", default="auto", show_default=True, help="auto, entrez, symbol, ensembl or probe.")
@click.option("--force", is_flag=True, help="Overwrite the signatures of an earlier run.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def signatures(source, out, translate, model, **options):
    """Compute the signatures of PROFILES (log2) into the folder OUT, batch by batch.

    Writes log2fc.gctx, cd.gctx or t.gctx, sig_info.txt, skipped.txt and top.gmt; a killed run resumes.
    """
    from l1000_rnaseq.signatures.signature_files import signatures_file
    from l1000_rnaseq.translate.bundle import Bundle

    if model and not translate:
        raise ValueError("--model is for --transform; give both, or neither.")
    bundle, quiet = Bundle.load(model) if translate else None, options.pop("quiet")
    summary = signatures_file(source, out=out, bundle=bundle, progress=not quiet, **options)
    click.echo(f"Wrote {out}: {summary}")


@click.command()
@click.argument("folders", nargs=-1, metavar="[SIGNATURES]...", type=click.Path())
@click.argument("target", metavar="INDEX.h5", type=click.Path(dir_okay=False))
@click.option(
    "--data", type=click.Path(), help="A data folder instead: its Level 3 wells and Level 5 signatures."
)
@click.option("--model", type=click.Path(), help="Bundle that translates, and whose reliability is noted.")
@click.option(
    "--top", default=100, show_default=True, help="Signatures kept a gene, direction, ranking and line."
)
@click.option("--force", is_flag=True, help="Overwrite an existing index.")
@click.option("--quiet", is_flag=True, help="No progress bars.")
def index(folders, target, data, model, top, force, quiet):
    """Build a gene-centric index from folders that `signatures --method cd` wrote; a killed run resumes."""
    import tempfile

    from l1000_rnaseq.search.build import build_index
    from l1000_rnaseq.search.build_from_folder import index_folder
    from l1000_rnaseq.search.sources import FolderSource
    from l1000_rnaseq.translate.bundle import Bundle

    if bool(folders) == bool(data):
        raise ValueError("name folders of signatures, or one data folder with --data.")
    bundle, options = Bundle.load(model), {"top": top, "force": force, "progress": not quiet}
    if data:
        with tempfile.TemporaryDirectory() as work:
            n = index_folder(data, target, bundle, work, **options)
    else:
        sources = [FolderSource.of(folder) for folder in folders]
        n = build_index(sources, target, bundle.gene_reliability(), **options)
    click.echo(f"Wrote {target}: {n:,} signatures.")


@click.command()
@click.argument("genes", nargs=-1, required=True, metavar="GENE...")
@click.option("--index", "path", type=click.Path(), help="An index; the shipped demo index when absent.")
@click.option("--direction", default="both", show_default=True, type=click.Choice(["up", "down", "both"]))
@click.option("--by", default="log2fc", show_default=True, type=click.Choice(["log2fc", "cd", "rank"]))
@click.option("--type", help="chemical, shRNA, CRISPR, …")
@click.option("--cell", multiple=True, help="Cell line; give it again for several.")
@click.option("--time", multiple=True, type=float, help="Hours; give it again for several.")
@click.option("--dose", nargs=2, type=float, help="Lowest and highest dose.")
@click.option("--perturbagen", help="Part of a name or id.")
@click.option("--source", help="wells, or Level 5, extended.")
@click.option("--min-abs-log2fc", default=0.0, help="Least fold change, log2.")
@click.option("--min-abs-cd", default=0.0, help="Least characteristic direction.")
@click.option("--concordant", is_flag=True, help="Only where fold change and direction agree in sign.")
@click.option(
    "--consensus",
    is_flag=True,
    help="A row a perturbagen, with a p-value; thresholds and --direction do not apply.",
)
@click.option(
    "-n", default=10, show_default=True, help="Signatures for each direction, or rows of a consensus."
)
@click.option("--format", "style", default="table", type=click.Choice(["table", "tsv", "json"]))
def search(genes, path, consensus, n, style, **filters):
    """Find the perturbations that move GENE (symbol, alias, Ensembl or Entrez id) up or down."""
    from l1000_rnaseq.search.answer_text import answer
    from l1000_rnaseq.search.index import Index

    filters |= {"cell": filters["cell"] or None, "time": filters["time"] or None}
    click.echo(answer(Index.open(path), genes, consensus, n, style, **filters))


@click.command()
@click.option("--up", type=click.Path(), help="A file with one gene a line: those that go up.")
@click.option("--down", type=click.Path(), help="A file with one gene a line: those that go down.")
@click.option(
    "--index",
    type=click.Path(),
    help="An index: quick, approximate, for it stores only the signatures that move a gene most. The shipped "
    "demo index when neither this nor --signatures is given.",
)
@click.option(
    "--signatures",
    type=click.Path(),
    help="Whole signatures, exact: a folder that `signatures --method cd` wrote, a data folder with "
    "l1000/level5.gctx, or a Level 5 file with sig_info.txt beside it.",
)
@click.option("--by", default="cd", show_default=True, type=click.Choice(["cd", "log2fc"]))
@click.option("-n", default=10, show_default=True, help="Perturbagens in each direction.")
@click.option("--least", default=10, show_default=True, help="Known genes that each file must have.")
@click.option("--format", "style", default="table", type=click.Choice(["table", "tsv", "json"]))
@click.option("--quiet", is_flag=True, help="No progress bar.")
def query(up, down, quiet, **options):
    """Find perturbagens that move genes the same way (connected) or the opposite one (reversed).

    The score is CMap's weighted connectivity score, −1 to 1, of each perturbagen's best signature; median is
    that of all its signatures; ncs is the score over the mean of its sign in the same type and cell line (of
    few signatures it says little). Short lists reach high scores by chance.
    """
    import sys

    from l1000_rnaseq.search.gene_list_answer import answer, read_genes

    genes = [read_genes(path) if path else [] for path in (up, down)]
    click.echo(answer(*genes, progress=not quiet and sys.stderr.isatty(), **options))
