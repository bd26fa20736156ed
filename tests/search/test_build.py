"""The index against a slow loop over all signatures; resume, block sizes, bad input."""

import shutil

import h5py
import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.search import build as module
from l1000_rnaseq.search.build import build_index
from l1000_rnaseq.search.index import Index, knot_ranks
from l1000_rnaseq.stats.ranks import ranks


def expected_rows(source, gene: int, top: int) -> set[int]:
    """Every signature among the best of a type, or of a type within a cell line, one by one."""
    places, kept = ranks(source.scores)[:, gene], set()
    table = source.table
    groups = [table["type"] == kind for kind in table["type"].unique()]
    groups += [
        (table["type"] == kind) & (table["cell_id"] == cell)
        for kind in table["type"].unique()
        for cell in "ABC"
    ]
    for rows in (np.flatnonzero(group) for group in groups):
        for values in (source.log2fc[:, gene], source.scores[:, gene], -places):
            ordered = sorted(rows, key=lambda row: values[row])
            kept |= set(ordered[:top]) | set(ordered[-top:])
    return kept


@pytest.mark.parametrize("gene", [0, 5, 17, 59])
def test_what_is_kept_is_what_a_loop_finds(source, index, gene):
    entries = index.entries(source.genes[gene])
    wanted = expected_rows(source, gene, 10)
    missing, further = wanted - set(entries.index), set(entries.index) - wanted
    # places tie, and the last of a list may be either
    places = ranks(source.scores)[:, gene]
    assert {places[row] for row in missing} <= {places[row] for row in set(entries.index)}
    assert len(missing) + len(further) <= 0.1 * len(wanted)


def test_values_come_back(source, index):
    places = ranks(source.scores)
    for gene in (0, 5, 59):
        entries = index.entries(source.genes[gene])
        rows = entries.index.to_numpy()
        np.testing.assert_array_equal(entries["rank"], places[rows, gene])
        np.testing.assert_allclose(entries["log2fc"], source.log2fc[rows, gene], atol=1 / 64 + 2e-3)
        np.testing.assert_allclose(entries["cd"], source.scores[rows, gene], atol=2e-3)


def test_directions_of_real_shape_come_back():
    rng = np.random.default_rng(0)
    scores = -np.sort(-rng.standard_t(4, 16_198) / 500)
    knots = knot_ranks(16_198)
    whole = Index()
    assert len(whole.genes) == 16_198
    whole.__dict__["knots"] = scores[knots - 1][None].astype(np.float16).astype(np.float32)
    every = np.arange(1, 16_199)
    back = whole.cd_of(np.zeros(16_198, int), every)
    np.testing.assert_allclose(back, scores, atol=3e-4)
    ends = np.r_[0:64, 16_198 - 64 : 16_198]
    np.testing.assert_allclose(back[ends], scores[ends], rtol=1e-3)


@pytest.mark.parametrize(("block", "memory"), [(7, 10_000), (512, 64_000_000)])
def test_block_sizes_change_nothing(source, index, tmp_path, block, memory):
    build_index([source], tmp_path / "i.h5", top=10, block=block, memory=memory, progress=False)
    other = Index(tmp_path / "i.h5")
    for gene in source.genes[::7]:
        pd.testing.assert_frame_equal(other.entries(gene), index.entries(gene))


def test_background_is_the_share_of_extreme_ranks(source, index):
    places = ranks(source.scores)
    extreme = (places <= 1) | (places >= 60)  # the first and last hundredth of 60 genes: one each
    for kind in ("chemical", "shRNA"):
        rows = (source.table["type"] == kind).to_numpy()
        np.testing.assert_allclose(index.moved[kind], extreme[rows].mean(axis=0), atol=1e-5)
    for gene in index.genes.index[:5]:
        assert index.share_moved(gene) == pytest.approx(
            extreme.mean(axis=0)[list(index.genes.index).index(gene)]
        )


def test_a_small_index_is_complete(source, tmp_path):
    build_index([source], tmp_path / "i.h5", top=100, progress=False)
    whole = Index(tmp_path / "i.h5")
    assert whole.complete and len(whole.entries("GATA3")) == 240


