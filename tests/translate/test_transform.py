"""Files in, files out: the same values whatever the chunk, the format or the order of genes."""

from dataclasses import replace

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from cmapPy.pandasGEXpress.parse import parse
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.files.gctx import open_gctx, write_gctx
from l1000_rnaseq.data.genes import landmarks
from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.level3_input import Level3Input
from l1000_rnaseq.translate.transform import transform
from l1000_rnaseq.translate.transform_file import transform_file


@pytest.fixture
def bundle(random_bundle):
    return Bundle.load(random_bundle)


@pytest.fixture
def source(tmp_path, level3):
    path = tmp_path / "in.gctx"
    table = pd.DataFrame({"cell_id": [f"LINE{i % 3}" for i in range(25)], "dose": np.arange(25) / 4})
    write_gctx(path, level3(25), sample_metadata=table)
    return path


@pytest.fixture
def expected(bundle, level3):
    """Both steps by hand, on the bundle's own gene order."""
    x = level3(25)[list(bundle.landmarks)].to_numpy(np.float64)
    first = x * bundle.step1.slope + bundle.step1.intercept
    last = np.maximum(first, 0) @ bundle.step2.left @ bundle.step2.right + bundle.step2.intercept
    return pd.DataFrame(np.maximum(np.hstack([first, last]), 0), level3(25).index, list(bundle.genes))


def read(path):
    file = open_profiles(path)
    return pd.DataFrame(file.read(), file.sample_ids, file.row_ids)


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_any_chunk_gives_the_values_by_hand(bundle, source, expected, tmp_path, chunk):
    out = tmp_path / "out.gctx"
    summary = transform_file(source, out, bundle, chunk=chunk, progress=False)
    np.testing.assert_allclose(read(out), expected, atol=2e-3)
    assert list(read(out).index) == list(expected.index) and list(read(out).columns) == list(expected.columns)
    assert (summary.profiles, summary.resumed, summary.genes, summary.missing) == (25, 0, 1038, ())
    zeros = (read(out).to_numpy() == 0).mean()
    assert summary.clipped == pytest.approx(zeros, abs=1e-3)


def test_sample_metadata_are_kept_and_cmappy_reads_the_file(bundle, source, expected, tmp_path):
    transform_file(source, tmp_path / "out.gctx", bundle, progress=False)
    parsed = parse(str(tmp_path / "out.gctx"))
    np.testing.assert_allclose(parsed.data_df.T, expected, atol=2e-3)
    assert parsed.col_metadata_df["cell_id"].tolist() == [f"LINE{i % 3}" for i in range(25)]
    np.testing.assert_allclose(parsed.col_metadata_df["dose"].astype(float), np.arange(25) / 4)
    status = parsed.row_metadata_df["gene_status"]
    assert (status == "landmark").sum() == 978 and (status == "newly inferred").sum() == 60


@pytest.mark.parametrize("suffix", ["gctx", "h5ad"])
def test_a_table_of_the_samples_goes_to_the_output(bundle, source, tmp_path, suffix, caplog):
    table = pd.DataFrame(
        {"pert_iname": ["DMSO", "NA"] * 12, "dose": "5"}, index=[f"PLATE_X1:{i:04d}" for i in range(24)]
    )
    table.iloc[::-1].to_csv(tmp_path / "info.csv", index_label="inst_id")
    out = tmp_path / f"out.{suffix}"
    transform_file(source, out, bundle, info=tmp_path / "info.csv", progress=False)
    samples = open_profiles(out).sample_metadata
    assert "1 samples of" in caplog.text and "have no metadata: PLATE_X1:0024" in caplog.text
    assert samples["cell_id"].tolist() == [f"LINE{i % 3}" for i in range(25)]  # the file's own
    assert samples["dose"].tolist()[:24] == ["5"] * 24  # of the table, in place of the file's
    assert samples["pert_iname"].isna().tolist() == [False, True] * 12 + [True]
    if suffix == "h5ad":
        data = anndata.read_h5ad(out)
        assert data.obs["pert_iname"].value_counts().to_dict() == {"DMSO": 12}
        measured = data.var["gene_status"] == "landmark"
        assert (data.var["pr_gene_id"].isna() == ~measured).all() and (data.var["pr_gene_id"] != -666).all()


