"""How often translated levels tell that a gene is on or off in a line (see `evaluate.expressed_calls`).

    l1000-rnaseq train ../shared/data no_pairs.h5
    python benchmarks/control_levels.py --data ../shared/data --model no_pairs.h5

The bundle must not have learned from the paired lines; the one that ships has. Two tests: the nine paired
lines against HPA, ranked onto the training reference; and lines with an L1000 baseline that are none of
these, against CCLE, genes beyond the landmarks only, as log2(TPM+1). CCLE's landmarks had a part in training.
"""

from pathlib import Path

import click
import pandas as pd
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.scale import LEVEL3, read_landmarks
from l1000_rnaseq.evaluate.expressed_calls import call_rates
from l1000_rnaseq.evaluate.pairs import PairTest, predict
from l1000_rnaseq.search.control_levels import ControlLevels
from l1000_rnaseq.stats.splits import same_line
from l1000_rnaseq.translate.bundle import Bundle
from printed_table import show

CCLE = "ccle_nci60_subset"


def rates_in_ccle(data: Path, bundle: Bundle, paired: list[str]) -> pd.DataFrame:
    """Compare levels from baselines with CCLE's RNA-seq."""
    measured = pd.read_csv(data / "rnaseq" / f"{CCLE}.tsv.gz", sep="\t", index_col=0).T
    measured = measured.drop(columns=list(bundle.landmarks), errors="ignore")
    baselines = read_landmarks(open_profiles(data / "l1000" / "baseline.gctx"), LEVEL3)
    lines = [line for line in measured.index if line in baselines.index]
    lines = [line for line, seen in zip(lines, same_line(pd.Index(lines), paired), strict=True) if not seen]
    x = baselines.loc[lines, list(bundle.landmarks)].to_numpy()
    levels = ControlLevels.of_means(x, lines, ["baseline"] * len(lines), [1] * len(lines), bundle)
    levels = pd.DataFrame(levels.values, lines, list(levels.genes))
    return call_rates(levels, measured.loc[lines], measured.drop(index=lines).mean())


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path))
@click.option("--model", required=True, type=click.Path(path_type=Path))
def main(data, model):
    """Print both tables."""
    bundle = Bundle.load(model)
    if bundle.card.get("paired_lines"):
        raise click.UsageError(f"{model} has learned from the paired lines; train without --learn-pairs.")
    test = PairTest.of(data, bundle.normalization)
    tables = {
        "HPA": call_rates(predict(bundle, test), test.truth, test.constant),
        "CCLE": rates_in_ccle(data, bundle, list(test.l1000.index)),
    }
    for name, table in tables.items():
        click.echo(f"\n{name}\n")
        shown = table.map(lambda share: f"{share:.1%}").rename_axis("calls").reset_index()
        show(shown.to_dict("records"))


if __name__ == "__main__":
    main()
