"""ARCHS4 in its layouts; h5py as oracle; the paper's sample filter."""

import h5py
import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.data.files.archs4 import open_archs4, select_samples

SYMBOLS = ["DDR1", "AARS1", "NEW1", "DDR1", "PAX8"]
IDS = [f"GSM{i}" for i in range(9)]
COUNTS = np.random.default_rng(0).integers(0, 1000, (5, 9)).astype(np.uint32)
EXPECTED = pd.DataFrame(
    np.stack([COUNTS[0] + COUNTS[3], COUNTS[1], COUNTS[2], COUNTS[4]], axis=1),
    IDS,
    ["DDR1", "AARS", "NEW1", "PAX8"],
)


def make(path, layout: str):
    text = np.array(SYMBOLS, dtype="S"), np.array(IDS, dtype="S"), np.array(["GSE1"] * 9, dtype="S")
    genes, prefix = {
        "v1": ("meta/genes", "meta/Sample_"),
        "v9": ("meta/genes/genes", "meta/samples/"),
        "v2.0": ("meta/genes/gene_symbol", "meta/samples/"),
        "v2.5": ("meta/genes/symbol", "meta/samples/"),
    }[layout]
    with h5py.File(path, "w") as h5:
        h5[genes], h5[prefix + "geo_accession"], h5[prefix + "series_id"] = text
        h5["meta/reads_total" if layout == "v1" else "meta/samples/readstotal"] = np.arange(9) * 1e6
        values = COUNTS.T if layout == "v1" else COUNTS
        h5.create_dataset("data/expression", data=values, chunks=(5, 4), compression="gzip")
    return path


@pytest.mark.parametrize("layout", ["v1", "v9", "v2.0", "v2.5"])
@pytest.mark.parametrize("chunk", [1, 4, 500])
def test_all_layouts_give_the_same_counts(tmp_path, layout, chunk):
    file = open_archs4(make(tmp_path / "a.h5", layout))
    assert file.genes == list(EXPECTED.columns)
    assert "series_id" in file.samples and len(file.samples) == 9
    got = pd.concat(file.iter(chunk=chunk))
    assert (got == EXPECTED.astype(np.uint32)).all(axis=None)
    assert select_samples(file.samples).tolist() == [2, 3, 4, 5, 6, 7, 8]


def test_samples_come_in_the_order_asked(tmp_path):
    file = open_archs4(make(tmp_path / "a.h5", "v2.5"))
    for index in ([8, 0, 3, 0], ["GSM8", "GSM0", "GSM3", "GSM0"]):
        assert (pd.concat(file.iter(2, index)) == EXPECTED.iloc[[8, 0, 3, 0]]).all(axis=None)
    assert list(file.iter(index=[])) == []
    with pytest.raises(ValueError, match=r"1 samples are not in .*: GSM77"):
        list(file.iter(index=["GSM77"]))
    with pytest.raises(ValueError, match="chunk is 0"):
        list(file.iter(chunk=0))


def test_the_published_filter(caplog):
    samples = pd.DataFrame(
        {
            "reads_total": [2e6] * 250 + [1e6] + [2e6] * 4,
            "series_id": ["GSE1"] * 200 + ["GSE2"] * 55,
            "singlecellprobability": [0.1] * 254 + [0.9],
        }
    )
    assert select_samples(samples).tolist() == [*range(200, 250), 251, 252, 253]
    drawn = select_samples(samples, n=10, seed=1)
    assert len(set(drawn)) == 10 and (np.diff(drawn) > 0).all()
    assert (drawn == select_samples(samples, n=10, seed=1)).all()
    assert (drawn != select_samples(samples, n=10, seed=2)).any()
    with pytest.raises(ValueError, match=r"No sample of 255 is left: 0 have more than 10,000,000 reads"):
        select_samples(samples, min_reads=1e7)
    assert len(select_samples(samples[["singlecellprobability"]])) == 254
    assert "not filtered by reads" in caplog.text and "series_id" in caplog.text


def test_bad_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file"):
        open_archs4(tmp_path / "a.h5")
    (tmp_path / "a.h5").write_text("x" * 5000)
    with pytest.raises(ValueError, match="is not an HDF5 file, so not ARCHS4"):
        open_archs4(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "w") as h5:
        h5["data/expression"] = COUNTS
    with pytest.raises(ValueError, match=r"not ARCHS4: it has no gene symbols .*accessions"):
        open_archs4(tmp_path / "a.h5")
    with h5py.File(make(tmp_path / "a.h5", "v2.5"), "r+") as h5:
        del h5["data/expression"]
        h5["data/expression"] = COUNTS[:4]
    with pytest.raises(
        ValueError, match=r"is damaged: data/expression is \(4, 9\), but it names 5 genes and 9"
    ):
        open_archs4(tmp_path / "a.h5")


@pytest.mark.real
def test_real_matrix(real_data):
    path = real_data / "rnaseq" / "human_matrix.h5"
    file = open_archs4(path)
    chosen = select_samples(file.samples, n=20)
    with h5py.File(path) as h5:
        expected = h5["data/expression"][:, chosen].T
    assert (pd.concat(file.iter(7, chosen)).to_numpy() == expected).all()
    assert (len(file.samples), len(file.genes)) == (1860, 17152)
