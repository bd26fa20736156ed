"""Commands around models: info, train, benchmark."""

import click

from l1000_rnaseq.cli.checked import OutputPath
from l1000_rnaseq.cli.parameters import QUIET, SEED, LibraryChoice, example

DATA = click.option(
    "--data", required=True, envvar="L1000_RNASEQ_DATA", type=click.Path(), help="The data folder."
)


@click.command(epilog=example("info my_bundle.h5"))
@click.argument("bundle", required=False, type=click.Path())
@click.option("--genes", is_flag=True, help="List the genes it predicts instead.")
def info(bundle, genes):
    """Print the card of a bundle.

    The card says what the bundle was trained on, its scores and its limits. Without BUNDLE it is that of the
    shipped default.
    """
    from l1000_rnaseq.translate.bundle import Bundle
    from l1000_rnaseq.translate.card import card_text

    loaded = Bundle.load(bundle)
    click.echo("\n".join(loaded.genes) if genes else card_text(loaded))


@click.command(epilog=example("train --data my_data --out my_bundle.h5 --preset best"))
@DATA
@click.option("--out", required=True, type=OutputPath(), help="The bundle to write.")
@click.option(
    "--preset", default="best", show_default=True, type=LibraryChoice("translate.presets", "PRESETS")
)
@SEED
@click.option("--exclude-processing", help="Leave out RNA-seq samples whose data_processing has this text.")
@click.option(
    "--max-samples", type=click.IntRange(min=1), help="Draw at most so many of each kind; 50,000 when absent."
)
@click.option("--partial-genes", is_flag=True, help="Also CMap's genes that only some sources measure.")
@click.option("--learn-pairs", is_flag=True, help="Learn from the paired lines too; no benchmark then.")
@click.option("--small", is_flag=True, help="Narrow networks, few epochs: to try things out.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda"]))
@click.option("--dtype", default="float32", type=click.Choice(["float32", "float16"]), help="Stored weights.")
@click.option("--force", is_flag=True, help="Overwrite an existing bundle.")
@QUIET
def train(
    data, out, preset, seed, exclude_processing, max_samples, partial_genes, small, dtype, force, quiet,
    **options,
):  # fmt: skip
    """Train a bundle on a data folder.

    After an interruption, the same command resumes.
    """
    import shutil
    from dataclasses import replace
    from pathlib import Path

    from l1000_rnaseq.data.files.output import output
    from l1000_rnaseq.translate.card import card_text
    from l1000_rnaseq.translate.presets import PRESETS
    from l1000_rnaseq.translate.training.train import train as fit

    checkpoints = Path(f"{out}.checkpoints")
    options |= {"checkpoints": checkpoints, "progress": not quiet}
    with output(out, force):
        changed = {"partial_genes": True} if partial_genes else {}
        changed |= {"max_samples": max_samples} if max_samples else {}
        preset = replace(PRESETS[preset], **changed)
        bundle = fit(data, preset, seed, exclude_processing, small_settings=small, **options)
        bundle.save(Path(out), dtype)
        shutil.rmtree(checkpoints, ignore_errors=True)
    click.echo(card_text(bundle))
    click.echo(f"Wrote {out}.")


@click.command(epilog=example("benchmark my_bundle.h5 --data my_data"))
@click.argument("bundles", nargs=-1, type=click.Path())
@DATA
@click.option(
    "--pairs",
    type=click.Choice(["lines", "gse92743"]),
    help="Cell lines, or GTEx samples of GSE92743. When absent: cell lines where the folder has them.",
)
@click.option("--out", type=OutputPath(), help="Also write the table as TSV.")
def benchmark(bundles, data, pairs, out):
    """Measure bundles on real pairs of profiles.

    A pair is a sample that both technologies measured. They come from the data folder. Constants and
    baselines are measured beside the BUNDLES.
    """
    from contextlib import nullcontext
    from pathlib import Path

    from l1000_rnaseq.data.cohorts import has_pairs
    from l1000_rnaseq.data.files.disk import write_text
    from l1000_rnaseq.data.files.output import output
    from l1000_rnaseq.data.gse92743 import has_gtex_pairs
    from l1000_rnaseq.evaluate.pairs import benchmark_bundles, benchmark_on_gtex
    from l1000_rnaseq.translate.bundle import Bundle

    with output(out, begins=b"method\t") if out else nullcontext():
        loaded = {str(path): Bundle.load(path) for path in bundles} or {"shipped default": Bundle.load()}
        data = Path(data)
        if pairs == "gse92743" or (not pairs and not has_pairs(data) and has_gtex_pairs(data)):
            click.echo("Pairs: GTEx samples of GSE92743.", err=True)
            table = benchmark_on_gtex(data, loaded)
        else:
            table = benchmark_bundles(data, loaded)
        if out:
            write_text(out, table.to_csv(sep="\t", index=False, float_format="%.4f"))
    click.echo(table.to_string(index=False, float_format=lambda value: f"{value:.3f}"))
