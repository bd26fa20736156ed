"""The command line: each command is a few lines over the library."""

import logging
import sys

import click

from l1000_rnaseq import __version__
from l1000_rnaseq.cli.find import index, query, search, signatures
from l1000_rnaseq.cli.share import app, report

# which extra of pyproject.toml brings a package
EXTRAS = {"appyter": "app"} | dict.fromkeys(("nbconvert", "nbformat", "papermill"), "notebooks")


class _OneSentence(click.Group):
    """Turn what a user can mend (ValueError, OSError, a missing extra) into one sentence and exit code 2."""

    def invoke(self, ctx: click.Context):
        try:
            return super().invoke(ctx)
        except (ValueError, OSError) as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(2)
        except ModuleNotFoundError as error:
            if error.name not in EXTRAS:
                raise
            needed = f"pip install -e '.[{EXTRAS[error.name]}]'"
            click.echo(f"Error: this command needs the package {error.name}: {needed} installs it.", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("Interrupted; the same command run again resumes where it stopped.", err=True)
            sys.exit(130)


@click.group(cls=_OneSentence, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main():
    """Turn L1000 landmark profiles into RNA-seq-like whole-genome profiles."""
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False))
@click.option("--seed", default=0, show_default=True, help="Seed of everything; same seed, same bytes.")
@click.option("--small", is_flag=True, help="A smaller folder, for tests.")
@click.option("--force", is_flag=True, help="Write into DIR even if it is not empty.")
def simulate(folder, seed, small, force):
    """Write a simulated data folder with planted truth to DIR."""
    from l1000_rnaseq.data.simulate.data_folder import SMALL
    from l1000_rnaseq.data.simulate.data_folder import simulate as write_folder

    write_folder(folder, seed=seed, scale=SMALL if small else 1.0, force=force)
    click.echo(f"Wrote {folder}; PLANTED_TRUTH.md there says what is true of it.")


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--data", default=".", show_default=True, type=click.Path(), help="The data folder.")
@click.option(
    "--list", "listing", is_flag=True, help="Show what is there, what is missing and what it costs."
)
@click.option("--manifest", type=click.Path(), help="A manifest of your own.")
@click.option("--all", "everything", is_flag=True, help="Fetch every dataset of the manifest.")
@click.option("--quiet", is_flag=True, help="No progress bars.")
def fetch(names, data, listing, manifest, everything, quiet):
    """Download official datasets into a data folder: resumed, verified, renamed only when whole."""
    from l1000_rnaseq.data.fetch.download import fetch as fetch_files
    from l1000_rnaseq.data.fetch.download import table
    from l1000_rnaseq.data.fetch.manifest import read_manifest, select

    datasets = read_manifest(manifest)
    if listing or not (names or everything):
        chosen = select(names, datasets) if names else datasets.values()
        click.echo(table({dataset.name: dataset for dataset in chosen}, data))
        if not listing:
            click.echo(
                "Name what to fetch, as in: l1000-rnaseq fetch l1000_gene_info --data DIR, or give --all."
            )
        return
    tell = (lambda sentence: None) if quiet else click.echo
    for path in fetch_files(datasets if everything else names, data, datasets, progress=not quiet, tell=tell):
        click.echo(path)


@main.command()
@click.option("--data", required=True, envvar="L1000_RNASEQ_DATA", type=click.Path(), help="The data folder.")
@click.option("--out", required=True, type=click.Path(dir_okay=False), help="The bundle to write.")
@click.option(
    "--preset",
    default="best",
    show_default=True,
    help="as_published, as_coded, ratio, best, anchored, dgex or dgex_modern.",
)
@click.option("--seed", default=0, show_default=True)
@click.option("--exclude-processing", help="Leave out RNA-seq samples whose data_processing has this text.")
@click.option("--small", is_flag=True, help="Narrow networks, few epochs: to try things out.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--dtype", default="float32", type=click.Choice(["float32", "float16"]), help="Stored weights.")
@click.option("--force", is_flag=True, help="Overwrite an existing bundle.")
@click.option("--quiet", is_flag=True, help="No progress bars.")
def train(data, out, preset, seed, exclude_processing, small, device, dtype, force, quiet):
    """Train a bundle on a data folder; run again after an interruption, it resumes."""
    import shutil
    from pathlib import Path

    from l1000_rnaseq.translate.card import card_text
    from l1000_rnaseq.translate.training.train import train as fit

    out, checkpoints = Path(out), Path(f"{out}.checkpoints")
    if out.exists() and not force:
        raise FileExistsError(f"{out} is there already; pass --force to overwrite it.")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {out.parent} to write the bundle to; make it first.")
    options = {"device": device, "checkpoints": checkpoints, "progress": not quiet}
    bundle = fit(data, preset, seed, exclude_processing, small_settings=small, **options)
    bundle.save(out, dtype)
    shutil.rmtree(checkpoints, ignore_errors=True)
    click.echo(card_text(bundle))
    click.echo(f"Wrote {out}.")


