"""Commands around the web form: app, report."""

import click


@click.command()
@click.option("--index", type=click.Path(), help="An index; the shipped demo index when absent.")
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Loopback, unless a proxy stands before it."
)
@click.option(
    "--seconds",
    default=120,
    show_default=True,
    type=click.IntRange(5),
    help="What one search may take before it is stopped.",
)
def app(index, port, host, seconds):
    """Serve the gene search as a web form until Ctrl-C."""
    from l1000_rnaseq.app.serve import serve

    serve(index, host, port, seconds, announce=click.echo)


@click.command()
@click.argument("gene")
@click.option("--out", required=True, type=click.Path(dir_okay=False), help="The HTML page to write.")
@click.option("--index", type=click.Path(), help="An index; the shipped demo index when absent.")
@click.option("--type", default="any", help="chemical, shRNA, CRISPR, …")
@click.option("--cell", default="any", help="A cell line.")
@click.option("--compare", default="", help="A second gene.")
def report(gene, out, index, **fields):
    """Write the form's answer for GENE as one HTML page that needs no network."""
    from l1000_rnaseq.app.page_file import write_report

    problem = write_report(out, index, gene=gene, **fields)
    if problem:
        raise ValueError(f"{problem} The page {out} says so too.")
    click.echo(f"Wrote {out}.")
