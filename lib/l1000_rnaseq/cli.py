"""The command line: each command is a few lines over the library."""

import sys

import click

from l1000_rnaseq import __version__


class _OneSentence(click.Group):
    """Turn what a user can mend (ValueError, OSError) into one sentence and exit code 2."""

    def invoke(self, ctx: click.Context):
        try:
            return super().invoke(ctx)
        except (ValueError, OSError) as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("Interrupted; the same command run again resumes where it stopped.", err=True)
            sys.exit(130)


@click.group(cls=_OneSentence, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main():
    """Turn L1000 landmark profiles into RNA-seq-like whole-genome profiles."""


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False))
@click.option("--seed", default=0, show_default=True, help="Seed of everything; same seed, same bytes.")
@click.option("--small", is_flag=True, help="A smaller folder, for tests.")
@click.option("--force", is_flag=True, help="Write into DIR even if it is not empty.")
def simulate(folder, seed, small, force):
    """Write a simulated data folder with planted truth to DIR."""
    from l1000_rnaseq.data.simulate import SMALL
    from l1000_rnaseq.data.simulate import simulate as write_folder

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
    from l1000_rnaseq.data.download import fetch as fetch_files
    from l1000_rnaseq.data.download import table
    from l1000_rnaseq.data.manifest import read_manifest, select

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


if __name__ == "__main__":
    main()
