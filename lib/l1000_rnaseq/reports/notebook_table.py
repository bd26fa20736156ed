"""Tables for people: columns named in words, sensible digits, no more rows than can be read."""

import numbers

import numpy as np
import pandas as pd

WORDS = {
    "pcc": "Pearson r",
    "scc": "Spearman r",
    "centred_pcc": "centred r",
    "gene_pcc": "gene-wise r",
    "gene_scc": "gene-wise Spearman r",
    "mse": "MSE, log2²",
    "rmse": "RMSE, log2",
    "mae": "mean absolute error, log2",
    "r2": "R² against the mean line",
    "sd_ratio": "sd, predicted / true",
    "top1": "share that find themselves",
    "auc": "AUC",
    "low": "95 % from",
    "high": "95 % to",
    "n": "n",
    "n_lines": "lines",
    "n_genes": "genes",
    "cell_id": "cell line",
    "pert_iname": "perturbagen",
    "pert_type": "type",
    "sig_id": "signature",
    "log2fc": "log2 fold change",
    "cd": "characteristic direction",
    "p": "p",
    "fdr": "FDR",
    "ncs": "normalised score",
    "cell_lines": "cell lines",
    "n_treated": "treated wells",
    "n_controls": "control wells",
    "p_family": "p of any",
    "cosine_p": "cosine, p",
    "cosine_p_family": "cosine, p of any",
    "n_half": "donors of each age in a half",
    "overlap_up": "overlap of rising genes",
    "overlap_down": "overlap of falling genes",
    "p_vehicle": "p against vehicle wells",
}


def readable(table: pd.DataFrame, rows: int = 20, digits: int = 3) -> pd.DataFrame:
    """Return a table as text for people.

    Parameters
    ----------
    table : DataFrame
    rows : int
        Rows shown, from the first. A last row tells how many more there are.
    digits : int
        Most decimal places of a column. Smaller numbers get one significant digit; from 1,000 on, none.

    Returns
    -------
    DataFrame of str
        Names of `WORDS` are replaced; in other names of columns _ is a space.

    Examples
    --------
    >>> readable(pd.DataFrame({"gene_pcc": [0.41234, float("nan")], "n_genes": [16545, 3]})).iloc[0].tolist()
    ['0.412', '16,545']
    """
    first = table.head(rows)
    shown = pd.DataFrame(
        {k: _texts(first.iloc[:, k], digits) for k in range(first.shape[1])}, first.index, dtype=object
    )
    if isinstance(first.index, pd.RangeIndex):
        shown.index = first.index + 1
    if len(table) > rows:
        shown = pd.concat([shown, _more(shown, len(table) - rows)])
    shown.columns = [_title(name) for name in table.columns]
    shown.index.names = [None if name is None else _word(name) for name in shown.index.names]
    return shown


def _texts(values: pd.Series, digits: int) -> list[str]:
    """Write a column: its numbers with the same decimal places, as few as they need."""
    finite = [float(v) for v in values if isinstance(v, numbers.Real) and np.isfinite(v)]
    usual = [v for v in finite if v == 0 or abs(v) >= 0.5 * 10.0**-digits]
    needed = next(d for d in range(digits + 1) if all(round(v, d) == round(v, digits) for v in usual))
    return [_text(value, needed, digits) for value in values]


def _text(value, places: int, digits: int) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if not isinstance(value, numbers.Real):
        return "–" if pd.isna(value) else str(value)
    if not np.isfinite(value):
        return "–"
    if value and abs(value) < 0.5 * 10.0**-digits:
        return np.format_float_positional(value, 1, fractional=False) if abs(value) > 1e-6 else f"{value:.0e}"
    return f"{value:,.{places}f}" if abs(value) < 1000 else f"{value:,.0f}"


def _more(shown: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return the row that tells how many rows are left out."""
    name = f"… {n:,} more"
    index = [name] if shown.index.nlevels == 1 else pd.MultiIndex.from_tuples(
        [(name, *[""] * (shown.index.nlevels - 1))], names=shown.index.names
    )  # fmt: skip
    return pd.DataFrame("", index, shown.columns)


def _word(name) -> str:
    return WORDS.get(name, str(name).replace("_", " "))


def _title(name) -> str:
    """Return the name of a column, which may have several levels, in words."""
    parts = name if isinstance(name, tuple) else (name,)
    return ", ".join(_word(part) for part in parts if part != "")
