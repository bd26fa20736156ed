"""Agreement by sign with other assays: a plain loop, planted truth, names and salts, files of all kinds."""

import anndata
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.search.change_table import read_contrasts
from l1000_rnaseq.search.other_assays import COLUMNS, Assay, OtherAssays, keys_of

GENES = ["HMOX1", "FKBP5", "GATA3", "CXCL8", "KLK3", "MYC", "JUN", "FOS", "EGR1", "TXNIP"]
DRUGS = ["vorinostat", "drug-b", "Drug B hydrochloride", "lithium chloride", "sodium chloride"]


@pytest.fixture(scope="module")
def tables():
    """Two tables of random changes, some not tested; vorinostat raises HMOX1 in each of its contrasts."""
    rng = np.random.default_rng(0)
    assays = []
    for name, n in (("one", 30), ("two", 23)):
        changes = pd.DataFrame(rng.normal(0, 1, (n, len(GENES))), columns=GENES)
        changes = changes.mask(rng.uniform(size=changes.shape) < 0.15)
        labels = [DRUGS[k % 5] for k in range(n)]
        changes.loc[[label == "vorinostat" for label in labels], "HMOX1"] = 9.0
        assays.append(Assay(name, keys_of(labels, "drug"), changes))
    return OtherAssays(tuple(assays)), [[DRUGS[k % 5] for k in range(n)] for n in (30, 23)]


def hits_of(names, kind="chemical", genes=GENES, directions=("up", "down")):
    rows = [(gene, way, name, kind) for gene in genes for way in directions for name in names]
    return pd.DataFrame(rows, columns=["gene", "direction", "pert_iname", "type"])


def test_counts_are_those_of_a_loop(tables):
    others, labels = tables
    same = {"vorinostat": ["vorinostat"], "drug b": DRUGS[1:3], "nothing": []}
    found = others.beside(hits_of(same))
    assert list(found.columns[-3:]) == list(COLUMNS)
    for hit in found.itertuples():
        sign, agree, n, expected = {"up": 1, "down": -1}[hit.direction], 0, 0, 0.0
        for assay, done in zip(others.assays, labels, strict=True):
            own, rest = [], []
            for row, label in enumerate(done):
                values = assay.changes.iloc[row].astype(np.float32)
                change = values[hit.gene]
                if np.isfinite(change) and abs(change) >= values.dropna().abs().median():
                    (own if label in same[hit.pert_iname] else rest).append(np.sign(change) == sign)
            agree, n, expected = agree + sum(own), n + len(own), expected + len(own) * np.mean(rest)
        assert (hit.assays_agree, hit.assays) == (agree, n)
        assert hit.assays_base_rate == pytest.approx(expected / n if n else np.nan, nan_ok=True)


def test_a_planted_effect_agrees_above_the_base_rate(tables):
    up, down = tables[0].beside(hits_of(["vorinostat"], genes=["HMOX1"])).itertuples()
    assert up.assays_agree == up.assays == 11 and up.assays_base_rate < 0.7
    assert down.assays_agree == 0 and down.assays == 11
    assert up.assays_base_rate + down.assays_base_rate == pytest.approx(1)


def test_the_size_of_changes_does_not_count(tables):
    others, _ = tables
    larger = OtherAssays(
        tuple(Assay(a.name, a.keys, a.changes * (5.0 + k)) for k, a in enumerate(others.assays))
    )
    hits = hits_of(["vorinostat", "drug-b"])
    pd.testing.assert_frame_equal(larger.beside(hits), others.beside(hits))


def test_spellings_and_salts_are_one_compound_and_salts_alone_are_not():
    keys = keys_of(["SAHA", "Vorinostat", "drug-B", "Drug B HYDROCHLORIDE hydrate", *DRUGS[3:]], "compound")
    assert keys[0, 0] == keys[1, 0] == "vorinostat" and keys[2, 0] == keys[3, 0] == "drugb"
    assert len(set(keys[:, 0])) == 4 and set(keys[:, 1]) == {""}


def test_a_lost_gene_is_met_by_knock_downs_only(tables):
    changes = pd.DataFrame({"HMOX1": [1.0, 2.0, -1.0]})
    others = OtherAssays((Assay("ko", keys_of(["STAT3", "STAT3", "MYC"], "target"), changes),))
    kinds = {"CRISPR": 2, "shRNA": 2, "siRNA": 2, "overexpression": 0, "chemical": 0, "ligand": 0}
    for kind, n in kinds.items():
        found = others.beside(hits_of(["STAT3"], kind, ["HMOX1"], ["up"])).iloc[0]
        assert found["assays"] == n == found["assays_agree"], kind
    either = OtherAssays((Assay("any", keys_of(["IL22"], "treatment"), changes[:1]),))
    assert either.beside(hits_of(["IL22"], "ligand", ["HMOX1"], ["up"]))["assays"].tolist() == [1]
    assert np.isnan(either.beside(hits_of(["IL22"], "ligand", ["HMOX1"]))["assays_base_rate"]).all()


def test_a_gene_that_no_table_has_is_in_no_contrast(tables):
    found = tables[0].beside(hits_of(["vorinostat"], genes=["TP53"]))
    assert (found["assays"] == 0).all() and found["assays_base_rate"].isna().all()


