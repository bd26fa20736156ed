"""Print measurements as a table for the README."""

import click
import pandas as pd


def show(rows: list[dict]) -> None:
    """Print rows as Markdown; whole numbers with thousands separators."""
    table = pd.DataFrame(rows)
    click.echo("| " + " | ".join(table.columns) + " |\n|" + " --- |" * table.shape[1])
    for row in table.itertuples(index=False):
        click.echo("| " + " | ".join(f"{v:,}" if isinstance(v, int) else str(v) for v in row) + " |")
