"""What several commands take: choices that the library lists, doses, and examples in the help."""

import re
from importlib import import_module

import click


class LibraryChoice(click.Choice):
    """One of the names that a module of the library lists; it is imported when they are needed."""

    def __init__(self, module: str, name: str):
        self.module, self.attribute, self.case_sensitive = module, name, True

    @property
    def choices(self) -> tuple[str, ...]:
        """The names."""
        return tuple(getattr(import_module(f"l1000_rnaseq.{self.module}"), self.attribute))


class Dose(click.ParamType):
    """One dose, or the lowest and the highest, with their unit or without."""

    name = "dose"

    def convert(self, value, param, ctx):
        """Return a dose or a pair of doses."""
        doses = _doses(value)
        if len(doses) not in (1, 2):
            self.fail(f"{value!r} is no dose; expected one number or two, lowest and highest.", param, ctx)
        return doses[0] if len(doses) == 1 else doses


class Time(click.ParamType):
    """A time in hours, or with its unit."""

    name = "time"

    def convert(self, value, param, ctx):
        """Return a number, or a text with a unit."""
        times = _doses(str(value))
        if len(times) != 1:
            self.fail(f"{value!r} is no time; expected hours, or a number with its unit.", param, ctx)
        return times[0]


class DoseCommand(click.Command):
    """A command whose `--dose` takes one dose or two."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Join the two doses after --dose to one value."""
        if "--dose" in args:
            first = args.index("--dose") + 1
            joined = " ".join(args[first : first + 2])
            if len(_doses(joined)) == 2:
                args = [*args[:first], joined, *args[first + 2 :]]
        return super().parse_args(ctx, args)


class GradedCommand(DoseCommand):
    """A command whose rows have an evidence grade; its help says by which rule."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the rule of the grade, then the example."""
        from l1000_rnaseq.search.grade import RULE

        with formatter.section("The column grade: how far to believe a row"):
            for paragraph in RULE.split("\n\n"):
                formatter.write_text(paragraph)
        super().format_epilog(ctx, formatter)


def _doses(text: str) -> tuple[float | str, ...]:
    """Split "1 10", "10 uM" or "100nM 10uM" into doses, numbers or texts; () for other words."""
    doses: list[float | str] = []
    for word in text.split():
        try:
            doses.append(float(word))
        except ValueError:
            if re.match(r"[-+]?\.?\d", word):
                doses.append(word)
            elif doses and not isinstance(doses[-1], str):
                doses[-1] = f"{doses[-1]:g} {word}"
            else:
                return ()
    return tuple(doses)


def example(words: str) -> str:
    """Return the end of a command's help."""
    return f"\b\nExample:\n  l1000-rnaseq {words}"


ID_TYPE = click.option(
    "--id-type",
    default="auto",
    show_default=True,
    type=LibraryChoice("data.gene_ids", "ID_TYPES"),
    help="What the gene ids of the input are.",
)
COUNT = click.IntRange(1)
SEED = click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(0, 2**32 - 1), help="Of all random draws."
)
QUIET = click.option("--quiet", is_flag=True, help="No progress bar.")
INDEX = click.option(
    "--index", "path", type=click.Path(), help="An index; the shipped demo index when absent."
)
STYLE = click.option(
    "--format", "style", type=click.Choice(["table", "tsv", "json"]), help="A table when absent."
)


COMPOUNDS = click.option(
    "--compounds",
    type=click.Path(),
    help="Your table of compounds, with mechanisms and targets. It is used before the one that ships.",
)


def one_of_flags(name: str, flags: dict[str, tuple[str, str]]):
    """Add flags that each set one parameter to a value of their own: flag → (value, help)."""

    def add(command):
        for flag, (value, words) in reversed(flags.items()):
            command = click.option(flag, name, flag_value=value, help=words)(command)
        return command

    return add


MECHANISMS = one_of_flags(
    "summary",
    {
        "--mechanisms": ("mechanism", "One row per mechanism of chemicals, tested against random compounds."),
        "--targets": ("target", "The same, one row per target."),
    },
)


def filter_options(command):
    """Add the options that choose signatures of an index (see `search.filters.Filters`)."""
    options = (
        click.option("--type", multiple=True, help="chemical, shRNA, CRISPR, …; give it again for several."),
        click.option("--cell", multiple=True, help="Cell line; give it again for several."),
        click.option("--time", multiple=True, type=Time(), help="Hours, or 3days; may be given again."),
        click.option(
            "--dose", type=Dose(), metavar="DOSE [HIGHEST]", help="One, or a range, in uM or as 100nM."
        ),
        click.option("--perturbagen", help="Part of a name or id."),
        click.option("--mechanism", multiple=True, help='Of the compound, such as "HDAC inhibitor".'),
        click.option("--target", multiple=True, help="Of the compound, such as HDAC1."),
        click.option("--source", help='"wells" or "Level 5, extended".'),
        click.option("--min-treated", type=COUNT, help="Fewest treated wells of a signature."),
        click.option("--min-agreement", type=click.FloatRange(-1, 1), help="Least replicate agreement."),
    )
    for option in reversed(options):
        command = option(command)
    return command
