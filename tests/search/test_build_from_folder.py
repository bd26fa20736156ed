"""An index of a whole data folder, by the command."""

from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.search.by_gene import search
from l1000_rnaseq.search.filters import Filters
from l1000_rnaseq.search.index import Index


def test_an_index_of_a_data_folder(simulated_data, trained, tmp_path):
    bundle = tmp_path / "bundle.h5"
    trained["best"].save(bundle)
    words = [
        "index",
        "--data",
        str(simulated_data),
        str(tmp_path / "i.h5"),
        "--model",
        str(bundle),
        "--quiet",
    ]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    made = Index(tmp_path / "i.h5")
    assert set(made.signatures["source"]) == {"wells", "Level 5, extended"}
    assert {"level_r", "change_r", "level", "change"} <= set(made.genes) and {"others"} < set(
        made.signatures["control"]
    )
    assert (
        search(made, made.genes.index[0], "both", filters=Filters(source="wells"))["source"].eq("wells").all()
    )
    neither = CliRunner().invoke(main, ["index", str(tmp_path / "x.h5")])
    assert neither.exit_code == 2 and "name folders of signatures, or one data folder" in neither.output


def test_a_folder_of_one_plate_of_single_replicates(simulated_data, trained, tmp_path):
    """Compounds are compared with vehicles where other treatments are few, and nothing else is asked for."""
    from l1000_rnaseq.data.files.formats import open_profiles
    from l1000_rnaseq.data.files.gctx import write_gctx
    from l1000_rnaseq.data.files.metadata import read_metadata
    from l1000_rnaseq.search.build_from_folder import index_folder

    info = read_metadata(simulated_data / "l1000" / "inst_info.txt")
    wells = info[info["rna_plate"] == info.loc[info["pert_type"] == "trt_cp", "rna_plate"].iloc[0]]
    first = ~wells.duplicated(["pert_iname", "pert_dose"])
    few = wells[(wells["pert_type"] == "ctl_vehicle") | (first & first.cumsum().le(6))]
    (tmp_path / "data" / "l1000").mkdir(parents=True)
    few.to_csv(tmp_path / "data" / "l1000" / "inst_info.txt", sep="\t", index_label="inst_id")
    profiles = open_profiles(simulated_data / "l1000" / "level3.gctx").frame(few.index)
    write_gctx(tmp_path / "data" / "l1000" / "level3.gctx", profiles)
    index_folder(tmp_path / "data", tmp_path / "i.h5", trained["best"], progress=False)
    table = Index(tmp_path / "i.h5").signatures
    assert set(table["control"]) == {"ctl_vehicle"} and (table["n_treated"] == 1).all()
    assert table["agreement"].isna().all() and len(table) == (few["pert_type"] == "trt_cp").sum()
