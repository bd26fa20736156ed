"""The index against the signatures it was built from; factors against values; kills, blocks, bad input."""

import shutil
from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.genes import gene_status
from l1000_rnaseq.search import blocks as block_module
from l1000_rnaseq.search import build as module
from l1000_rnaseq.search.build import build_index
from l1000_rnaseq.search.index import Index
from l1000_rnaseq.search.index_source import sources_of
from l1000_rnaseq.stats.ranks import ranks
from l1000_rnaseq.translate.change.change_map import ChangeMap
from l1000_rnaseq.translate.change.coordinates import Coordinates

F16 = {"rtol": 1e-3, "atol": 2e-4}  # float16 has 11 bits


def ranks_by_status(source) -> np.ndarray:
    """Rank each gene among the genes of its status, signature by signature."""
    status, out = gene_status(source.genes).to_numpy(), np.empty(source.scores.shape, int)
    for name in np.unique(status):
        out[:, status == name] = ranks(source.scores[:, status == name])
    return out


def test_every_value_of_every_signature_comes_back(source, index):
    ranked = ranks_by_status(source)
    for gene, symbol in enumerate(source.genes):
        np.testing.assert_allclose(index.values(symbol, "log2fc")[:, 0], source.log2fc[:, gene], **F16)
        np.testing.assert_allclose(index.values(symbol, "cd")[:, 0], source.scores[:, gene], **F16)
        found = index.values(symbol, "rank")[:, 0]
        assert np.abs(found - ranked[:, gene]).max() <= 2  # between knots
        ends = (ranked[:, gene] <= 10) & (found != ranked[:, gene])
        assert ends.mean() < 0.02  # equal in float16
    rows = [200, 3, 77]
    both = index.values(["GATA3", "FKBP5"], "log2fc", rows)
    np.testing.assert_allclose(both, source.log2fc[rows][:, [1, 0]], **F16)
    with pytest.raises(ValueError, match="what is 'p'; expected one of log2fc, cd, rank"):
        index.values("GATA3", "p")


def test_a_whole_signature_comes_back(source, index):
    table = index.signature("sig7")
    np.testing.assert_allclose(table["log2fc"], source.log2fc[7], **F16)
    np.testing.assert_allclose(table["cd"], source.scores[7], **F16)
    assert (table["rank"] == ranks_by_status(source)[7]).mean() > 0.95 and list(table.index) == source.genes
    with pytest.raises(ValueError, match="'sig999' is no signature of small.h5"):
        index.signature("sig999")


def test_the_background_compares_genes_of_one_status(source, index):
    ranked, status = ranks_by_status(source), index.genes["status"].astype(str)
    sizes = status.map(status.value_counts()).to_numpy()
    moved = ((ranked <= 1) | (ranked == sizes)).mean(axis=0)  # a hundredth of so few is the first and last
    np.testing.assert_allclose(index.genes["moved"][:59], moved[:59], atol=0.01)
    assert index.genes["moved"].iloc[59] == 0  # the only gene of its status is at neither end
    for name in status.unique():
        of_status = index.genes[status == name]
        most = of_status["moved"].idxmax()
        assert of_status.loc[most, "moved_percentile"] == (1 if len(of_status) > 1 else 0)
    planted = source.genes[5]
    assert "is not specific" in index.about_gene(index.genes["moved"].idxmax())
    assert f"{planted} is a " in index.about_gene(planted) and "on average" in index.about_gene(planted)


class Coordinated:
    """Signatures as coordinates of a model of changes; `read` gives their genomes."""

    def __init__(self, table, genes, has_directions=True, seed=0):
        rng, n = np.random.default_rng(seed), 20
        change = ChangeMap(np.ones(n), rng.normal(0, 0.3, (n, 4)), rng.normal(0, 0.5, (4, len(genes) - n)))
        self.space = Coordinates.of(
            change, np.full(n, 8.0), np.random.default_rng(5).uniform(0, 9, len(genes))
        )
        self.table, self.genes, self.has_directions = table, genes, has_directions
        self.log2fc = self.space.changes(np.random.default_rng(6).normal(0, 1, (len(table), n)))
        scores = self.log2fc
        if has_directions:
            scores = scores + np.random.default_rng(7).normal(0, 0.2, scores.shape)
        self.scores = scores / np.linalg.norm(scores, axis=1, keepdims=True)

    def coordinates(self, start, stop):
        return self.log2fc[start:stop], self.scores[start:stop]

    def read(self, start, stop):
        return tuple(self.space.genomes(part) for part in self.coordinates(start, stop))


class Dense:
    """The same signatures without their coordinates."""

    def __init__(self, source):
        self.table, self.genes, self.read = source.table, source.genes, source.read
        self.has_directions = source.has_directions


@pytest.fixture(scope="module")
def both_kinds(source, tmp_path_factory):
    """Indexes of the same signatures, as factors and in full: half with directions, half without."""
    folder = tmp_path_factory.mktemp("kinds")
    sources = [
        Coordinated(source.table.iloc[120:], source.genes, has_directions=False),
        Coordinated(source.table.iloc[:120], source.genes),
    ]
    build_index(sources, folder / "factored.h5", block=50, progress=False)
    build_index([Dense(part) for part in sources], folder / "dense.h5", block=50, progress=False)
    return Index(folder / "factored.h5"), Index(folder / "dense.h5"), sources