@pytest.mark.parametrize("suffix", ["gctx", "h5ad"])
def test_what_is_imputed_and_left_out_is_in_the_output(bundle, level3, tmp_path, suffix, monkeypatch):
    profiles = level3(25).iloc[:, 3:].assign(EXTRA=7.0)
    profiles.iloc[::2, 5] = -666
    write_gctx(tmp_path / "in.gctx", profiles)
    pd.DataFrame({"cell_id": "A"}, profiles.index[:20]).to_csv(tmp_path / "info.csv", index_label="inst_id")
    reads = []

    def killed(self, start, stop, read=Level3Input.read):
        reads.append(start)
        if len(reads) == 3:
            raise KeyboardInterrupt
        return read(self, start, stop)

    monkeypatch.setattr(Level3Input, "read", killed)
    out = tmp_path / f"out.{suffix}"
    words = (tmp_path / "in.gctx", out, bundle)
    with pytest.raises(KeyboardInterrupt):
        transform_file(*words, chunk=6, info=tmp_path / "info.csv", progress=False)
    summary = transform_file(*words, chunk=6, info=tmp_path / "info.csv", progress=False)
    assert summary.resumed and summary.imputed == 13  # those of the killed run count
    if suffix == "h5ad":
        notes = anndata.read_h5ad(out).uns
    else:
        with h5py.File(out) as h5:
            notes = dict(h5.attrs)
    assert notes["n_values_imputed"] == 13 and notes["n_samples_without_metadata"] == 5
    assert notes["n_rows_left_out"] == 1 and set(notes["landmarks_missing"].split(", ")) == set(
        summary.missing
    )
    assert "3 landmarks imputed by their training mean" in notes["told"]
    assert "5 samples of" in notes["told"] and "samples without metadata: 5" in str(summary)


@pytest.mark.parametrize("suffix", ["gctx", "gct", "h5ad", "parquet", "csv", "tsv.gz"])
def test_every_input_format_gives_the_same(bundle, source, expected, level3, tmp_path, suffix):
    path, profiles = tmp_path / f"again.{suffix}", level3(25)
    if suffix == "gct":
        rows = "\n".join("\t".join([g, "na", *map(repr, map(float, v))]) for g, v in profiles.items())
        head = "\t".join(["Name", "Description", *profiles.index])
        path.write_text(f"#1.2\n978\t25\n{head}\n{rows}\n")
    elif suffix == "h5ad":
        anndata.AnnData(profiles).write_h5ad(path)
    elif suffix == "parquet":
        profiles.to_parquet(path)
    elif suffix == "gctx":
        path = source
    else:
        profiles.to_csv(path, sep="," if suffix == "csv" else "\t")
    transform_file(path, tmp_path / "out.gctx", bundle, progress=False)
    np.testing.assert_allclose(read(tmp_path / "out.gctx"), expected, atol=2e-3)


@pytest.mark.parametrize("suffix", ["h5ad", "parquet", "csv", "feather"])
def test_every_output_format_holds_the_same(bundle, source, expected, tmp_path, suffix):
    out = tmp_path / f"out.{suffix}"
    transform_file(source, out, bundle, chunk=10, progress=False)
    table = read(out)
    np.testing.assert_allclose(table, expected, atol=2e-3)
    assert list(table.index) == list(expected.index) and list(table.columns) == list(expected.columns)


def test_a_subset_of_genes_comes_in_the_order_asked_for(bundle, source, expected, tmp_path):
    wanted = ["NEW5", bundle.landmarks[3], "NEW0", bundle.landmarks[0]]
    transform_file(source, tmp_path / "out.gctx", bundle, genes=wanted, progress=False)
    table = read(tmp_path / "out.gctx")
    assert list(table.columns) == wanted
    np.testing.assert_allclose(table, expected[wanted], atol=2e-3)
    with pytest.raises(ValueError, match="1 of 2 genes asked for are not predicted by this bundle: NOSUCH"):
        transform_file(source, tmp_path / "o.gctx", bundle, genes=["NEW5", "NOSUCH"], progress=False)


def test_half_precision_is_rounding(bundle, source, tmp_path):
    for dtype in ("float16", "float32"):
        transform_file(source, tmp_path / f"{dtype}.gctx", bundle, dtype=dtype, progress=False)
    half, full = (read(tmp_path / f"{dtype}.gctx").to_numpy() for dtype in ("float16", "float32"))
    np.testing.assert_array_equal(half, half.astype(np.float16))
    assert np.sqrt(((half - full) ** 2).mean()) < 0.01
    landmark = slice(0, len(bundle.landmarks))  # these are rounded only
    np.testing.assert_array_equal(half[:, landmark], full[:, landmark].astype(np.float16))


def test_an_existing_output_is_overwritten_only_by_force(bundle, source, tmp_path):
    out = tmp_path / "out.gctx"
    out.write_text("mine")
    with pytest.raises(FileExistsError, match="is there already; pass --force"):
        transform_file(source, out, bundle, progress=False)
    assert out.read_text() == "mine"
    transform_file(source, out, bundle, force=True, progress=False)
    assert open_gctx(out).shape == (25, 1038)
    with pytest.raises(ValueError, match="is the input itself"):
        transform_file(source, source, bundle, force=True, progress=False)


def test_a_translated_file_is_not_translated_again(bundle, source, tmp_path):
    transform_file(source, tmp_path / "out.gctx", progress=False)  # the shipped default: a real scale
    with pytest.raises(ValueError, match="or a profile that was translated already; expected Level 3"):
        transform_file(tmp_path / "out.gctx", tmp_path / "twice.gctx", bundle, progress=False)
    assert not list(tmp_path.glob("twice*"))


