"""Tables as R, pandas, polars, Excel and people write them: the same profiles and ids, or a sentence."""

import csv
import gzip
import io
import logging
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from l1000_rnaseq.data.files.formats import open_profiles
from l1000_rnaseq.data.genes import landmarks

GENES = list(landmarks().index[:40])
ENTREZ = landmarks()["entrez"].iloc[:40].tolist()
NAMES = ["w1", "w2", "plate 3, well A", "w4", "w5"]


@pytest.fixture(scope="module")
def profiles():
    values = np.random.default_rng(0).normal(8, 2, (5, 40)).round(4)
    return pd.DataFrame(values, NAMES, GENES)


def as_r(table: pd.DataFrame, sep: str = " ", quote: bool = True) -> str:
    """What write.table writes: no name for the column of row names."""
    lines = table.to_csv(sep=sep, quoting=csv.QUOTE_NONNUMERIC if quote else csv.QUOTE_NONE).splitlines()
    return "\n".join([lines[0].split(sep, 1)[1], *lines[1:]]) + "\n"


def rows(profiles) -> pd.DataFrame:
    """Genes in rows, with what programs say of genes."""
    about = pd.DataFrame({"pr_gene_id": ENTREZ, "pr_gene_title": "a, title", "pr_is_lm": 1}, GENES)
    return pd.concat([about, profiles.T], axis=1).rename_axis("pr_gene_symbol")


def simple(profiles) -> pd.DataFrame:
    return profiles.set_axis([f"s{i}" for i in range(5)])


