"""Contrasts of a data folder: simulated ones, the real ones, and broken files."""

import logging

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.contrasts import load_contrasts, stack, tell_genes
from l1000_rnaseq.data.genes import landmarks


def write(folder, changes: dict, genes=("DDR1", "CCN2", "MALAT1"), meta=None, name="mine"):
    """Write one file of changes/ (contrast → values of genes) and its table."""
    (folder / "changes").mkdir(exist_ok=True)
    table = pd.DataFrame(changes, list(genes), dtype=np.float32)
    table.to_parquet(folder / f"changes/{name}.parquet")
    meta = pd.DataFrame({"cell": "A549"}, table.columns) if meta is None else meta
    meta.rename_axis("contrast").to_csv(folder / f"changes/{name}.meta.tsv", sep="\t")


def test_a_simulated_folder(simulated_data):
    files = {file.name: file for file in load_contrasts(simulated_data)}
    assert list(files) == sorted(files) and len(files) == 5
    for name, file in files.items():
        raw = pd.read_parquet(simulated_data / f"changes/{name}.parquet")
        np.testing.assert_array_equal(file.changes.to_numpy(), raw.to_numpy().T)
        assert list(file.changes.index) == list(file.meta.index) == list(raw.columns)
        assert file.ranks_only == (name == "tahoe_rank")
        assert landmarks().index.isin(file.changes.columns).mean() > 0.9
    ours = files["morphic_ko"]
    assert "target" in ours.meta and set(ours.is_clear) <= {True, False}


def test_genes_get_their_l1000_symbol_and_gaps_stay(tmp_path, caplog):
    write(tmp_path, {"a": [1.0, np.nan, 3.0], "b": [-1.0, 0.5, 0.0]})
    (file,) = load_contrasts(tmp_path)
    assert list(file.changes.columns) == ["DDR1", "CTGF", "MALAT1"]
    assert file.is_clear.tolist() == [True, True]
    values = stack([file, file], ["CTGF", "PAX8"])
    with caplog.at_level(logging.INFO):
        tell_genes([file], ["CTGF", "PAX8"])
    np.testing.assert_array_equal(values, [[np.nan, np.nan], [0.5, np.nan]] * 2)
    assert "mine: 1 of 2 genes are not measured; 2 others are not used" in caplog.text
    assert stack([], ["CTGF"]).shape == (0, 1)


def test_clear_contrasts_are_those_with_a_hundred_genes(tmp_path):
    meta = pd.DataFrame({"n_padj05": ["99", "100", ""]}, ["a", "b", "c"])
    write(tmp_path, {name: [1.0, -1.0, 0.0] for name in "abc"}, meta=meta)
    assert load_contrasts(tmp_path)[0].is_clear.tolist() == [False, True, False]


def test_a_folder_without_contrasts(tmp_path):
    assert load_contrasts(tmp_path) == []


def test_broken_files_are_refused(tmp_path):
    values = {"a": [1.0, -1.0, 0.0], "b": [2.0, -1.0, 0.1]}
    write(tmp_path, values, meta=pd.DataFrame({"cell": ["x"]}, ["a"]))
    with pytest.raises(ValueError, match=r"meta.tsv: no row for 1 of the 2 contrasts of mine.parquet: b"):
        load_contrasts(tmp_path)
    write(tmp_path, values, genes=("DDR1", "PAX8", "DDR1"))
    with pytest.raises(ValueError, match="1 genes are repeated in .*mine.parquet: DDR1"):
        load_contrasts(tmp_path)
    write(tmp_path, {"a": [5.0, 7.0, 9.0]})
    with pytest.raises(ValueError, match="mine.parquet: .* expected changes"):
        load_contrasts(tmp_path)
    write(tmp_path, {"a": [5.0, np.inf, -9.0]})
    with pytest.raises(ValueError, match="1 values are infinite"):
        load_contrasts(tmp_path)
    write(tmp_path, values)
    (tmp_path / "changes/mine.meta.tsv").unlink()
    with pytest.raises(FileNotFoundError, match="mine.meta.tsv"):
        load_contrasts(tmp_path)
