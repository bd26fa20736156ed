"""Figures of Jeon et al. 2022, to print beside ours; and the tables that hold both."""

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


def beside(ours: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
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
        own = ours.xs(reference, level="reference")[["pcc", "mse"]]
        table = table.join(own.add_suffix(f", ours {reference}"))
    return table


def over_seeds(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return mean and standard deviation over the seeds of (method, space, reference); 0 with one seed."""
    grouped = rows.drop(columns="seed").groupby(["method", "space", "reference"])
    return grouped.mean(), grouped.std().fillna(0)


def markdown(mean: pd.DataFrame, spread: pd.DataFrame, methods: list[str]) -> str:
    """Write a benchmark as a table for the README: landmarks and genome, four metrics each.

    Parameters
    ----------
    mean, spread : DataFrame, (method, space) × metrics
        A spread of 0 is not written.
    methods : list of str
        The rows, in order.
    """
    metrics = {"pcc": "PCC", "centred_pcc": "centred", "gene_pcc": "gene-wise", "rmse": "RMSE"}
    places = [(space, metric) for space in ("landmarks", "genome") for metric in metrics]
    head = [f"{space}: {metrics[metric]}" if metric == "pcc" else metrics[metric] for space, metric in places]
    lines = [" | ".join(["| method", *head]) + " |", "|" + "---|" * (1 + len(head))]
    for method in methods:
        cells = []
        for space, metric in places:
            value, sd = (table[metric].get((method, space), np.nan) for table in (mean, spread))
            cells.append("–" if np.isnan(value) else f"{value:.3f}" + (f" ± {sd:.3f}" if sd > 0 else ""))
        lines.append(" | ".join([f"| {method}", *cells]) + " |")
    return "\n".join(lines)