def test_factors_and_values_give_the_same_answers(both_kinds):
    factored, dense, (second, first) = both_kinds
    assert factored.shared is not None and dense.shared is None
    assert factored.signatures["sig_id"].tolist() == [*first.table.index, *second.table.index]
    for what, position in (("log2fc", 0), ("cd", 1)):
        wanted = np.vstack([first.read(0, 120)[position], second.read(0, 120)[position]])
        for index in (factored, dense):
            np.testing.assert_allclose(index.values(first.genes, what), wanted, rtol=2e-3, atol=3e-3)
            np.testing.assert_allclose(index.whole(what, np.arange(240)), wanted, rtol=2e-3, atol=3e-3)
    some = factored.values(first.genes[::6], "rank") - dense.values(first.genes[::6], "rank")
    assert (np.abs(some) <= 1).mean() > 0.98
    np.testing.assert_allclose(factored.genes["moved"], dense.genes["moved"], atol=0.03)
    mixed = np.array([239, 0, 130, 5])
    np.testing.assert_array_equal(
        factored.values(first.genes[-1], "cd", mixed), factored.values(first.genes[-1], "cd")[mixed]
    )


def test_sources_of_different_models_are_kept_in_full(source, tmp_path):
    parts = [Coordinated(source.table.iloc[:9], source.genes, seed=1)]
    parts.append(Coordinated(source.table.iloc[9:20], source.genes, seed=2))
    build_index(parts, tmp_path / "i.h5", progress=False)
    assert Index(tmp_path / "i.h5").shared is None


def test_indexes_are_merged(both_kinds, source, index, tmp_path):
    """Two halves of an index and its whole; what is added to an index is in the new one."""
    factored, dense, parts = both_kinds
    for part, name in zip(parts, ("one", "two"), strict=True):
        build_index([part], tmp_path / f"{name}.h5", block=50, progress=False)
    halves = [half for name in ("one", "two") for half in sources_of(tmp_path / f"{name}.h5")]
    assert [half.has_directions for half in halves] == [False, True]
    build_index(halves, tmp_path / "whole.h5", block=50, progress=False)
    assert (tmp_path / "whole.h5").read_bytes() == factored.path.read_bytes()
    extra = Coordinated(source.table.iloc[:30].rename(index="x{}".format), source.genes, seed=3)
    build_index([*sources_of(dense.path), extra], tmp_path / "more.h5", progress=False)
    more = Index(tmp_path / "more.h5")
    assert more.signatures["sig_id"].str.startswith("x").sum() == 30 and more.n_directions == 150
    rows = np.r_[0:120, 150:270]
    np.testing.assert_array_equal(more.whole("log2fc", rows), dense.whole("log2fc", np.arange(240)))


@pytest.mark.parametrize("block", [7, 512])
def test_block_sizes_change_nothing(source, index, tmp_path, block):
    build_index([source], tmp_path / "i.h5", block=block, progress=False)
    other = Index(tmp_path / "i.h5")
    for what in ("log2fc", "cd", "rank"):
        np.testing.assert_array_equal(other.values(source.genes, what), index.values(source.genes, what))
    np.testing.assert_array_equal(other.genes["moved"], index.genes["moved"])


@pytest.mark.parametrize("killed_at", ["_lay_out", "write_block", "_write_note", "_finish"])
def test_a_killed_build_resumes_with_the_same_bytes(both_kinds, tmp_path, monkeypatch, killed_at):
    sources, whole, path = both_kinds[2], both_kinds[0].path.read_bytes(), tmp_path / "i.h5"
    monkeypatch.setattr(module, "SECONDS_BETWEEN_NOTES", 0.0)
    work, calls, blocks = getattr(module, killed_at), [], []

    def killed(*args):
        calls.append(1)
        if len(calls) == (5 if killed_at == "write_block" else 2 if killed_at == "_write_note" else 1):
            raise KeyboardInterrupt
        return work(*args)

    with monkeypatch.context() as patch:
        patch.setattr(module, killed_at, killed)
        with pytest.raises(KeyboardInterrupt):
            build_index(sources, path, block=50, progress=False)
    assert not path.exists()
    knots = block_module.knots_of
    monkeypatch.setattr(block_module, "knots_of", lambda *args: blocks.append(1) or knots(*args))
    build_index(sources, path, block=50, progress=False)
    assert path.read_bytes() == whole
    statuses = gene_status(sources[0].genes).nunique()
    left = {"_lay_out": 6, "write_block": 4, "_write_note": 5, "_finish": 0}[killed_at]
    assert len(blocks) == left * statuses
    assert [p.name for p in tmp_path.iterdir()] == ["i.h5"]


