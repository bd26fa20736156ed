"""The command line: `l1000-rnaseq`, its commands by task, and errors as one sentence."""

import logging
import sys

import click

from l1000_rnaseq import __version__
from l1000_rnaseq.cli import data_and_notebooks, models, own_signatures, start_here
from l1000_rnaseq.cli.checked import checked

HEADINGS = {
    "Start here": (start_here.search, start_here.transform, start_here.app, start_here.mcp),
    "Your own signatures": (
        own_signatures.signatures,
        own_signatures.index,
        own_signatures.match,
        own_signatures.export,
        own_signatures.site,
    ),
    "Models": (models.info, models.train, models.benchmark),
    "Data and notebooks": (
        data_and_notebooks.simulate,
        data_and_notebooks.fetch,
        data_and_notebooks.build,
        data_and_notebooks.notebooks,
        data_and_notebooks.demo,
    ),
}
OLD_NAMES = {"query": own_signatures.match, "reports": data_and_notebooks.notebooks}

# which extra of pyproject.toml brings a package
EXTRAS = dict.fromkeys(("nbconvert", "nbformat", "papermill"), "notebooks")
EXTRAS |= {"appyter": "app", "dask": "cluster", "distributed": "cluster", "mcp": "mcp", "torch": "train"}
EXTRAS |= {"zarr": "cluster"}


class _Group(click.Group):
    """Commands under headings; what a user can mend is one sentence and exit code 2.

    That is a ValueError, an OSError, or a missing extra.
    """

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, commands in HEADINGS.items():
            with formatter.section(heading):
                formatter.write_dl([(c.name.ljust(10), c.get_short_help_str(60)) for c in commands])

    def invoke(self, ctx: click.Context):
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # `| head` has read enough; click ends quietly
            raise
        except (ValueError, OSError) as error:
            _end(_sentence(error))
        except click.UsageError as error:
            help_of = f" `{error.ctx.command_path} --help` says more." if error.ctx else ""
            _end(f"{error.format_message()}{help_of}")
        except ModuleNotFoundError as error:
            if error.name not in EXTRAS:
                raise
            needed = f"pip install -e '.[{EXTRAS[error.name]}]'"
            if error.name == "appyter" and sys.version_info >= (3, 14):
                needed = f"on Python 3.13 or older, {needed}"
            _end(f"this command needs the package {error.name}: {needed} installs it.")
        except KeyboardInterrupt:
            click.echo("Interrupted; the same command run again resumes where it stopped.", err=True)
            sys.exit(130)


def _end(sentence: str) -> None:
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(2)


def _sentence(error: Exception) -> str:
    """Say what the system said of a file in words; other errors of ours are sentences already."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    reason = error.strerror[:1].lower() + error.strerror[1:]
    return f"{error.filename}: {reason}." if error.filename else f"{reason}."


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main():
    """Turn L1000 landmark profiles into RNA-seq-like genomes, and search them by gene."""
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
    logging.getLogger("l1000_rnaseq").setLevel(logging.INFO)  # what was read, renamed, left out


def _renamed(old: str, command: click.Command) -> click.Command:
    """Return a command under its old name: hidden, and it tells the new one."""

    def run(**options):
        click.echo(f"`{old}` is `{command.name}` now; the next version drops the old name.", err=True)
        return command.callback(**options)  # which is checked already

    return click.Command(old, callback=run, params=command.params, help=command.help, hidden=True)


for command in (*(command for commands in HEADINGS.values() for command in commands), start_here.report):
    command.callback = checked(command)
    main.add_command(command)
for old, command in OLD_NAMES.items():
    main.add_command(_renamed(old, command))


if __name__ == "__main__":
    main()
