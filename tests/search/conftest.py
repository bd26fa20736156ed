"""A small source of known signatures, and the index built from it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.genes import cmap_genes
from l1000_rnaseq.search.build import build_index
from l1000_rnaseq.search.index import Index


@dataclass
class TableSource:
    """Signatures from two arrays."""

    table: pd.DataFrame
    genes: list
    log2fc: np.ndarray
    scores: np.ndarray

    def read(self, start, stop):
        return self.log2fc[start:stop], self.scores[start:stop]


def make_source(n=240, n_genes=60, seed=0) -> TableSource:
    """Perturbagens P0…P19 in cells A, B, C; two types, doses, times. P3 moves gene 5 up everywhere."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "pert_id": [f"BRD-{k % 20:03d}" for k in range(n)],
            "pert_iname": [f"P{k % 20}" for k in range(n)],
            "type": ["shRNA" if k % 20 >= 15 else "chemical" for k in range(n)],
            "cell_id": [("A", "B", "C")[(k // 20) % 3] for k in range(n)],
            "dose": ["" if k % 20 >= 15 else str((k // 60) % 3 + 1) for k in range(n)],
            "dose_unit": "um",
            "time": [("6", "24")[(k // 20) % 2] for k in range(n)],
            "time_unit": "h",
            "batch": [f"plate{(k // 20) % 6}" for k in range(n)],
            "control": "ctl_vehicle",
            "n_treated": 3.0,
            "n_controls": 10.0,
            "agreement": rng.uniform(0, 1, n),
            "strength": 1.5,
            "p_vehicle": np.nan,
            "source": "wells",
        },
        index=[f"sig{k}" for k in range(n)],
    )
    log2fc = rng.normal(0, 1, (n, n_genes)).astype(np.float32)
    log2fc[table["pert_iname"] == "P3", 5] += 4
    scores = (log2fc + rng.normal(0, 0.6, log2fc.shape)).astype(np.float32)
    scores /= np.linalg.norm(scores, axis=1, keepdims=True)
    genes = [
        "FKBP5",
        "GATA3",
        *[g for g in cmap_genes().index if g not in ("FKBP5", "GATA3")][: n_genes - 3],
        "ZNEW1",
    ]
    return TableSource(table, genes, log2fc, scores)


@pytest.fixture(scope="session")
def new_source():
    return make_source


@pytest.fixture(scope="session")
def source():
    return make_source()


@pytest.fixture(scope="session")
def index_path(source, tmp_path_factory):
    path = tmp_path_factory.mktemp("index") / "small.h5"
    facts = pd.DataFrame({"change_r": 0.5, "change": "fair"}, source.genes[:30])
    assert build_index([source], path, facts, block=50, progress=False) == 240
    return path


@pytest.fixture
def index(index_path):
    return Index(index_path)