def test_another_job_does_not_go_on_with_what_is_there(source, new_source, index, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SECONDS_BETWEEN_NOTES", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(module, "_finish", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            build_index([new_source(seed=4)], tmp_path / "i.h5", block=50, progress=False)
    (tmp_path / "i.h5.note").write_bytes(b"damaged")
    build_index([source], tmp_path / "i.h5", block=50, progress=False)
    other = Index(tmp_path / "i.h5")
    np.testing.assert_array_equal(other.values("GATA3"), index.values("GATA3"))


def test_signatures_of_the_same_wells_are_merged_and_the_first_wins(source, new_source, tmp_path, caplog):
    second = new_source(n=260, seed=1)
    second.genes = second.genes[:-1]  # the last gene is not in common
    for made in (first := new_source(), second):
        made.wells = pd.Series([f"{sig_id}:A|{sig_id}:B" for sig_id in made.table.index], made.table.index)
    second.wells.iloc[1] = "sig1:B|sig1:A"  # in another order
    build_index([first, second], tmp_path / "i.h5", block=100, progress=False)
    merged = Index(tmp_path / "i.h5")
    assert len(merged.signatures) == 260 and "240 signatures are in an earlier source already" in caplog.text
    assert "ZNEW1" not in merged.genes.index and len(merged.genes) == 59
    values = merged.values("FKBP5")[:, 0]
    np.testing.assert_allclose(values[:240], source.log2fc[:, 0], **F16)
    np.testing.assert_allclose(values[240:], second.log2fc[240:, 0], **F16)


def test_what_is_added_to_an_index_makes_the_index_of_all(new_source, tmp_path, caplog):
    """With and without signatures that the index has already, which are known by their wells."""
    first, second = new_source(), new_source(n=260, seed=1)
    for made in (first, second):
        made.wells = pd.Series([f"{sig_id}:A|{sig_id}:B" for sig_id in made.table.index], made.table.index)
    build_index([first], tmp_path / "old.h5", progress=False)
    for add, name in ((second, "same"), (new_source(n=30, seed=2), "other")):
        add.table.index = add.table.index if name == "same" else [f"x{n}" for n in range(30)]
        build_index([first, add], tmp_path / f"{name} once.h5", progress=False)
        build_index([*sources_of(tmp_path / "old.h5"), add], tmp_path / f"{name}.h5", progress=False)
        assert (tmp_path / f"{name}.h5").read_bytes() == (tmp_path / f"{name} once.h5").read_bytes()
    assert len(Index(tmp_path / "same.h5").signatures) == 260
    assert "source: 240 signatures are in an earlier source already, of the same wells" in caplog.text
    build_index([*sources_of(tmp_path / "same.h5"), *sources_of(tmp_path / "old.h5")], tmp_path / "again.h5")
    assert len(Index(tmp_path / "again.h5").signatures) == 260


def test_signatures_of_other_wells_are_kept_under_ids_of_their_own(new_source, tmp_path, caplog):
    first, second, third = new_source(n=30), new_source(n=40, seed=1), new_source(n=30, seed=2)
    first.name, second.name, third.name = "one", "two", "two"
    third.table.index = [f"other{n}" for n in range(29)] + ["sig0"]
    build_index([first, second, third], tmp_path / "i.h5", progress=False)
    merged = Index(tmp_path / "i.h5")
    ids = merged.signatures["sig_id"].astype(str)
    assert len(ids) == 100 and ids.is_unique
    assert ids.iloc[30] == "sig0@two 2" and ids.iloc[69] == "sig39" and ids.iloc[99] == "sig0@two 3"
    assert "two 2: 30 signatures have the id of another in an earlier source" in caplog.text
    np.testing.assert_allclose(merged.values("FKBP5")[30:70, 0], second.log2fc[:, 0], **F16)


def test_facts_of_genes_are_kept_as_they_are(source, tmp_path):
    facts = pd.DataFrame({"change_r": np.float32(0.25), "words": "fair"}, source.genes[:30])
    build_index([source], tmp_path / "i.h5", facts, progress=False)
    genes = Index(tmp_path / "i.h5").genes
    assert genes["change_r"].iloc[:30].eq(0.25).all() and genes["change_r"].iloc[30:].isna().all()
    assert genes["words"].astype(str).iloc[0] == "fair"


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
    with pytest.raises(ValueError, match=r"no index at .*absent.h5; make one with"):
        Index(tmp_path / "absent.h5")
    data = index_path.read_bytes()
    (tmp_path / "cut.h5").write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match="is truncated or not an HDF5 index"):
        Index(tmp_path / "cut.h5")
    shutil.copy(index_path, tmp_path / "old.h5")
    with h5py.File(tmp_path / "old.h5", "r+") as file:
        file.attrs["version"] = 1
    with pytest.raises(
        ValueError, match="an index of format version 1, this library reads version 2; build it again with"
    ):
        Index(tmp_path / "old.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(ValueError, match="is an HDF5 file but not an index"):
        Index(tmp_path / "other.h5")


def test_what_float16_cannot_keep_is_refused(source, tmp_path):
    log2fc = source.log2fc.copy()
    log2fc[3, 2] = 70_000
    with pytest.raises(ValueError, match="missing or infinite, or beyond 65,504"):
        build_index([replace(source, log2fc=log2fc)], tmp_path / "i.h5", progress=False)
