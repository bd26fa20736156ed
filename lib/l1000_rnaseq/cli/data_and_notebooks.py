"""Commands that make or fetch data, and run notebooks on it: simulate, fetch, notebooks, demo."""

import os
import sys

import click

from l1000_rnaseq.cli.checked import OutputPath
from l1000_rnaseq.cli.parameters import COUNT, QUIET, SEED, LibraryChoice, example


@click.command(epilog=example("simulate my_data --small"))
@click.argument("folder", metavar="DIR", type=OutputPath())
@SEED
@click.option("--small", is_flag=True, help="A smaller folder, for tests.")
@click.option(
    "--lincs",
    type=COUNT,
    metavar="N",
    help="Only Level 3 wells that make N signatures, laid out as in GSE92742, which has 473647.",
)
@click.option(
    "--official", is_flag=True, help="The folder that a whole `fetch` leaves: its names and formats."
)
@click.option(
    "--scale",
    type=click.FloatRange(min=0, min_open=True),
    help="With --official: share of the official size. Default: 0.01.",
)
@click.option(
    "--mirror",
    type=OutputPath(),
    help="With --official: also write the files that a server gives to `fetch --mirror`.",
)
@click.option("--force", is_flag=True, help="Write into DIR even if it is not empty.")
def simulate(folder, seed, small, lincs, official, scale, mirror, force):
    """Write a data folder with planted truth."""
    if not official and (scale is not None or mirror):
        raise ValueError("--scale and --mirror go with --official.")
    if official:
        if small or lincs:
            raise ValueError("--official goes with neither --small nor --lincs; --scale sets its size.")
        _simulate_official(folder, seed, 0.01 if scale is None else scale, mirror, force)
        return
    if lincs:
        from l1000_rnaseq.data.simulate.lincs import simulate_lincs

        if small:
            raise ValueError("--small and --lincs are two kinds of folder; leave one of them out.")
        n = simulate_lincs(folder, lincs, seed, force, progress=sys.stderr.isatty())
        click.echo(f"Wrote {folder}: {n:,} wells; truth/perturbagens.tsv there says what is true of them.")
        return
    from l1000_rnaseq.data.simulate.data_folder import SMALL
    from l1000_rnaseq.data.simulate.data_folder import simulate as write_folder

    write_folder(folder, seed=seed, scale=SMALL if small else 1.0, force=force)
    click.echo(f"Wrote {folder}; PLANTED_TRUTH.md there says what is true of it.")


def _simulate_official(folder, seed, scale, mirror, force) -> None:
    from l1000_rnaseq.data.fetch.manifest import read_manifest
    from l1000_rnaseq.data.fetch.mirror import MANIFEST, write_mirror
    from l1000_rnaseq.data.simulate.official.official_folder import simulate_official

    absent = simulate_official(folder, scale, seed, force, progress=sys.stderr.isatty())
    datasets = read_manifest()
    made = len(datasets) - len(absent)
    click.echo(f"Wrote {folder}; PLANTED_TRUTH.md there says what is true of it.")
    click.echo(
        f"It has {made} of {len(datasets)} datasets of the manifest; not simulated: {', '.join(absent)}."
    )
    if mirror:
        write_mirror(folder, mirror, datasets)
        click.echo(f"Wrote {mirror}. Serve it at a URL, then get all of it with:")
        click.echo(f"l1000-rnaseq fetch --all --mirror URL --manifest {mirror}/{MANIFEST} --data DIR")


