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


if __name__ == "__main__":
    main()
