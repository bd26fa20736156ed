"""Labels from files in the field's formats: mechanisms, wells as plate z-scores, GSE106127."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.classify.labelled_profiles import (
    compound_signatures,
    gse106127_signatures,
    gse106127_types,
    perturbagen_wells,
    plate_zscores,
    transferred,
)
from l1000_rnaseq.data.files.gctx import write_gctx
from l1000_rnaseq.data.genes import landmarks

GENES = landmarks().iloc[:700]


def write(folder, name, info, seed=0, scale=1.0, shift=0.0):
    """A GCTX with Entrez row ids, in another order than the table."""
    (folder / "l1000").mkdir(exist_ok=True)
    values = np.random.default_rng(seed).normal(shift, scale, (len(info), len(GENES))).astype(np.float32)
    profiles = pd.DataFrame(values, info.index, GENES["entrez"].astype(str).to_numpy())
    write_gctx(folder / "l1000" / f"{name}.gctx", profiles.iloc[::-1])
    return profiles.set_axis(GENES.index, axis=1)


def write_info(folder, name, info):
    info.to_csv(folder / "l1000" / f"{name}.txt", sep="\t", index_label="id")


@pytest.fixture
def level5(tmp_path):
    moa = ["X inhibitor"] * 4 + ["X inhibitor|Y agonist"] * 3 + ["Y agonist"] * 3 + ["-666", "", "Rare agent"]
    n = len(moa)
    info = pd.DataFrame(
        {"pert_id": [f"BRD{k % 5}" for k in range(n)], "pert_iname": "-666", "pert_type": "trt_cp"}
    )
    info["cell_id"], info["moa"] = [("A375", "MCF7")[k % 2] for k in range(n)], moa
    info.index = [f"SET00{k % 3}_A375_24H_X{k % 2 + 1}:BRD{k}:10" for k in range(n)]
    profiles = write(tmp_path, "level5", info)
    write_info(tmp_path, "sig_info", info)
    return tmp_path, info, profiles


@pytest.mark.parametrize(
    "rule, sizes",
    [
        ("single", {"X inhibitor": 4, "Y agonist": 3}),
        ("first", {"X inhibitor": 7, "Y agonist": 3}),
        ("joint", {"X inhibitor": 4, "X inhibitor|Y agonist": 3, "Y agonist": 3}),
    ],
)
def test_mechanisms_by_each_rule(level5, rule, sizes):
    folder, info, profiles = level5
    data = compound_signatures(folder, rule=rule, least=2)
    assert data.labels.value_counts().to_dict() == sizes and data.classes == sorted(sizes)
    assert data.info.index.equals(data.profiles.index) and data.labels.index.equals(data.profiles.index)
    pd.testing.assert_frame_equal(data.profiles, profiles.loc[data.profiles.index], check_names=False)
    first = data.info.loc["SET000_A375_24H_X1:BRD0:10"]
    assert first.tolist() == ["A375", "SET000_A375_24H_X1", "SET000_A375_24H", "BRD0"]


def test_targets_are_classes_too(level5):
    folder, info, _ = level5
    info["target"] = ["NR3C1"] * 5 + ["EGFR", "EGFR", "EGFR|ERBB2", "ERBB2"] + ["-666"] * (len(info) - 9)
    write_info(folder, "sig_info", info)
    data = compound_signatures(folder, "target", least=2)
    assert data.labels.value_counts().to_dict() == {"NR3C1": 5, "EGFR": 2}


def test_mechanisms_that_cannot_be_had_are_told(level5):
    folder, info, _ = level5
    with pytest.raises(ValueError, match="unknown rule 'all'; expected one of single, first, joint"):
        compound_signatures(folder, rule="all")
    with pytest.raises(ValueError, match=r"0 of 3 classes have 20 members or more \(the largest has 4\)"):
        compound_signatures(folder)
    with pytest.raises(ValueError, match="has no column colour; it has pert_id, pert_iname"):
        compound_signatures(folder, "colour")
    write_info(folder, "sig_info", info.iloc[1:])
    with pytest.raises(ValueError, match=r"1 of 13 samples of .* are not in .*sig_info.txt: SET000"):
        compound_signatures(folder, least=2)
    with pytest.raises(FileNotFoundError, match="There is no file .*gse106127"):
        gse106127_signatures(folder)


def test_plate_scores_by_a_loop():
    rng = np.random.default_rng(1)
    profiles = pd.DataFrame(rng.normal(8, 1, (31, 6)), [f"w{k}" for k in range(31)], list("ABCDEF"))
    profiles["F"] = 5.0  # the floor of the spread
    profiles.loc["w3", "F"] = 6.0
    profiles.loc["w4", "A"] = 100.0
    plates = pd.Series(np.repeat(["p1", "p2", "small"], [14, 13, 4]), profiles.index)
    scores = plate_zscores(profiles, plates, least_wells=10)
    assert scores.index.tolist() == [f"w{k}" for k in range(27)]
    for well, gene in [("w0", "B"), ("w3", "F"), ("w20", "C"), ("w13", "A")]:
        values = profiles.loc[plates == plates[well], gene]
        mad = max(np.median(np.abs(values - np.median(values))), 0.1)
        expected = (profiles.loc[well, gene] - np.median(values)) / (1.4826 * mad)
        assert scores.loc[well, gene] == pytest.approx(expected, rel=1e-5)
    assert scores.loc["w4", "A"] == 10
    with pytest.raises(ValueError, match="no plate has 50 wells; plate z-scores cannot be computed"):
        plate_zscores(profiles, plates, 50)


def test_wells_are_labelled_by_perturbagen(tmp_path):
    kinds = (["trt_cp"] * 3 + ["ctl_vehicle"]) * 8
    names = ["drug", "-666", "rare", "DMSO"] * 7 + ["drug", "other", "-666", "DMSO"]
    ids = ["BRD-1", "BRD-2", "BRD-3", "DMSO"] * 7 + ["BRD-1", "BRD-2", "-666", "DMSO"]
    plates = np.repeat(["P_A375_6H_X1", "P_A375_6H_X2"], 16)
    info = pd.DataFrame({"rna_plate": plates, "pert_id": ids, "pert_iname": names, "pert_type": kinds})
    info["cell_id"] = "A375"
    info.index = [f"well{k}" for k in range(32)]
    profiles = write(tmp_path, "level3", info, shift=8)
    write_info(tmp_path, "inst_info", info)
    data = perturbagen_wells(tmp_path, least=7)
    # a name that is missing is the id's; controls, and wells without either, are no class
    assert data.labels.value_counts().to_dict() == {"drug": 8, "BRD-2": 7, "rare": 7}
    assert set(data.info["batch"]) == {"P_A375_6H"} and set(data.info["plate"]) == set(plates)
    expected = plate_zscores(profiles, info["rna_plate"]).loc[data.profiles.index, data.profiles.columns]
    np.testing.assert_allclose(data.profiles, expected, rtol=1e-4, atol=1e-4)


@pytest.fixture
def knockdown(tmp_path):
    rows = []
    for gene, hairpins in (("TP53", 4), ("MYC", 3), ("LONE", 1)):
        rows += [(f"KDA_A375_96H:TRCN{gene}{k}", f"TRCN{gene}{k}", gene, "trt_sh") for k in range(hairpins)]
    rows += [(f"XPR_A375_96H:BRDN{gene}", f"BRDN{gene}", gene, "trt_xpr") for gene in ("TP53", "MYC", "NEW")]
    rows += [("KDA_A375_96H:EMPTY", "EMPTY_VECTOR", "EMPTY_VECTOR", "ctl_vector")]
    info = pd.DataFrame(rows, columns=["sig_id", "pert_id", "pert_iname", "pert_type"]).set_index("sig_id")
    info["cell_id"] = "A375"
    profiles = write(tmp_path, "gse106127_level5", info)
    write_info(tmp_path, "gse106127_sig_info", info)
    return tmp_path, profiles


def test_shrna_is_trained_on_and_crispr_tested(knockdown):
    folder, profiles = knockdown
    train, test = gse106127_signatures(folder, least=2), gse106127_signatures(folder, "trt_xpr")
    assert train.labels.value_counts().to_dict() == {"TP53": 4, "MYC": 3}
    assert test.classes == ["MYC", "NEW", "TP53"]
    assert train.info["pert_id"].str.startswith("TRCN").all() and set(train.info["plate"]) == {"KDA_A375_96H"}
    np.testing.assert_allclose(test.profiles, profiles.loc[test.profiles.index])
    shared = transferred(train, test)
    assert shared.classes == ["MYC", "TP53"] and shared.profiles.columns.equals(train.profiles.columns)


def test_types_are_listed_and_none_without_the_file(knockdown, tmp_path):
    assert gse106127_types(knockdown[0]) == ["ctl_vector", "trt_sh", "trt_xpr"]
    assert gse106127_types(tmp_path / "empty") == []


def test_transfer_without_common_classes_or_genes_is_told(knockdown):
    folder, _ = knockdown
    train, test = gse106127_signatures(folder, least=2), gse106127_signatures(folder, "trt_xpr")
    other = test.keep((test.labels == "NEW").to_numpy())
    with pytest.raises(ValueError, match="no class of the test samples was trained on"):
        transferred(train, other)
    fewer = type(test)(test.profiles.iloc[:, 1:], test.labels, test.info)
    with pytest.raises(ValueError, match="1 genes of the training profiles are not in the test's"):
        transferred(train, fewer)
    with pytest.raises(ValueError, match="no signature of type 'trt_oe'; it has ctl_vector, trt_sh, trt_xpr"):
        gse106127_signatures(folder, "trt_oe")


def test_sizes_count_what_there_is(level5):
    folder, info, _ = level5
    got = compound_signatures(folder, least=3)
    assert got.sizes() == {
        "samples": len(got.labels),
        "classes": 2,
        "cell lines": 2,
        "plates": got.info["plate"].nunique(),
        "compounds": info.loc[got.labels.index, "pert_id"].nunique(),
    }
