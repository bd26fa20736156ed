"""Tables for people: words, digits, rows."""

import numpy as np
import pandas as pd
from l1000_rnaseq.reports.notebook_table import readable


def test_names_are_words_and_numbers_have_sensible_digits():
    table = pd.DataFrame(
        {
            "gene_pcc": [0.41236, np.nan],
            "p": [0.00012345, 0.5],
            "n_genes": [16545, 3],
            "share_of_wells": [1.0, 0.0],
            "mse": [12345.678, 20.0],
            "dose": [10.0, 44.4],
            "closer": [True, False],
            "cell_id": ["A375", "MCF7"],
        }
    ).rename_axis("sig_id")
    shown = readable(table)
    assert list(shown.columns) == [
        "gene-wise r", "p", "genes", "share of wells", "MSE, log2²", "dose", "closer", "cell line",
    ]  # fmt: skip
    assert shown.index.name == "signature"
    assert shown.iloc[0].tolist() == ["0.412", "0.0001", "16,545", "1", "12,346", "10.0", "yes", "A375"]
    assert shown.iloc[1].tolist() == ["–", "0.5", "3", "0", "20.000", "44.4", "no", "MCF7"]


def test_what_is_left_out_is_counted():
    table = pd.DataFrame({"x": range(40)}, pd.MultiIndex.from_product([["a", "b"], range(20)]))
    shown = readable(table, 5)
    assert len(shown) == 6 and shown.index[-1] == ("… 35 more", "")
    assert readable(table.droplevel(0), 5).index[-1] == "… 35 more"
    assert len(readable(table, 40)) == 40
    assert list(readable(table.reset_index(drop=True), 2).index) == [1, 2, "… 38 more"]


def test_columns_of_several_levels_become_one_line():
    table = pd.DataFrame([[1.5, 2.5]], columns=pd.MultiIndex.from_tuples([("pcc", "strict"), ("rmse", "")]))
    assert list(readable(table).columns) == ["Pearson r, strict", "RMSE, log2"]