def test_tables_of_one_and_of_several_contrasts(tmp_path, caplog):
    one = "gene,log2FoldChange\nHMOX1,2\nFKBP5,-1\n"
    (tmp_path / "vorinostat.csv").write_text(one)
    (tmp_path / "de.csv").write_text(one)
    long = ["gene\tdrug\tcell\tlogFC"]
    long += [f"{gene}\t{drug}\t{cell}\t{change}" for gene, drug, cell, change in (
        ("HMOX1", "SAHA", "A", 3), ("FKBP5", "SAHA", "A", 1), ("HMOX1", "SAHA", "B", -3),
        ("HMOX1", "x", "A", -2), ("HMOX1", "x", "A", -4), ("HMOX1", "", "A", 7), ("MYC", "x", "A", "NA"),
        ("no gene", "x", "A", 1),
    )]  # fmt: skip
    (tmp_path / "long.tsv").write_text("\n".join(long) + "\n")
    column, changes = read_contrasts(tmp_path / "long.tsv")
    assert column == "drug" and changes.index.tolist() == ["SAHA", "SAHA", "x"]
    assert changes["HMOX1"].tolist() == [3, -3, -3] and np.isnan(changes["FKBP5"].tolist()[1:]).all()
    for told in (
        "1 rows without a perturbagen",
        "1 values of a gene and contrast",
        "1 rows of unknown genes",
    ):
        assert told in caplog.text
    hits = hits_of(["vorinostat"], genes=["HMOX1"], directions=["up"])
    for paths, n in ((["vorinostat.csv"], 1), (["de.csv"], 0), (["long.tsv", "vorinostat.csv"], 3)):
        assert OtherAssays.of([tmp_path / path for path in paths]).beside(hits)["assays"].tolist() == [n]
    assert OtherAssays.of([f"vorinostat={tmp_path / 'de.csv'}"]).beside(hits)["assays"].tolist() == [1]
    with pytest.raises(ValueError, match="says in its column 'drug' what was done; leave SAHA= out"):
        OtherAssays.of([f"SAHA={tmp_path / 'long.tsv'}"])


def test_a_matrix_of_fold_changes_and_one_that_is_none(tmp_path):
    obs = pd.DataFrame({"perturbation": ["STAT3", "vorinostat"]}, ["c1", "c2"])
    values = np.random.default_rng(0).normal(0, 1, (2, len(GENES))).astype(np.float32)
    values[:, 0] = 5
    anndata.AnnData(values, obs, pd.DataFrame(index=GENES)).write_h5ad(tmp_path / "lfc.h5ad")
    others = OtherAssays.of([tmp_path / "lfc.h5ad"])
    for name, kind in (("STAT3", "CRISPR"), ("vorinostat", "chemical")):
        found = others.beside(hits_of([name], kind, ["HMOX1"], ["up"])).iloc[0]
        assert found[list(COLUMNS)].tolist() == [1, 1, 1.0]
    anndata.AnnData(np.abs(values) * 900, obs, pd.DataFrame(index=GENES)).write_h5ad(tmp_path / "counts.h5ad")
    with pytest.raises(ValueError, match="counts"):
        OtherAssays.of([tmp_path / "counts.h5ad"])
    anndata.AnnData(values, None, pd.DataFrame(index=GENES)).write_h5ad(tmp_path / "nameless.h5ad")
    with pytest.raises(ValueError, match="no table says what was done; name it in a column called compound"):
        OtherAssays.of([tmp_path / "nameless.h5ad"])


def test_contrasts_of_controls_do_not_count(tmp_path, caplog):
    (tmp_path / "changes").mkdir()
    meta = pd.DataFrame({"target": ["MYC", "MYC"], "kind": ["CRISPR knock-out", "reverted line (control)"]})
    meta = meta.set_axis(["a", "b"]).rename_axis("contrast")
    meta.to_csv(tmp_path / "changes" / "ko.meta.tsv", sep="\t")
    pd.DataFrame({"a": [2.0, -1.0], "b": [2.0, -1.0]}, ["HMOX1", "FKBP5"]).to_parquet(
        tmp_path / "changes" / "ko.parquet"
    )
    others = OtherAssays.of([tmp_path])
    assert others.beside(hits_of(["MYC"], "shRNA", ["HMOX1"], ["up"]))["assays"].tolist() == [1]
    assert "ko: 1 contrasts are of controls and do not count" in caplog.text


def test_the_command_adds_columns_and_refuses_what_it_cannot_read(index_path, tmp_path):
    table = tmp_path / "P3.csv"
    table.write_text("gene,logFC\nFKBP5,2\nGATA3,-1\n")
    words = ["search", "FKBP5", "--index", str(index_path), "--format", "tsv", "-n", "400"]
    done = CliRunner().invoke(main, [*words, "--assays", str(table)])
    assert done.exit_code == 0, done.output
    rows = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
    found = pd.DataFrame(rows[1:], columns=rows[0])
    is_p3 = (found["pert_iname"] == "P3").to_numpy()
    assert is_p3.any() and (found["assays"] == "1").to_numpy()[is_p3].all()
    assert (found.loc[~is_p3, "assays"] == "0").all()
    agrees = (found["direction"] == "up").map({True: "1", False: "0"})[is_p3]
    assert found.loc[is_p3, "assays_agree"].tolist() == agrees.tolist()
    for more, sentence in (
        (["--assays", str(tmp_path)], "has no changes/NAME.parquet"),
        (["--assays", str(tmp_path / "absent.csv")], "absent.csv"),
        (["--assays", str(table), "--consensus"], "--consensus does not apply"),
    ):
        refused = CliRunner().invoke(main, [*words, *more])
        assert refused.exit_code == 2 and sentence in refused.output and "Traceback" not in refused.output
