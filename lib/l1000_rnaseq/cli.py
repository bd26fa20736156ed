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


if __name__ == "__main__":
    main()
