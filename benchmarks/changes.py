"""Models of changes on RNA-seq contrasts that they have not seen (see `evaluate.change_models`).

    python benchmarks/changes.py --data ../shared/data

Whole files, cell lines and compounds are held out. Then the mean of the Level 5 glucocorticoid agonists is
compared with dexamethasone RNA-seq, the reliability of changes is checked on files that had no part in it,
and knocked-out genes are looked for. Non-commercial RNA-seq is left out, as for the shipped bundle.
"""

from pathlib import Path

import click
import numpy as np
import pandas as pd
from l1000_rnaseq.data.contrasts import load_contrasts
from l1000_rnaseq.data.dex_studies import load_dex_studies
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.evaluate.change_models import (
    CHANGE,
    Models,
    file_splits,
    level_model_change,
    line_and_compound_splits,
    predict,
    score,
)
from l1000_rnaseq.evaluate.change_responses import own_targets, response_places
from l1000_rnaseq.stats.correlation import pearson_where_measured
from l1000_rnaseq.stats.variance import from_plate_medians, plate_spread
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.change.change_reliability import change_reliability, reliability_bins
from l1000_rnaseq.translate.change.fit import fit_change
from l1000_rnaseq.translate.change.held_out import held_out_files
from l1000_rnaseq.translate.change.landmark_scale import landmark_scale
from l1000_rnaseq.translate.presets import PRESETS
from l1000_rnaseq.translate.training.level_map import landmark_spread, level_map
from l1000_rnaseq.translate.training.prepare import prepare
from printed_table import show

GLUCOCORTICOID = "Glucocorticoid receptor agonist"


def tell(title: str, table: pd.DataFrame) -> None:
    """Print a table with three decimals."""
    click.echo(f"\n{title}\n")
    show(table.map(lambda v: f"{v:.3f}" if isinstance(v, float) else v).to_dict("records"))


def dexamethasone(data: Path, models: Models, bundle: Bundle, contrasts: list, scale: np.ndarray, spread):
    """Compare Level 5 agonists with real dexamethasone, over genes beyond the landmarks."""
    file = open_profiles(data / "l1000/level5.gctx", data / "l1000/sig_info.txt")
    agonists = file.sample_metadata["moa"].str.contains(GLUCOCORTICOID, na=False).to_numpy(bool)
    z = file.frame(file.sample_ids[agonists])[list(models.landmarks)]
    change = (z.to_numpy() * spread).mean(axis=0)[None]
    step1 = change @ bundle.step1.weights
    step = fit_change(models.landmarks, models.genes, models.level_map, contrasts)
    made = {
        "level model of the bundle, through step 1": models.bundle_change(step1)[0],
        "level map, through step 1": (step1 @ models.level_map)[0],
        "level map, factor per landmark": (change * scale @ models.level_map)[0],
        "model of changes, through step 1": step.transform(step1)[0],
        f"{CHANGE}, factor per landmark": step.transform(change * scale)[0],
    }
    rows = [{"model": name} for name in made]
    for study, samples in load_dex_studies(data).items():
        counts = samples.counts.loc[:, (samples.counts >= 10).mean() >= 0.3]
        level = np.log2(counts.div(samples.counts.sum(axis=1), axis=0) * 1e6 + 1)
        real = (level[samples.treated].mean() - level[~samples.treated].mean()).reindex(list(models.genes))
        for row, values in zip(rows, made.values(), strict=True):
            row[study] = float(pearson_where_measured(values[None], real.to_numpy()[None])[0])
    tell(f"Mean of {agonists.sum()} Level 5 agonists against dexamethasone RNA-seq", pd.DataFrame(rows))


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
def main(data):
    bundle, contrasts = Bundle.load(), load_contrasts(data)
    training = prepare(data, PRESETS["best"], exclude_processing=bundle.card["excluded_processing"])
    genes, slopes = level_map(training)
    change = level_model_change(bundle, genes)
    models = Models(tuple(training.landmarks), tuple(genes), slopes, change)
    files = list(predict(models, file_splits(contrasts)))
    table = score(models, files)
    tell("Held out: whole files", table)
    tell(
        "Mean over files",
        table.groupby("model", sort=False)[["r", "centred", "by_gene"]].mean().reset_index(),
    )
    tell("Place of responding genes, 1 is the highest", response_places(models, files))
    tell("Knocked-out genes among the lowest 5 %", own_targets(models, files).reset_index())
    del files
    splits = line_and_compound_splits(contrasts)
    tell("Held out: lines and compounds of one assay", score(models, predict(models, splits)))
    wells = open_profiles(data / "l1000/level3.gctx", data / "l1000/inst_info.txt")
    info = wells.sample_metadata
    profiles = wells.frame(info.index)[list(models.landmarks)]
    spread = plate_spread(profiles, info["rna_plate"])
    scale = landmark_scale(landmark_spread(training), spread.to_numpy())
    dexamethasone(data, models, bundle, contrasts, scale, spread.to_numpy())
    vehicles = profiles[(info["pert_type"] == "ctl_vehicle").to_numpy()]
    noise = np.concatenate([part for _, part in from_plate_medians(vehicles, info["rna_plate"])]) * scale
    held_out = list(held_out_files(models.landmarks, models.genes, slopes, contrasts, noise=noise))
    reliability = change_reliability(held_out, [*models.landmarks, *genes], len(models.landmarks))
    kind = np.where(np.arange(len(reliability)) < len(models.landmarks), "landmark", "other")
    quantiles = reliability["r"].groupby(kind).describe(percentiles=[0.05, 0.25, 0.5, 0.75, 0.95])
    tell("Reliability of changes, genes", quantiles.drop(columns=["count", "std"]).reset_index())
    tell(
        "Reliability without a file, and what the file has", reliability_bins(held_out, len(models.landmarks))
    )


if __name__ == "__main__":
    main()