TEXTS = {
    "a.csv": lambda p: p.to_csv(),
    "a.tsv": lambda p: p.to_csv(sep="\t"),
    "quoted.csv": lambda p: p.to_csv(quoting=csv.QUOTE_ALL),
    "quoted.tsv": lambda p: p.to_csv(sep="\t", quoting=csv.QUOTE_ALL),
    "named.csv": lambda p: p.rename_axis("sample").to_csv(),
    "write.table.txt": lambda p: as_r(p),
    "write.table.tsv": lambda p: as_r(p, "\t"),
    "write.table.plain.txt": lambda p: as_r(simple(p), " ", False),
    "write.table.rows.txt": lambda p: as_r(p.T),
    "write.csv2.csv": lambda p: p.to_csv(sep=";", decimal=","),
    "german_excel.txt": lambda p: p.to_csv(sep="\t", decimal=","),
    "bars.txt": lambda p: p.to_csv(sep="|"),
    "aligned.txt": lambda p: simple(p).T.to_string(),
    "comments.tsv": lambda p: "# made by a program\n# version 2\n\n" + p.to_csv(sep="\t"),
    "commented_header.tsv": lambda p: "#made by biom\n#" + p.T.rename_axis("OTU ID").to_csv(sep="\t"),
    "series_matrix.txt": lambda p: (
        '!Series_title\t"L1000"\n!Sample_title\t"a"\t"b"\n\n!series_matrix_table_begin\n'
        + p.T.rename_axis("ID_REF").to_csv(sep="\t", quoting=csv.QUOTE_NONNUMERIC)
        + "!series_matrix_table_end\n"
    ),
    "crlf.csv": lambda p: p.to_csv(lineterminator="\r\n"),
    "cr.csv": lambda p: p.to_csv(lineterminator="\r"),
    "blank_rows.csv": lambda p: p.to_csv() + "\n\n" + "," * 40 + "\n",
    "blank_columns.csv": lambda p: "".join(f"{line},,\n" for line in p.to_csv().splitlines()),
    "trailing.tsv": lambda p: "".join(f"{line}\t\n" for line in p.to_csv(sep="\t").splitlines()),
    "genes_in_rows.csv": lambda p: p.T.to_csv(),
    "all_of_gene_info.tsv": lambda p: rows(p).to_csv(sep="\t"),
    "entrez_first.csv": lambda p: rows(p).reset_index().set_index("pr_gene_id").to_csv(),
    "index_of_pandas.csv": lambda p: rows(p).reset_index().to_csv(),
    "entrez_of_any_name.csv": lambda p: p.T.assign(number=ENTREZ).to_csv(),
    "flag_of_any_name.csv": lambda p: p.T.assign(chosen=[0, 1] * 20, bing=True).to_csv(),
    "feature_counts.txt": lambda p: (
        "# Program:featureCounts v2.0.1\n"
        + p.T.assign(Chr="1;1;X", Start="1;2", End="5;6", Strand="+;+", Length=range(1000, 1040))
        .iloc[:, [5, 6, 7, 8, 9, 0, 1, 2, 3, 4]].rename_axis("Geneid").to_csv(sep="\t")
    ),  # fmt: skip
    "chromosomes.csv": lambda p: p.T.assign(chromosome=["1", "X"] * 20).to_csv(),
    "missing_symbols.csv": lambda p: p.T.assign(title=["", "NA", "a", "-"] * 10).to_csv(),
    "numbered.csv": lambda p: p.rename_axis("sample_id").reset_index().to_csv(),
    "numbered_r.csv": lambda p: p.rename_axis("sample_id").reset_index().set_axis([*"12345"]).to_csv(),
    "metadata.csv": lambda p: p.assign(cell_id="A375", pert_dose=10, time=24.0, qc_pass=True).to_csv(),
    "id_not_first.csv": lambda p: p.assign(cell="A", inst_id=p.index).set_index("cell").to_csv(),
    "missing.csv": lambda p: p.to_csv(na_rep="NA"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gzip"])
def test_every_way_of_writing_gives_the_same_profiles(tmp_path, profiles, name, encoding):
    text = TEXTS[name](profiles)
    content = gzip.compress(text.encode()) if encoding == "gzip" else text.encode(encoding)
    path = tmp_path / (name + ".gz" if encoding == "gzip" else name)
    path.write_bytes(content)
    check(path, simple(profiles) if "w1" not in text else profiles)


def check(path, profiles):
    file = open_profiles(path)
    assert list(file.sample_ids) == list(profiles.index)
    assert list(file.genes) == GENES
    np.testing.assert_allclose(file.read(), profiles, rtol=1e-6)


def test_what_describes_genes_or_samples_is_kept_and_told(tmp_path, profiles, caplog):
    (tmp_path / "a.tsv").write_text(TEXTS["all_of_gene_info.tsv"](profiles))
    file = open_profiles(tmp_path / "a.tsv")
    assert "columns that describe genes, not profiles: pr_is_lm" in caplog.text
    assert list(file.row_metadata) == ["pr_gene_id", "pr_gene_title", "pr_is_lm"]
    (tmp_path / "b.csv").write_text(TEXTS["metadata.csv"](profiles))
    file = open_profiles(tmp_path / "b.csv")
    assert "columns that describe samples, not genes: pert_dose, time, qc_pass" in caplog.text
    assert file.sample_metadata["pert_dose"].tolist() == [10] * 5
    (tmp_path / "c.csv").write_text(TEXTS["numbered.csv"](profiles))
    open_profiles(tmp_path / "c.csv")
    assert "c.csv: the sample ids are those of the column sample_id" in caplog.text


IDS = [101, 102, 103, 20, 7]


@pytest.mark.parametrize(
    "ids", [IDS, [float(i) for i in IDS], np.array(IDS, "uint16"), pd.array(IDS, "Int64"), [1, 2, 3, 4, 5]]
)
@pytest.mark.parametrize("suffix", ["parquet", "feather", "csv"])
def test_numbers_as_sample_ids_are_kept(tmp_path, profiles, ids, suffix):
    """Polars and R have no index: the ids are a column."""
    table = profiles.reset_index(drop=True)
    table.insert(0, "sample_id", ids)
    write(tmp_path / f"a.{suffix}", table)
    check(tmp_path / f"a.{suffix}", profiles.set_axis([str(int(i)) for i in ids]))


def write(path, table):
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(), path)
    else:
        pa.feather.write_feather(pa.Table.from_pandas(table, preserve_index=False), path)


BINARY = {
    "id of any name": lambda p: p.rename_axis("well").reset_index(),
    "categories": lambda p: p.rename_axis("well").reset_index().astype({"well": "category"}),
    "id not first": lambda p: p.assign(plate="p", sample_id=p.index)[["plate", *p, "sample_id"]],
    "genes in rows": lambda p: p.T.rename_axis("gene").reset_index(),
    "genes in rows, Entrez": lambda p: p.T.assign(gene_id=ENTREZ).reset_index(drop=True),
    "genes in rows, Entrez in front": lambda p: p.T.set_axis(ENTREZ).rename_axis("entrez").reset_index(),
    "genes in rows, Entrez as floats": lambda p: p.T.assign(entrez=np.array(ENTREZ, float)),
    "genes in rows, Entrez of any name": lambda p: p.T.assign(number=ENTREZ).reset_index(drop=True),
    "gene info": lambda p: rows(p).reset_index(),
    "all text": lambda p: p.rename_axis("well").reset_index().astype(str),
    "float32": lambda p: p.astype("float32").rename_axis("well").reset_index(),
    "nullable": lambda p: p.astype("Float64").rename_axis("well").reset_index(),
    "decimals": lambda p: p.map(lambda v: Decimal(str(v))).rename_axis("w").reset_index(),
}  # fmt: skip


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("suffix", ["parquet", "feather"])
def test_tables_of_other_programs(tmp_path, profiles, name, suffix):
    write(tmp_path / f"a.{suffix}", BINARY[name](profiles))
    check(tmp_path / f"a.{suffix}", profiles)


@pytest.mark.parametrize("name", ["sample", None, "__index_level_0__"])
def test_the_index_of_pandas(tmp_path, profiles, name):
    profiles.rename_axis(name).to_parquet(tmp_path / "a.parquet")
    check(tmp_path / "a.parquet", profiles)
    numbers = profiles.set_axis([7, 3, 5, 1, 0]).rename_axis(name)
    numbers.to_parquet(tmp_path / "b.parquet")
    check(tmp_path / "b.parquet", numbers.set_axis([*"73510"]))


def test_samples_without_ids_are_counted_and_told(tmp_path, profiles, caplog):
    numbered = profiles.set_axis([*"12345"])
    for suffix in ("parquet", "feather", "csv"):
        write(tmp_path / f"a.{suffix}", profiles)
        check(tmp_path / f"a.{suffix}", numbered)
        assert f"a.{suffix} names no sample: they are called 1 to 5" in caplog.text


def test_the_mean_of_the_samples_is_no_sample(tmp_path, profiles, caplog):
    about = {"Mean": profiles.mean(), "SD": profiles.std()}
    profiles.T.assign(**about).to_csv(tmp_path / "a.csv", index_label="gene")
    check(tmp_path / "a.csv", profiles)
    assert "columns that describe genes, not profiles: Mean, SD" in caplog.text


def test_transcripts_are_told(tmp_path):
    table = pd.DataFrame({"target_id": [f"ENST{i:011d}.2" for i in range(9)], "length": 900, "tpm": 1.5})
    table.to_csv(tmp_path / "abundance.tsv", sep="\t", index=False)
    with pytest.raises(ValueError, match=r"abundance.tsv has transcripts: ENST0.*; expected genes. Sum the"):
        _ = open_profiles(tmp_path / "abundance.tsv").genes


def test_columns_without_a_name_are_told(tmp_path, profiles, caplog):
    table = profiles.iloc[:3].set_axis(["w1", "", ""]).T
    table.to_csv(tmp_path / "a.csv", index_label="gene")
    assert list(open_profiles(tmp_path / "a.csv").sample_ids) == ["w1", "column 3", "column 4"]
    assert "2 columns without a name are called column 3, column 4" in caplog.text


def test_ids_stay_as_they_are_written(tmp_path, profiles):
    ids = ["001", "1e5", "TRUE", "NA12878", "1.10"]
    for table in (profiles.set_axis(ids), profiles.set_axis(ids).T):
        table.to_csv(tmp_path / "a.csv")
        check(tmp_path / "a.csv", profiles.set_axis(ids))
    profiles.set_axis(ids).rename_axis("sample_id").reset_index().to_csv(tmp_path / "b.csv")
    check(tmp_path / "b.csv", profiles.set_axis(ids))


def test_quotes_in_names(tmp_path, profiles):
    ids = ['"2-deoxy', "5' end", 'say "hi"', "a,b", '""']
    for text, name in (
        (profiles.set_axis(ids).to_csv(), "a.csv"),
        (profiles.set_axis(ids).T.to_csv(), "b.csv"),
    ):
        (tmp_path / name).write_text(text)
        check(tmp_path / name, profiles.set_axis(ids))
    bare = ["\t".join(["id", *GENES])]
    bare += [
        "\t".join([name, *map(str, row)]) for name, row in zip(ids[:4], profiles.to_numpy(), strict=False)
    ]
    (tmp_path / "c.tsv").write_text("\n".join(bare) + "\n")  # CMap's names begin with quotes that never end
    check(tmp_path / "c.tsv", profiles.iloc[:4].set_axis(ids[:4]))


REFUSED = {
    "a second line of names": (
        lambda p: p.T.to_csv().replace("\n", "\ncell" + ",A375" * 5 + "\n", 1),
        r"columns w1 have text; expected numbers, .*: row 1 has 'A375' \(a header of several lines\?",
    ),
    "cut off": (lambda p: p.to_csv()[:-60], "row 5 .* fields; expected 41, as in the header"),
    "a long row": (lambda p: p.to_csv() + "w6" + ",7.5" * 44, r"row 6 \(w6\) has 45 fields; expected 41"),
    "no header": (lambda p: p.to_csv(header=False), "numbers"),
    "names twice": (lambda p: p.T.set_axis([*"abcdd"], axis=1).to_csv(), "1 column names are there twice: d"),
    "text for a number": (lambda p: p.T.replace({p.iloc[1, 3]: "failed"}).to_csv(), "has 'failed'"),
    "a quote that never ends": (lambda p: 'id,"a,b\n' + p.to_csv(), "quote that never ends|fields"),
    "a comma for thousands": (
        lambda p: (1000 * p).map("{:,.1f}".format).to_csv(),
        "has no column of numbers, its first row is [0-9],",
    ),
    "only comments": (lambda p: "# nothing\n", "has no line but comments"),
    "a profile under a name of ids": (
        lambda p: p.set_axis(["w1", "symbol", "w3", "w4", "w5"]).T.to_csv(),
        "the column symbol has the values of a profile",
    ),
    "a web page": (lambda p: "<!DOCTYPE html>\n<html><body>log in", "is a web page"),
    "a sheet": (lambda p: "PK\x03\x04 xl/workbook.xml", "is an Excel workbook or a zip file; save"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_in_a_sentence(tmp_path, profiles, what):
    make, told = REFUSED[what]
    (tmp_path / "a.csv").write_text(make(profiles))
    with pytest.raises(ValueError, match=told) as error:
        open_profiles(tmp_path / "a.csv")
    assert "a.csv" in str(error.value) and "\n" not in str(error.value)


def test_levels_of_pandas_are_refused(tmp_path, profiles):
    profiles.set_axis(pd.MultiIndex.from_product([["p"], NAMES])).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="a.parquet: its index has 2 levels; expected one id each"):
        open_profiles(tmp_path / "a.parquet")


@pytest.mark.parametrize("word", ["---", "#DIV/0!", "n/a", "-666"])
def test_missing_numbers_as_programs_write_them(tmp_path, profiles, word):
    texts = profiles.astype(str)
    texts.iloc[1, 2] = texts.iloc[0, 0] = word
    for name, table in (("a.csv", texts), ("b.csv", texts.T)):
        table.to_csv(tmp_path / name)
        check(tmp_path / name, profiles.mask(texts == word))


@pytest.mark.parametrize("values", ["counts", "levels"])
def test_one_sample_without_a_header(tmp_path, profiles, values):
    sample = profiles.iloc[0].round().astype(int) if values == "counts" else profiles.iloc[0]
    sample.to_csv(tmp_path / "a.csv", header=False)
    with pytest.raises(ValueError, match=r"a.csv has numbers where names are expected: .*; add a header"):
        open_profiles(tmp_path / "a.csv")


@pytest.mark.parametrize("turned", [False, True])
def test_lower_case_and_mouse(tmp_path, profiles, caplog, turned):
    for name, symbols in (("human.csv", map(str.lower, GENES)), ("mouse.csv", map(str.capitalize, GENES))):
        table = profiles.set_axis(list(symbols), axis=1)
        (table.T if turned else table).to_csv(tmp_path / name)
    file = open_profiles(tmp_path / "human.csv")
    assert list(file.genes) == GENES and list(file.sample_ids) == NAMES and "in lower case" in caplog.text
    with pytest.raises(ValueError, match=r"mouse.csv.* genes of the mouse"):
        _ = open_profiles(tmp_path / "mouse.csv").genes


def test_a_table_in_memory_is_read_by_the_same_rule(profiles, caplog):
    for table in (profiles, profiles.T, rows(profiles), profiles.assign(cell="A375", dose=10)):
        file = open_profiles(table)
        assert list(file.genes) == GENES and list(file.sample_ids) == NAMES
        np.testing.assert_allclose(file.read(), profiles, rtol=1e-6)


def test_excel_writes_what_is_read(tmp_path, profiles):
    """Excel's "Unicode text": UTF-16 with tabs, names with commas quoted."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\r\n")
    writer.writerows(
        [["", *GENES], *([f"{name} µM", *row] for name, row in zip(NAMES, profiles.to_numpy(), strict=True))]
    )
    (tmp_path / "a.txt").write_bytes(text.getvalue().encode("utf-16"))
    check(tmp_path / "a.txt", profiles.set_axis([f"{name} µM" for name in NAMES]))


def test_a_warning_says_that_genes_are_in_rows(tmp_path, profiles, caplog):
    profiles.T.to_csv(tmp_path / "a.csv")
    with caplog.at_level(logging.WARNING):
        open_profiles(tmp_path / "a.csv")
    assert "a.csv has genes in rows (40 landmarks): read as its transpose" in caplog.text
