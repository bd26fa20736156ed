"""Published numbers of Jeon et al. 2022, and tables that put ours beside them."""

import numpy as np
import pandas as pd

# 2,929 GTEx pairs, mean over samples; "Evaluating the model with benchmarking datasets". What the paper
# prints as RMSE is a mean square, see notebook 04.
PAIRS = pd.DataFrame(
    [
        ("CycleGAN → network", "landmarks", 0.812, 1.200),
        ("ratio → linear regression", "landmarks", 0.769, 1.336),
        ("untranslated", "landmarks", 0.551, 4.243),
        ("random pair", "landmarks", 0.602, 1.713),
        ("CycleGAN → network", "genome", 0.914, 1.167),
        ("ratio → linear regression", "genome", 0.895, np.nan),
        ("random pair", "genome", 0.827, 2.320),
    ],
    columns=["method", "space", "pcc", "mse"],
).set_index(["method", "space"])
GENE_RMSE, GENE_RMSE_SD = 0.910, 0.582  # over genes, the same pairs

BETTER_GENES = {
    "RMSE": 0.9555,
    "PCC": 0.983,
}  # share of genes, the network against the baseline, the same pairs


def with_published(ours: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Put a benchmark's means beside the published ones.

    Parameters
    ----------
    ours : DataFrame, (method, space, reference) × metrics
    names : dict, published method → method in `ours`

    Returns
    -------
    DataFrame, (method, space) × (pcc, mse: published, then ours for each reference).
    """
    table = PAIRS.rename(names, level="method").add_suffix(", published")
    for reference in ours.index.unique("reference"):
        means = ours.xs(reference, level="reference")[["pcc", "mse"]]
        table = table.join(means.add_suffix(f", ours {reference}"))
    return table


def mean_and_sd_over_seeds(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return mean and standard deviation over the seeds of (method, space, reference); 0 with one seed."""
    grouped = rows.drop(columns="seed").groupby(["method", "space", "reference"])
    return grouped.mean(), grouped.std().fillna(0)


def pairs_table(results: pd.DataFrame) -> str:
    """Write notebook 04's pairs as Markdown: landmarks and genome, four metrics each.

    Parameters
    ----------
    results : DataFrame
        As `results.read_results` gives it; names are "method | space | metric".
    """
    metrics = {"pcc": "PCC", "centred_pcc": "centred", "gene_pcc": "gene-wise", "rmse": "RMSE"}
    columns = [(space, metric) for space in ("landmarks", "genome") for metric in metrics]
    values, methods = results["value"].to_dict(), []
    for name in values:
        parts = name.split(" | ")
        if len(parts) == 3 and tuple(parts[1:]) in columns and parts[0] not in methods:
            methods.append(parts[0])
    head = [
        f"{space}: {metrics[metric]}" if metric == "pcc" else metrics[metric] for space, metric in columns
    ]
    lines = [" | ".join(["| method", *head]) + " |", "|" + "---|" * (1 + len(head))]
    for method in methods:
        cells = []
        for space, metric in columns:
            name = f"{method} | {space} | {metric}"
            value, sd = values.get(name, np.nan), values.get(f"{name} | sd over seeds", 0)
            cells.append("–" if np.isnan(value) else f"{value:.3f}" + (f" ± {sd:.3f}" if sd > 0 else ""))
        lines.append(" | ".join([f"| {method}", *cells]) + " |")
    return "\n".join(lines)
