"""Whether grades tell what repeats: planted truth, noise, and the counts by hand."""

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.genes import cmap_genes
from l1000_rnaseq.evaluate.evidence_repeats import compounds_and_repeats, hits_and_repeats, repeats_by_grade
from l1000_rnaseq.search.build import build_index
from l1000_rnaseq.search.grade import GRADES
from l1000_rnaseq.search.index import Index


class TwoKinds:
    """Perturbagens in five lines each: a0…a9 do the same to every line, b0…b9 something else to each."""

    def __init__(self, seed=0):
        rng, names = np.random.default_rng(seed), [f"{kind}{k}" for kind in "ab" for k in range(10)]
        rows = [(name, line) for name in names for line in "VWXYZ"]
        self.table = pd.DataFrame(rows, columns=["pert_iname", "cell_id"])
        text = {"type": "chemical", "dose": "1", "dose_unit": "uM", "time": "6", "time_unit": "h"}
        text |= {"pert_id": self.table["pert_iname"], "batch": "", "control": "", "source": "wells"}
        numbers = dict.fromkeys(("n_treated", "n_controls", "agreement", "strength", "p_vehicle"), np.nan)
        self.table = self.table.assign(**text, **numbers).rename(index="sig{}".format)
        self.genes = list(cmap_genes().index[:40])
        effect = {name: rng.normal(0, 2, 40) for name in names if name.startswith("a")}
        noise = rng.normal(0, 1, (len(rows), 40))
        self.log2fc = np.array([effect.get(name, np.zeros(40)) for name, _ in rows]) + noise
        self.log2fc = self.log2fc.astype(np.float32)
        self.scores = self.log2fc / np.linalg.norm(self.log2fc, axis=1, keepdims=True)

    def read(self, start, stop):
        return self.log2fc[start:stop], self.scores[start:stop]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    path = tmp_path_factory.mktemp("kinds") / "kinds.h5"
    build_index([TwoKinds()], path, progress=False)
    return Index(path)


def test_strong_hits_repeat_and_doubtful_ones_do_not(index):
    hits = hits_and_repeats(index, list(index.genes.index[:20]), n=20)
    table = repeats_by_grade(hits)
    assert table.loc["strong", "repeats"] > 0.9 and table.loc["doubtful", "repeats"] < 0.65
    assert (table["low"] <= table["repeats"]).all() and (table["repeats"] <= table["high"]).all()
    assert table["expected"].between(0.3, 0.7).all()
    assert table.loc["all", "hits"] == len(hits) == table.drop(index="all")["hits"].sum()
    planted = hits["compound"].str.startswith("a")
    assert hits.loc[planted, "repeats"].mean() > hits.loc[~planted, "repeats"].mean() + 0.2
    of_all = repeats_by_grade(compounds_and_repeats(index, list(index.genes.index[:12]), n=6))
    assert of_all.loc["all", "repeats"] > 0.75 and set(of_all.index) <= {*GRADES, "all"}


def test_compounds_of_one_line_are_left_out(index, tmp_path):
    source = TwoKinds()
    keep = (source.table["pert_iname"] != "a0").to_numpy() | (source.table["cell_id"] == "V").to_numpy()
    source.table = source.table[keep]
    source.log2fc, source.scores = source.log2fc[keep], source.scores[keep]
    build_index([source], tmp_path / "one.h5", progress=False)
    hits = hits_and_repeats(Index(tmp_path / "one.h5"), list(source.genes[:5]), n=96)
    assert "a0" not in set(hits["compound"]) and len(hits) == 5 * 95


def test_counts_by_hand():
    hits = pd.DataFrame(
        {
            "grade": ["strong", "strong", "weak", "weak"],
            "compound": ["x", "y", "x", "x"],
            "repeats": [1.0, 1, 0, 1],
            "expected": [0.5, 0.6, 0.5, 0.5],
        }
    )
    table = repeats_by_grade(hits)
    assert table.loc["strong"].tolist() == [2, 2, 1, 1, 1, 0.55]
    assert table.loc["weak", ["hits", "compounds", "repeats"]].tolist() == [2, 1, 0.5]
    assert np.isnan(table.loc["weak", "low"]) and table.index.tolist() == ["strong", "weak", "all"]
