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
    assert made.genes["reliability"].notna().sum() > 10 and {"ctl_vehicle"} < set(made.signatures["control"])
    assert (
        search(made, made.genes.index[0], "both", filters=Filters(source="wells"))["source"].eq("wells").all()
    )
    neither = CliRunner().invoke(main, ["index", str(tmp_path / "x.h5")])
    assert neither.exit_code == 2 and "name folders of signatures, or one data folder" in neither.output
