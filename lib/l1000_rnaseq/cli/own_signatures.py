"""Commands for signatures of one's own: signatures, index, match."""

import os

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
    LibraryChoice,
    example,
    filter_options,
)


@click.command(epilog=example("signatures level3.gctx my_signatures --info inst_info.txt --transform"))
@click.argument("source", metavar="PROFILES", type=click.Path())
@click.argument("out", metavar="OUT", type=OutputPath())
@click.option("--info", required=True, type=click.Path(), help="Well table: the columns of inst_info.")
@click.option("--method", default="cd", show_default=True, type=click.Choice(["cd", "limma", "fc"]))
@click.option(
    "--controls",
    default="vehicle",
    show_default=True,
    type=LibraryChoice("signatures.controls", "CONTROLS"),
    help="Wells of the same plate and line: vehicle, other treatments, both, or the plate's median.",
)
@click.option("--min-treated", default=1, show_default=True, type=COUNT, help="Treated wells per signature.")
@click.option("--min-controls", default=3, show_default=True, type=COUNT, help="Controls per signature.")
@click.option(
    "--gamma",
    type=click.FloatRange(0, 1),
    help="Regularisation of the characteristic direction; 1 is none, as published. When absent, what suits "
    "the controls.",
)
@click.option("--pool-doses", is_flag=True, help="One signature over all doses of a perturbagen.")
@click.option(
    "--transform", "translate", is_flag=True, help="PROFILES are Level 3: translate them on the fly."
)
@click.option("--model", type=click.Path(), help="Bundle for --transform; the shipped default when absent.")
@click.option(
    "--top",
    default=250,
    show_default=True,
    type=COUNT,
    help="Genes up and down of each signature in top.gmt.",
)
@ID_TYPE
@click.option("--force", is_flag=True, help="Overwrite the signatures of an earlier run.")
@QUIET
def signatures(source, out, translate, model, gamma, quiet, **options):
    """Compare treated wells with controls.

    PROFILES are log2. The controls are on the plate of the treated wells. The folder OUT gets log2fc.gctx,
    cd.gctx or t.gctx, sig_info.txt, skipped.txt and top.gmt. Batches are computed one by one; a killed run
    resumes.
    """
    from l1000_rnaseq.signatures.characteristic_direction import DirectionSettings
    from l1000_rnaseq.signatures.signature_files import signatures_file
    from l1000_rnaseq.translate.bundle import Bundle

    if model and not translate:
        raise ValueError("--model is for --transform; give both, or neither.")
    if gamma is not None:
        if options["method"] != "cd":
            raise ValueError(f"--gamma is for --method cd; it does nothing for {options['method']}.")
        options["direction"] = DirectionSettings(gamma=gamma)
    bundle = Bundle.load(model) if translate else None
    summary = signatures_file(source, out=out, bundle=bundle, progress=not quiet, **options)
    click.echo(f"Wrote {out}: {summary}")


