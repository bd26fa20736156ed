"""How commands print a table: for people, or as TSV or JSON for programs."""

import pandas as pd


def _number(form: str):
    return lambda value: "" if pd.isna(value) else format(value, form)


FORMATS = {name: _number(".3f") for name in ("cd", "relative_rank", "agreement")}
FORMATS |= {name: _number(".2g") for name in ("p", "fdr")}  # never 0.000
FORMATS |= {name: _number("+.3f") for name in ("score", "ncs", "median", "mean", "expected")}
FORMATS |= {name: _number("g") for name in ("dose", "time", "n_treated")} | {"log2fc": _number("+.2f")}
FORMATS |= {"tau": _number("+.1f"), "assays_base_rate": _number(".2f")}


def as_text(table: pd.DataFrame, style: str, head: str, shown: pd.DataFrame | None = None) -> str:
    """Return a table as text.

    Parameters
    ----------
    table : DataFrame
    style : {"table", "tsv", "json"}
    head : str
        Sentences above the table for people.
    shown : DataFrame, optional
        What people see instead of the whole table.
    """
    if style == "tsv":
        return table.to_csv(sep="\t", index=False, float_format="%.6g").rstrip("\n")
    if style == "json":
        return table.to_json(orient="records", double_precision=6)
    shown = table if shown is None else shown
    numbers = shown.select_dtypes("number")
    formats = {name: form for name, form in FORMATS.items() if name in numbers}
    return f"{head}\n\n{shown.to_string(index=False, formatters=formats, na_rep='')}"