@main.command()
@click.argument("source", metavar="INPUT", type=click.Path())
@click.argument("target", metavar="OUTPUT", type=click.Path())
@click.option("--model", type=click.Path(), help="A bundle; the shipped default when absent.")
@click.option("--chunk", default=1000, show_default=True, help="Profiles translated at a time.")
@click.option("--dtype", default="float32", show_default=True, type=click.Choice(["float32", "float16"]))
@click.option("--genes", type=click.Path(), help="A file with one gene a line: write only these.")
@click.option("--info", type=click.Path(), help="A table of the samples; its columns go to the output.")
@click.option("--id-type", default="auto", show_default=True, help="auto, entrez, symbol, ensembl or probe.")
@click.option("--force", is_flag=True, help="Overwrite an existing output.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def transform(source, target, model, genes, quiet, **options):
    """Turn L1000 Level 3 profiles (INPUT) into RNA-seq-like genomes (OUTPUT), log2(CPM+1).

    GCTX, h5ad, Parquet, Feather, CSV and TSV are read and written, by suffix; GCT is read. Memory does not
    grow with the number of profiles; a killed run resumes when the same command is given again.
    """
    from pathlib import Path

    from l1000_rnaseq.translate.bundle import Bundle
    from l1000_rnaseq.translate.transform import transform_file

    if genes and not Path(genes).is_file():
        raise FileNotFoundError(f"there is no file {genes}; --genes takes a file with one gene a line.")
    wanted = Path(genes).read_text().split() if genes else None
    summary = transform_file(source, target, Bundle.load(model), wanted, progress=not quiet, **options)
    click.echo(f"Wrote {target}: {summary}")


@main.command()
@click.argument("bundle", required=False, type=click.Path())
@click.option("--genes", is_flag=True, help="List the genes it predicts instead.")
def info(bundle, genes):
    """Print the card of a BUNDLE (the shipped default when none is named)."""
    from l1000_rnaseq.translate.bundle import Bundle
    from l1000_rnaseq.translate.card import card_text

    loaded = Bundle.load(bundle)
    click.echo("\n".join(loaded.genes) if genes else card_text(loaded))


@main.command()
@click.argument("bundles", nargs=-1, type=click.Path())
@click.option("--data", required=True, envvar="L1000_RNASEQ_DATA", type=click.Path(), help="The data folder.")
@click.option("--out", type=click.Path(), help="Also write the table as TSV.")
def benchmark(bundles, data, out):
    """Measure BUNDLES on the paired cell lines of a data folder, beside constants and baselines."""
    from l1000_rnaseq.evaluate.pairs import benchmark_bundles
    from l1000_rnaseq.translate.bundle import Bundle

    loaded = {str(path): Bundle.load(path) for path in bundles} or {"shipped default": Bundle.load()}
    table = benchmark_bundles(data, loaded)
    if out:
        table.to_csv(out, sep="\t", index=False, float_format="%.4f")
    click.echo(table.to_string(index=False, float_format=lambda value: f"{value:.3f}"))


@main.command()
@click.option("--data", envvar="L1000_RNASEQ_DATA", type=click.Path(), required=True, help="The data folder.")
@click.option("--out", default="reports", show_default=True, type=click.Path(), help="Folder for the pages.")
@click.option("--fast", is_flag=True, help="Small networks: to see whether everything runs.")
@click.option("--quiet", is_flag=True, help="No progress bars.")
def reports(data, out, fast, quiet):
    """Execute every notebook on a data folder and export each to self-contained HTML, with a front page."""
    from pathlib import Path

    from l1000_rnaseq.reports.front_page import write_front_page
    from l1000_rnaseq.reports.notebook_html import execute_notebook, find_notebooks

    data, out, notebooks = Path(data).resolve(), Path(out), find_notebooks()
    work = (out / "work").resolve()
    for notebook in notebooks:
        parameters = {"DATA": str(data), "OUT": str(work), "FAST": fast}
        click.echo(execute_notebook(notebook, out, parameters, progress=not quiet))
    click.echo(write_front_page(out, notebooks, work / "results", data.name))


@main.command()
@click.argument("folder", default="demo", type=click.Path(file_okay=False))
@click.option("--quiet", is_flag=True, help="No progress bars.")
def demo(folder, quiet):
    """Run the main job end to end on a simulated data folder: simulate, train, transform, measure, report."""
    from l1000_rnaseq.reports.demo import run_demo

    run_demo(folder, click.echo, progress=not quiet)


for command in (signatures, index, search, query, app, report):
    main.add_command(command)


if __name__ == "__main__":
    main()