@click.command(epilog=example("index --wells level3.gctx --info inst_info.txt my_index.h5"))
@click.argument("folders", nargs=-1, metavar="[SIGNATURES]...", type=click.Path())
@click.argument("target", metavar="INDEX.h5", type=OutputPath())
@click.option("--wells", type=click.Path(), help="Level 3 profiles instead; no genomes are written.")
@click.option("--info", type=click.Path(), help="Well table for --wells: the columns of inst_info.")
@click.option(
    "--data", type=click.Path(), help="A data folder instead: its Level 3 wells and Level 5 signatures."
)
@click.option("--model", type=click.Path(), help="Bundle that translates, and whose reliability is noted.")
@click.option("--add", multiple=True, type=click.Path(), help="An index whose signatures come first.")
@click.option(
    "--cluster",
    metavar="N|ADDRESS",
    help="Compute the signatures of wells in N processes, or on the Dask cluster at ADDRESS, whose workers "
    "see the same files. The index is the same.",
)
@click.option(
    "--keep-wells",
    is_flag=True,
    help="Keep the single wells behind signatures too, for the page of a gene: 2.4 kB a well.",
)
@click.option("--force", is_flag=True, help="Overwrite an existing index.")
@QUIET
def index(folders, target, wells, info, data, model, add, cluster, keep_wells, force, quiet):
    """Build an index that `search` can read.

    SIGNATURES are folders that `signatures --method cd` wrote, or indexes to be merged. With --wells and
    --data the controls are wells of other treatments on the plate where there are ten, else vehicle wells,
    else every other well. Every signature is kept for every gene. A signature that is there already, of the
    same wells, is left out. A killed run resumes.
    """
    from l1000_rnaseq.search.build import build_index
    from l1000_rnaseq.search.build_from_folder import index_folder, index_wells
    from l1000_rnaseq.search.index_source import sources_of
    from l1000_rnaseq.translate.bundle import Bundle

    if bool(folders) + bool(data) + bool(wells) != 1:
        raise ValueError(
            "name folders of signatures, or one data folder with --data, or profiles with --wells."
        )
    if bool(wells) != bool(info):
        raise ValueError("--wells and --info go together; give both, or neither.")
    if cluster and folders:
        raise ValueError("--cluster is for --wells and --data: signatures that are there are only copied.")
    bundle, options = Bundle.load(model), {"force": force, "progress": not quiet, "keep_wells": keep_wells}
    if data:
        n = index_folder(data, target, bundle, add=add, cluster=cluster, **options)
    elif wells:
        n = index_wells(wells, info, target, bundle, add=add, cluster=cluster, **options)
    else:
        sources = [source for path in (*add, *folders) for source in sources_of(path)]
        n = build_index(sources, target, bundle.reliability(), **options)
    click.echo(f"Wrote {target}: {n:,} signatures.")


@click.command(cls=GradedCommand, epilog=example("match --up up.txt --down down.txt --cell A375"))
@click.option("--up", type=click.Path(), help="A file with a gene per line: those that go up.")
@click.option("--down", type=click.Path(), help="A file with a gene per line: those that go down.")
@click.option(
    "--table",
    type=click.Path(),
    help="Instead: a table of differential expression, with a row per gene and a log2 fold change.",
)
@click.option("--index", type=click.Path(), help="An index; the shipped demo index when absent.")
@click.option(
    "--signatures",
    type=click.Path(),
    help="Signatures in files instead: a folder that `signatures --method cd` wrote, a data folder with "
    "l1000/level5.gctx, or a Level 5 file with sig_info.txt beside it.",
)
@click.option("--by", default="cd", show_default=True, type=click.Choice(["cd", "log2fc"]))
@COMPOUNDS
@filter_options
@MECHANISMS
@click.option("--tau", "with_tau", is_flag=True, help="How unusual the score is for that signature.")
@click.option("-n", default=10, show_default=True, type=COUNT, help="Perturbagens in each direction.")
@click.option("--least", default=10, show_default=True, type=COUNT, help="Known genes each file must have.")
@STYLE
@QUIET
def match(
    up, down, table, index, signatures, by, compounds, summary, with_tau, n, least, style, quiet, **filters
):
    """Find what moves lists of genes.

    A perturbagen that moves them the same way is connected; one that moves them the opposite way is reversed.
    The score is CMap's weighted connectivity score, −1 to 1, of each perturbagen's best signature. The median
    is over all its signatures. The ncs is the score divided by the mean score of the same sign, type and cell
    line; with few signatures it says little. Short lists reach high scores by chance.

    With --table, the score is the cosine between your change and each signature. Connected signatures mimic
    the change.

    With --tau, each signature is also compared with the top genes of up to 1,000 other perturbagens. CMap's
    tau is the percentage of them that fit it less, −100 to 100. It is not a p-value.

    In an index with more than 20,000 signatures, only those that can be in the answer are read whole. The
    answer is the same, without the ncs.
    """
    import sys

    from l1000_rnaseq.cli.printed import as_text
    from l1000_rnaseq.data.gene_lists import read_genes
    from l1000_rnaseq.search.annotation import annotated, known
    from l1000_rnaseq.search.by_gene_list import UNITS, open_signatures, perturbagens, score_query
    from l1000_rnaseq.search.filters import Filters
    from l1000_rnaseq.search.filters import told as told_filters
    from l1000_rnaseq.search.index import Index

    if table:
        if up or down:
            raise ValueError("--table is one question, --up and --down another; leave one of them out.")
        from l1000_rnaseq.search.by_signature import score_changes
        from l1000_rnaseq.search.change_table import read_changes

    if with_tau and (table or summary):
        raise ValueError("--tau is for --up and --down, and for perturbagens; leave one of the options out.")
    lists = [read_genes(path) if path else [] for path in (up, down)]
    if not signatures:
        index = Index(index, compounds)
    options = {"least": least, "filters": Filters(**filters)}
    options["progress"] = not quiet and sys.stderr.isatty()
    if table:
        source = open_signatures(index, signatures, options["filters"])
        scores = score_changes(read_changes(table), source, by, progress=options["progress"])
        told = f"{scores['genes'].iloc[0]:,} genes in common"
    else:
        top = None if summary else n
        query, scores = score_query(*lists, index, signatures, by, **options, top=top)
        told = query.told
    if signatures:
        scores = annotated(scores, compounds)
    left = "" if signatures else told_filters(options["filters"].counts(index.signatures))
    head = f"{told}; {len(scores):,} signatures. {left}".rstrip()
    if summary:
        from l1000_rnaseq.search.mechanisms import mechanisms_of_scores

        table = mechanisms_of_scores(scores, summary).head(2 * n).reset_index()
        click.echo(as_text(table, style, f"{head} {known(scores)}"))
        return
    table = perturbagens(scores, n)
    if with_tau:
        from l1000_rnaseq.search.tau_score import add_tau

        table = add_tau(table, open_signatures(index, signatures), query, by)
    shown = table.drop(columns=["sig_id", "pert_iname", "other_lines", "lines_agree", "targets", *UNITS])
    shown = shown.loc[:, (shown != "").any() & shown.notna().any()]
    for name, unit in zip(("dose", "time"), UNITS, strict=True):
        measure = table[name].astype(str) + " " + table[unit].astype(str)
        shown[name] = measure.where(table[name].notna(), "")
    click.echo(as_text(table, style, head, shown))


