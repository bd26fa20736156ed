"""A simulated release: the numbers asked for, planted effects found again, the same values after a kill."""

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.files.gctx import GctxWriter, open_gctx
from l1000_rnaseq.data.files.metadata import read_metadata
from l1000_rnaseq.data.simulate.lincs import FULL, Lincs, simulate_lincs
from l1000_rnaseq.signatures.design import design


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lincs") / "data"
    done = CliRunner().invoke(main, ["simulate", str(folder), "--lincs", "800"])
    assert done.exit_code == 0 and "Wrote" in done.output, done.output
    return folder


def test_there_are_as_many_signatures_as_were_asked_for(release):
    info, file = read_metadata(release / "l1000/inst_info.txt"), open_gctx(release / "l1000/level3.gctx")
    assert list(file.sample_ids) == list(info.index) and file.shape == (len(info), 978)
    for controls, least in (("vehicle", 24), ("others", 70)):
        plan = design(info, controls)
        assert len(plan.signatures) == 800 and plan.skipped.empty
        assert plan.signatures["n_controls"].min() >= least
    assert set(plan.signatures["n_treated"]) <= {2, 3}


def test_the_whole_release_has_the_size_of_gse92742():
    batches = Lincs(FULL).batches
    n_wells = sum(batch.n_plates * len(batch.wells) for batch in batches)
    assert abs(n_wells / 1_319_138 - 1) < 0.001
    assert len({batch.name for batch in batches}) == len(batches)
    assert len({batch.cell for batch in batches}) == 77
    treated = sum((batch.perturbagen >= 0).sum() for batch in batches)
    assert treated == FULL
    for batch in batches[::50]:
        keys = pd.DataFrame({"pert": batch.perturbagen, "dose": batch.dose})[batch.perturbagen >= 0]
        assert not keys.duplicated().any()


def test_planted_effects_are_in_the_wells(release):
    info = read_metadata(release / "l1000/inst_info.txt")
    truth = pd.read_csv(release / "truth/perturbagens.tsv", sep="\t", index_col=0)
    profiles = open_gctx(release / "l1000/level3.gctx").frame(list(info.index))
    plan = design(info, "vehicle")
    strongest = plan.signatures[plan.signatures["pert_dose"] == "10"].copy()
    strongest["strength"] = truth["strength"].astype(float).loc[strongest["pert_id"]].to_numpy()
    found = []
    for sig_id, row in strongest.nlargest(20, "strength").iterrows():
        change = profiles.loc[plan.treated(sig_id)].mean() - profiles.loc[plan.controls[sig_id]].mean()
        planted = truth.loc[row["pert_id"]]
        found.append(change[planted["raised"]] > 0 > change[planted["lowered"]])
    assert np.mean(found) > 0.9
    quiet = strongest[strongest["strength"] == 0]
    assert len(quiet) and (truth.loc[quiet["pert_id"], "raised"] == "-666").all()


def test_a_killed_run_goes_on_and_gives_the_same_values(release, tmp_path, monkeypatch):
    write, calls = GctxWriter.write, []

    def killed(self, start, block):
        calls.append(start)
        if len(calls) == 2:
            raise KeyboardInterrupt
        write(self, start, block)

    with monkeypatch.context() as patch:
        patch.setattr(GctxWriter, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            simulate_lincs(tmp_path / "d", 800, progress=False)
    assert not (tmp_path / "d/l1000/level3.gctx").exists()
    calls.clear()
    with monkeypatch.context() as patch:
        patch.setattr(GctxWriter, "write", lambda *words: calls.append(words[1]) or write(*words))
        simulate_lincs(tmp_path / "d", 800, progress=False)
    assert len(calls) == 2  # of three batches
    for name in ("l1000/inst_info.txt", "truth/perturbagens.tsv"):
        assert (tmp_path / "d" / name).read_bytes() == (release / name).read_bytes()
    again, once = (open_gctx(folder / "l1000/level3.gctx").read() for folder in (tmp_path / "d", release))
    np.testing.assert_array_equal(again, once)


def test_bad_input(release, tmp_path):
    with pytest.raises(ValueError, match="49 signatures were asked for; expected at least 50"):
        simulate_lincs(tmp_path, 49)
    with pytest.raises(ValueError, match=r"is not empty; name an empty or new folder, or pass --force"):
        simulate_lincs(release, 300)
    done = CliRunner().invoke(main, ["simulate", str(tmp_path), "--lincs", "300", "--small"])
    assert done.exit_code == 2 and "--small and --lincs are two kinds of folder" in done.output