@click.command(epilog=example("fetch l1000_gene_info --data my_data"))
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--data", default=".", show_default=True, type=click.Path(), help="The data folder.")
@click.option(
    "--list", "listing", is_flag=True, help="Show what is there, what is missing and what it costs."
)
@click.option("--manifest", type=click.Path(), help="A manifest of your own.")
@click.option("--mirror", metavar="URL", help="A server that has the files, instead of the publishers'.")
@click.option("--all", "everything", is_flag=True, help="Fetch every dataset of the manifest.")
@QUIET
def fetch(names, data, listing, manifest, mirror, everything, quiet):
    """Download official datasets.

    Files are verified, and appear in the data folder only when whole. A killed download resumes. A mirror has
    each file under its path in a data folder, with .gz where it is unpacked; it is verified in the same way.
    """
    from l1000_rnaseq.data.fetch.download import fetch as fetch_files
    from l1000_rnaseq.data.fetch.download import table
    from l1000_rnaseq.data.fetch.manifest import read_manifest, select

    datasets = read_manifest(manifest)
    if mirror:
        from l1000_rnaseq.data.fetch.mirror import from_mirror

        datasets = from_mirror(datasets, mirror)
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


@click.command(epilog=example("build --data my_data --out my_build --cluster 2"))
@click.option("--data", envvar="L1000_RNASEQ_DATA", type=click.Path(), required=True, help="The data folder.")
@click.option("--out", required=True, type=OutputPath(), help="Folder for what is made.")
@click.option(
    "--preset", default="best", show_default=True, type=LibraryChoice("translate.presets", "PRESETS")
)
@SEED
@click.option("--transform", "translate", is_flag=True, help="Also write the genomes of all wells.")
@click.option(
    "--cluster", metavar="N|ADDRESS", help="Index in N processes, or on a Dask cluster: see `index`."
)
@QUIET
def build(data, out, preset, seed, translate, cluster, quiet):
    """Train, benchmark and index a data folder.

    OUT gets bundle.h5, benchmark.tsv and index.h5. A stage is skipped while its inputs and settings stay the
    same. A killed run goes on where it stopped. The wells are those of LINCS 2020 where the folder has them,
    otherwise those of GSE92742 and GSE70138.
    """
    from l1000_rnaseq.reports.folder_to_index import build_folder

    build_folder(data, out, click.echo, preset, seed, translate, cluster, not quiet)


@click.command(epilog=example("notebooks --data my_data --only 02 --fast"))
@click.option("--data", envvar="L1000_RNASEQ_DATA", type=click.Path(), required=True, help="The data folder.")
@click.option("--out", default="reports", show_default=True, type=OutputPath(), help="Folder for the pages.")
@click.option("--only", multiple=True, metavar="NN", help="Run this notebook; may be repeated.")
@click.option("--fast", is_flag=True, help="Small networks: to see whether everything runs.")
@SEED
@click.option("--again", is_flag=True, help="Run also what has not changed.")
@click.option(
    "--workers",
    type=COUNT,
    help="Notebooks that run at the same time: two when absent, where there are two processors. Each takes "
    "up to 5 GB.",
)
@QUIET
def notebooks(data, out, only, fast, seed, again, workers, quiet):
    """Run the notebooks; write HTML pages.

    The pages are self-contained, with a front page. A run that was killed goes on where it stopped. Notebooks
    are not run again while they, the data and the library stay the same.
    """
    from l1000_rnaseq.data.cohorts import default_folder
    from l1000_rnaseq.data.files.output import output
    from l1000_rnaseq.reports.front_page import write_front_page
    from l1000_rnaseq.reports.notebook_html import find_notebooks
    from l1000_rnaseq.reports.run_notebooks import choose_notebooks, run_notebooks

    data, paths = default_folder(data), choose_notebooks(only)
    with output(out, folder=True) as folder:
        workers = workers or min(2, os.cpu_count() or 1)
        run_notebooks(paths, data, folder, click.echo, fast, seed, again, not quiet, workers)
        made = [path for path in find_notebooks() if (folder / f"{path.stem}.html").is_file()]
        click.echo(write_front_page(folder, made, folder / "work" / "results", data.name))


@click.command(epilog=example("demo my_demo"))
@click.argument("folder", default="demo", type=OutputPath())
@QUIET
def demo(folder, quiet):
    """Try the main job on simulated data.

    It simulates, trains, transforms, measures, and runs a notebook.
    """
    from l1000_rnaseq.reports.demo import run_demo

    run_demo(folder, click.echo, progress=not quiet)