@click.command(epilog=example("export my_tables --index my_index.h5 --top 100"))
@click.argument("folder", metavar="DIR", type=OutputPath())
@INDEX
@click.option("--top", default=100, show_default=True, type=COUNT, help="Signatures up and down per gene.")
@click.option("--genes", type=click.Path(), help="A file with a gene per line: only these.")
@click.option("--by", default="log2fc", show_default=True, type=click.Choice(["log2fc", "cd", "rank"]))
@COMPOUNDS
@filter_options
@click.option("--force", is_flag=True, help="Replace the tables of an earlier run.")
@QUIET
def export(folder, path, top, genes, by, compounds, force, quiet, **filters):
    """Write one table per gene: what moves it.

    DIR gets Parquet and TSV per gene, the list of genes, checksums and provenance: what a catalog or a static
    site needs. A killed run goes on where it stopped.
    """
    from l1000_rnaseq.data.gene_lists import read_genes
    from l1000_rnaseq.search.export import export as write_tables
    from l1000_rnaseq.search.filters import Filters
    from l1000_rnaseq.search.index import Index

    chosen = read_genes(genes) if genes else None
    options = {"filters": Filters(**filters), "force": force, "progress": not quiet}
    n = write_tables(Index(path, compounds), folder, top, chosen, by, **options)
    click.echo(f"Wrote {folder}: the tables of {n:,} genes.")


@click.command(epilog=example("site my_site --index my_index.h5"))
@click.argument("folder", metavar="DIR", type=OutputPath())
@INDEX
@click.option("--genes", type=click.Path(), help="A file with a gene per line: only these.")
@click.option("--workers", type=COUNT, help="Processes; one per processor when absent.")
@click.option("--force", is_flag=True, help="Replace an earlier site.")
@QUIET
def site(folder, path, genes, workers, force, quiet):
    """Write the page of every gene as plain files.

    DIR/index.html opens from disk or from any web host, without a server. A killed run goes on where it
    stopped.
    """
    from l1000_rnaseq.app.site import write_site
    from l1000_rnaseq.data.gene_lists import read_genes
    from l1000_rnaseq.search.index import Index

    chosen, workers = read_genes(genes) if genes else None, workers or os.cpu_count() or 1
    n = write_site(Index(path), folder, chosen, workers, force, progress=not quiet)
    click.echo(f"Wrote {folder}: {n:,} genes. Open {folder}/index.html in a browser.")