def test_no_value_is_above_the_ceiling(bundle, source, tmp_path):
    free = transform_file(source, tmp_path / "free.gctx", bundle, progress=False)
    ceiling = np.quantile(read(tmp_path / "free.gctx"), 0.9, axis=0).astype(np.float32)
    bound = replace(bundle, ceiling=ceiling)
    held = transform_file(source, tmp_path / "held.gctx", bound, progress=False)
    values, marks = read(tmp_path / "held.gctx"), len(bundle.landmarks)
    assert (values <= ceiling + 1e-5).all(axis=None) and held.clipped > free.clipped
    expected = np.minimum(read(tmp_path / "free.gctx").iloc[:, :marks], ceiling[:marks])
    np.testing.assert_allclose(values.iloc[:, :marks], expected, atol=1e-5)


def test_profiles_unlike_the_training_are_counted_aloud(level3, tmp_path, caplog):
    shipped = Bundle.load()
    spread = np.random.default_rng(0).normal(size=(20, len(shipped.landmarks)))
    usual = pd.DataFrame(shipped.l1000_mean + spread * shipped.l1000_sd, columns=list(shipped.landmarks))
    usual.index = [f"w{k}" for k in range(20)]
    np.testing.assert_allclose(
        shipped.distance(usual.to_numpy()), np.sqrt((spread**2).mean(axis=1)), rtol=1e-3
    )
    scrambled = usual.iloc[:7, ::-1].set_axis(usual.columns, axis=1).rename(lambda name: f"odd {name}")
    transform(usual, shipped)
    assert "unlike any of the training" not in caplog.text
    write_gctx(tmp_path / "in.gctx", pd.concat([usual, scrambled]))
    transform_file(tmp_path / "in.gctx", tmp_path / "out.gctx", shipped, chunk=4, progress=False)
    assert "7 of 27 profiles are unlike any of the training" in caplog.text


def test_no_real_well_is_called_unusual(real_data):
    shipped, file = Bundle.load(), open_gctx(real_data / "l1000" / "level3.gctx")
    entrez = landmarks()["entrez"].loc[list(shipped.landmarks)].astype(str)
    wells = list(file.sample_ids)
    assert shipped.unusual(file.read_samples(wells, list(entrez)).to_numpy()).mean() < 0.005


@pytest.mark.parametrize("suffix", ["gctx", "h5ad"])
def test_the_output_says_how_well_a_gene_is_known(source, tmp_path, suffix):
    shipped = Bundle.load()
    transform_file(source, tmp_path / f"out.{suffix}", shipped, progress=False)
    rows = open_profiles(tmp_path / f"out.{suffix}").row_metadata
    expected = shipped.reliability()
    for name in ("level_r", "change_r"):
        assert rows[name].notna().all()
        np.testing.assert_allclose(rows[name], expected[name], atol=1e-3)
    np.testing.assert_allclose(rows["half_width_90"], shipped.half_width(0.9), atol=1e-3)


def test_profiles_in_memory_are_checked_too(bundle, level3):
    profiles = level3(3)
    entrez = profiles.set_axis(landmarks()["entrez"].loc[profiles.columns].astype(str), axis=1)
    np.testing.assert_allclose(transform(entrez, bundle), transform(profiles, bundle))
    with pytest.raises(ValueError, match="counts or linear intensities"):
        transform(2**profiles, bundle)
    with pytest.raises(ValueError, match="z-scores or fold changes"):
        transform(profiles - profiles.mean(), bundle)
    with pytest.raises(ValueError, match=r"60 of 978 landmark genes are missing from the DataFrame"):
        transform(profiles.iloc[:, 60:], bundle)


def test_profiles_in_memory_are_those_of_the_file(bundle, level3, expected):
    profiles = level3(25)
    table = transform(profiles, bundle)
    np.testing.assert_allclose(table, expected, atol=2e-3)
    shuffled = profiles.sample(frac=1, axis=0, random_state=0).sample(frac=1, axis=1, random_state=1)
    pd.testing.assert_frame_equal(transform(shuffled, bundle), table.loc[shuffled.index], rtol=1e-4)
    with pytest.raises(ValueError, match="has an infinite value"):
        transform(profiles.replace(profiles.iloc[0, 0], np.inf), bundle)


@pytest.mark.real
def test_every_real_well_is_translated_and_lines_have_their_marker(real_data, tmp_path):
    markers = {"SKBR3": "ERBB2", "MCF7": "GATA3", "VCAP": "KLK3", "A375": "SOX10"}
    source, out = real_data / "l1000" / "level3.gctx", tmp_path / "out.gctx"
    summary = transform_file(source, out, genes=list(markers.values()), progress=False)
    assert summary.profiles == open_gctx(source).shape[0]
    info = pd.read_csv(real_data / "l1000" / "inst_info.txt", sep="\t", dtype=str).set_index("inst_id")
    table = read(out)
    assert np.isfinite(table.to_numpy()).all()
    means = table.groupby(info["cell_id"].reindex(table.index).to_numpy()).mean()
    for line, gene in markers.items():
        assert means[gene].idxmax() == line, means[gene].nlargest(3)