@pytest.mark.parametrize("stage", ["_transpose", "_select"])
def test_a_killed_build_resumes(source, index, tmp_path, monkeypatch, stage):
    path, calls = tmp_path / "i.h5", []
    inner = {"_transpose": "ranks", "_select": "_best"}[stage]
    work = getattr(module, inner)

    def killed(*args):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return work(*args)

    options = {"top": 10, "block": 50, "memory": 20_000, "progress": False}
    monkeypatch.setattr(module, inner, killed)
    with pytest.raises(KeyboardInterrupt):
        build_index([source], path, **options)
    assert not path.exists()
    before = len(calls)
    build_index([source], path, **options)
    total = {"ranks": 5, "_best": -(-60 // (20_000 // (6 * 240)))}[inner]
    assert len(calls) - before == total - 2
    again = Index(path)
    for gene in source.genes[::11]:
        pd.testing.assert_frame_equal(again.entries(gene), index.entries(gene))
    assert [p.name for p in tmp_path.iterdir()] == ["i.h5"]


@pytest.mark.parametrize("n_tables", [0, 1])
def test_a_build_killed_in_its_last_step_resumes(source, index, tmp_path, monkeypatch, n_tables):
    written, write = [], module.write_table

    def killed(*args):
        if len(written) == n_tables:
            raise KeyboardInterrupt
        written.append(write(*args))

    with monkeypatch.context() as patch:
        patch.setattr(module, "write_table", killed)
        with pytest.raises(KeyboardInterrupt):
            build_index([source], tmp_path / "i.h5", top=10, progress=False)
    build_index([source], tmp_path / "i.h5", top=10, progress=False)
    again = Index(tmp_path / "i.h5")
    pd.testing.assert_frame_equal(again.moved, index.moved)
    pd.testing.assert_frame_equal(again.entries("GATA3"), index.entries("GATA3"))


def test_signatures_of_the_same_wells_are_merged_and_the_first_wins(source, new_source, tmp_path, caplog):
    second = new_source(n=260, seed=1)
    second.genes = second.genes[:-1]  # the last gene is not in common
    for made in (first := new_source(), second):
        made.wells = pd.Series([f"{sig_id}:A|{sig_id}:B" for sig_id in made.table.index], made.table.index)
    second.wells.iloc[1] = "sig1:B|sig1:A"  # in another order
    build_index([first, second], tmp_path / "i.h5", top=200, progress=False)
    merged = Index(tmp_path / "i.h5")
    assert len(merged.signatures) == 260 and "240 signatures are in an earlier source already" in caplog.text
    assert "ZNEW1" not in merged.genes.index and len(merged.genes) == 59
    entries = merged.entries("FKBP5")["log2fc"]
    np.testing.assert_allclose(entries[:240], source.log2fc[:, 0], atol=1 / 64 + 2e-3)
    np.testing.assert_allclose(entries[240:], second.log2fc[240:, 0], atol=1 / 64 + 2e-3)


def test_signatures_of_other_wells_are_kept_under_ids_of_their_own(new_source, tmp_path, caplog):
    first, second, third = new_source(n=30), new_source(n=40, seed=1), new_source(n=30, seed=2)
    first.name, second.name, third.name = "one", "two", "two"
    third.table.index = [f"other{n}" for n in range(29)] + ["sig0"]
    build_index([first, second, third], tmp_path / "i.h5", top=200, progress=False)
    merged = Index(tmp_path / "i.h5")
    ids = merged.signatures["sig_id"].astype(str)
    assert len(ids) == 100 and ids.is_unique
    assert ids.iloc[30] == "sig0@two 2" and ids.iloc[69] == "sig39" and ids.iloc[99] == "sig0@two 3"
    assert "two 2: 30 signatures have the id of another in an earlier source" in caplog.text
    entries = merged.entries("FKBP5")["log2fc"]
    np.testing.assert_allclose(entries[30:70], second.log2fc[:, 0], atol=1 / 64 + 2e-3)


def test_bad_input(source, new_source, index_path, tmp_path):
    with pytest.raises(ValueError, match="No signatures were given"):
        build_index([], tmp_path / "i.h5")
    with pytest.raises(FileExistsError, match="pass --force"):
        build_index([source], index_path)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        build_index([source], tmp_path / "no" / "i.h5")
    odd = new_source()
    odd.scores[200, 3] = np.nan
    with pytest.raises(ValueError, match="missing or infinite"):
        build_index([odd], tmp_path / "i.h5", progress=False)
    with pytest.raises(ValueError, match="no index at .*absent.h5; make one with"):
        Index(tmp_path / "absent.h5")
    data = index_path.read_bytes()
    (tmp_path / "cut.h5").write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match="is truncated or not an HDF5 index"):
        Index(tmp_path / "cut.h5")
    shutil.copy(index_path, tmp_path / "old.h5")
    with h5py.File(tmp_path / "old.h5", "r+") as file:
        file.attrs["version"] = 0
    with pytest.raises(
        ValueError, match="an index of format version 0, this library reads version 1; build it"
    ):
        Index(tmp_path / "old.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(ValueError, match="is an HDF5 file but not an index"):
        Index(tmp_path / "other.h5")
