"""The command line on bad input, kills and full disks: one sentence, exit code 2, nothing half-written."""

import json
import subprocess
import sys
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.cli import main
from l1000_rnaseq.cli.group import HEADINGS
from l1000_rnaseq.data.files.gctx import open_gctx, write_gctx
from l1000_rnaseq.data.genes import landmarks
from l1000_rnaseq.search.index import Index


@pytest.fixture
def command(capsys):
    """Run the command in this process: exit_code, stderr and output (both streams)."""

    def call(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return SimpleNamespace(exit_code=stop.value.code or 0, stderr=err, output=out + err)

    return call


@pytest.fixture
def run(random_bundle, command):
    def transform(source, target, *options):
        model = () if "--model" in options else ("--model", str(random_bundle))
        return command("transform", source, target, "--quiet", *model, *options)

    return transform


@pytest.fixture
def refused(run, tmp_path):
    """Expect one sentence, exit code 2 and nothing under the final name."""

    def check(source, *words, options=(), target=None):
        target = target or tmp_path / "out.gctx"
        result = run(source, target, *options)
        assert result.exit_code == 2, result.output
        assert "Traceback" not in result.output
        lines = [line for line in result.stderr.splitlines() if not line.startswith("WARNING")]
        assert len(lines) == 1 and lines[0].startswith("Error: "), result.stderr
        for word in words:
            assert word in lines[0]
        assert not target.is_file()

    return check


def store(profiles, path):
    write_gctx(path, profiles)
    return path


def spoilt(profiles, change):
    table = profiles.copy()
    change(table)
    return table


def put(row, column, value):
    return lambda table: table.iloc.__setitem__((row, column), value)


def test_good_input_is_translated(run, tmp_path, level3):
    result = run(store(level3(8), tmp_path / "in.gctx"), tmp_path / "out.gctx")
    assert result.exit_code == 0 and "profiles 8 · genes 1,038" in result.output
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["in.gctx", "out.gctx"]


def test_few_missing_landmarks_are_imputed_with_a_warning_that_names_them(run, tmp_path, level3, caplog):
    profiles = level3(4)
    gone = list(profiles.columns[:48])
    result = run(store(profiles.drop(columns=gone), tmp_path / "in.gctx"), tmp_path / "out.gctx")
    assert result.exit_code == 0
    assert "48 landmarks imputed" in caplog.text and all(gene in caplog.text for gene in gone)


def test_more_missing_landmarks_are_an_error(refused, tmp_path, level3):
    few = level3(4).iloc[:, 60:]
    refused(store(few, tmp_path / "in.gctx"), "60 of 978 landmark genes are missing", "up to 48 are imputed")


def test_duplicated_genes_and_samples(refused, tmp_path, level3):
    path = store(level3(4), tmp_path / "in.gctx")
    with h5py.File(path, "r+") as file:
        file["0/META/ROW/id"][1] = file["0/META/ROW/id"][0]
    refused(path, "are repeated")
    path = store(level3(4), tmp_path / "in2.gctx")
    with h5py.File(path, "r+") as file:
        file["0/META/COL/id"][1] = file["0/META/COL/id"][0]
    refused(path, "1 sample ids are repeated", "PLATE_X1:0000")


@pytest.mark.parametrize("value", [np.nan, -666])
def test_missing_values_are_imputed_up_to_a_share(run, refused, tmp_path, level3, value):
    few = spoilt(level3(3), put(1, slice(40), value))
    result = run(store(few, tmp_path / "in.gctx"), tmp_path / "few.gctx")
    assert result.exit_code == 0 and "missing values imputed: 40" in result.output
    many = spoilt(level3(3), put(1, slice(200), value))
    refused(store(many, tmp_path / "in2.gctx"), "PLATE_X1:0001", "20% missing values", "-666")


def test_infinite_values(refused, tmp_path, level3):
    bad = spoilt(level3(3), put(2, 5, np.inf))
    refused(store(bad, tmp_path / "in.gctx"), "PLATE_X1:0002", "infinite value", str(bad.columns[5]))


@pytest.mark.parametrize(
    ("change", "guess"),
    [
        (lambda p: (p - 8) / 2, "z-scores"),
        (lambda p: np.exp2(p), "counts or linear"),
        (lambda p: np.log2(p), "no scale of expression that is known here"),
    ],
)
def test_another_level_is_told(refused, tmp_path, level3, change, guess):
    refused(store(change(level3(6)), tmp_path / "in.gctx"), guess, "expected Level 3")


def test_a_transposed_matrix(refused, tmp_path, level3):
    refused(store(level3(6).T, tmp_path / "in.gctx"), "is transposed")


def test_ensembl_ids_are_understood_and_probe_ids_explained(run, refused, tmp_path, level3):
    profiles, table = level3(5), landmarks()
    run(store(profiles, tmp_path / "a.gctx"), tmp_path / "a_out.gctx")
    named = profiles.set_axis(table["ensembl"].loc[profiles.columns] + ".3", axis=1)
    assert run(store(named, tmp_path / "b.gctx"), tmp_path / "b_out.gctx").exit_code == 0
    np.testing.assert_array_equal(*(open_gctx(tmp_path / f"{n}_out.gctx").read() for n in "ab"))
    probes = profiles.set_axis([f"{i}_at" for i in range(978)], axis=1)
    refused(store(probes, tmp_path / "c.gctx"), "Affymetrix probe ids", "pr_gene_symbol")
    unknown = profiles.set_axis([f"gene{i}" for i in range(978)], axis=1)
    refused(store(unknown, tmp_path / "d.gctx"), "too few name an L1000 gene")


@pytest.mark.parametrize("suffix", ["gctx", "gct", "h5ad", "csv", "parquet"])
def test_absent_empty_and_foreign_files(refused, tmp_path, suffix):
    path = tmp_path / f"in.{suffix}"
    refused(path, "There is no file")
    path.write_bytes(b"")
    refused(path, "is empty: 0 bytes")
    path.write_bytes(b"\x89no such format\n" * 50)
    refused(path, str(path))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_truncated_gctx(refused, tmp_path, level3, share):
    path = store(level3(9), tmp_path / "in.gctx")
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    refused(path, "truncated")


def test_a_gct_with_a_wrong_dimension_line(refused, tmp_path, level3):
    table = level3(2).T
    lines = [f"{gene}\tna\t{a}\t{b}" for gene, (a, b) in zip(table.index, table.to_numpy(), strict=True)]
    path = tmp_path / "in.gct"
    for text, word in (("977\t2", "977 rows, but the table has 978"), ("978\t3", "3 samples"), ("x", "'x'")):
        path.write_text("\n".join(["#1.2", text, "Name\tDescription\ts1\ts2", *lines]) + "\n")
        refused(path, "dimension line", word)


def test_another_or_damaged_bundle(refused, tmp_path, level3, random_bundle):
    source, model = store(level3(2), tmp_path / "in.gctx"), tmp_path / "m.h5"
    options = ("--model", str(model))
    refused(source, "no bundle at", options=options)
    model.write_bytes(random_bundle.read_bytes())
    with h5py.File(model, "r+") as file:
        file["l1000_mean"][0] += 1
    refused(source, "does not match its own sha256", options=options)
    with h5py.File(model, "r+") as file:
        file.attrs["version"] = 99
    refused(source, "format version 99", options=options)


def test_an_unwritable_output(refused, tmp_path, level3):
    source = store(level3(2), tmp_path / "in.gctx")
    refused(source, "there is no folder", target=tmp_path / "absent" / "out.gctx")
    refused(source, "is a folder", target=tmp_path)
    refused(source, "is a folder", target=tmp_path, options=("--force",))
    refused(source, "cannot write this format", target=tmp_path / "out.xyz")


def test_bad_options(refused, tmp_path, level3):
    source = store(level3(2), tmp_path / "in.gctx")
    refused(source, "0 is not in the range x>=1", options=("--chunk", "0"))
    refused(
        source,
        "expected one with a gene per line",
        options=("--genes", str(tmp_path / "absent.txt")),
    )
    (tmp_path / "genes.txt").write_text("NEW1\nNOSUCH\n")
    refused(source, "1 of 2 genes", "NOSUCH", options=("--genes", str(tmp_path / "genes.txt")))


def test_info_prints_the_card_of_the_default_bundle_and_its_genes(command):
    card = command("info")
    assert card.exit_code == 0 and "held out" in card.output and "D2H2" in card.output
    genes = command("info", "--genes")
    assert len(genes.output.split()) > 10_000


@pytest.mark.parametrize("name", ["train", "benchmark", "info"])
def test_other_commands_name_what_is_wrong(tmp_path, command, name):
    options = {
        "train": ["--data", str(tmp_path), "--out", str(tmp_path / "b.h5"), "--quiet"],
        "benchmark": ["--data", str(tmp_path)],
        "info": [str(tmp_path / "absent.h5")],
    }[name]
    result = command(name, *options)
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1, result.output
    assert "Traceback" not in result.output and str(tmp_path) in result.stderr
    assert not (tmp_path / "b.h5").exists()


def test_train_draws_as_many_profiles_as_asked(command, tmp_path, monkeypatch):
    from l1000_rnaseq.translate.training import train as module

    seen = []
    monkeypatch.setattr(module, "prepare", lambda folder, preset, *rest: seen.append(preset) or 1 / 0)
    for options in ((), ("--max-samples", "300", "--partial-genes")):
        with pytest.raises(ZeroDivisionError):
            raise command("train", "--data", tmp_path, "--out", tmp_path / "b.h5", *options).exception
    assert [(preset.name, preset.max_samples) for preset in seen] == [("best", 50_000), ("best", 300)]
    assert command("train", "--data", tmp_path, "--out", "b.h5", "--max-samples", "0").exit_code == 2


def test_benchmark_takes_the_pairs_that_the_folder_has(command, simulated_data, trained, tmp_path):
    bundle = tmp_path / "b.h5"
    trained["best"].save(bundle)
    (tmp_path / "paired").mkdir()
    for path in (simulated_data / "paired").glob("gse92743_*"):
        (tmp_path / "paired" / path.name).symlink_to(path)
    result = command("benchmark", bundle, "--data", tmp_path, "--out", tmp_path / "table.tsv")
    assert result.exit_code == 0 and "Pairs: GTEx samples of GSE92743." in result.stderr
    only = pd.read_csv(tmp_path / "table.tsv", sep="\t")
    named = command("benchmark", bundle, "--data", simulated_data, "--pairs", "gse92743")
    lines = command("benchmark", bundle, "--data", simulated_data)
    assert named.output == result.output != lines.output and "GTEx" not in lines.stderr
    assert "mean of other donors (no input)" in set(only["method"])


def test_a_missing_extra_is_named(command, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "papermill", None)
    monkeypatch.delitem(sys.modules, "l1000_rnaseq.reports.notebook_html", raising=False)
    monkeypatch.delitem(sys.modules, "l1000_rnaseq.reports.demo", raising=False)
    result = command("demo", tmp_path / "demo")
    assert result.exit_code == 2 and "papermill" in result.stderr and "'.[notebooks]'" in result.stderr
    assert not (tmp_path / "demo").exists()  # said before anything is made


VISIBLE = [command for commands in HEADINGS.values() for command in commands]


def test_help_lists_every_command_by_task(command):
    shown = command("--help").output
    words = [word for heading, group in HEADINGS.items() for word in (heading, *(c.name for c in group))]
    places = [shown.index(f"\n{word}:" if word in HEADINGS else f"\n  {word} ") for word in words]
    assert places == sorted(places)
    assert {name for name, c in main.commands.items() if not c.hidden} == {c.name for c in VISIBLE}
    assert "query" not in shown and "report " not in shown and "…" not in shown and "..." not in shown[80:]


@pytest.mark.parametrize("name", [c.name for c in VISIBLE])
def test_help_starts_with_a_short_sentence_and_has_an_example(command, name):
    first = main.commands[name].get_short_help_str(1000)
    assert len(first) <= 45 and first.endswith(".")
    shown = command(name, "--help")
    assert shown.exit_code == 0 and f"Example:\n    l1000-rnaseq {name}" in shown.output


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("train", "--data", "d", "--out", "o", "--preset", "worst"), ("best", "as_published")),
        (("train", "--data", "d", "--out", "o", "--device", "gpu"), ("auto", "cpu", "cuda")),
        (("transform", "a", "b", "--id-type", "foo"), ("auto", "entrez", "symbol", "ensembl", "probe")),
        (("signatures", "a", "b", "--info", "c", "--id-type", "foo"), ("auto", "entrez")),
        (("signatures", "a", "b", "--info", "c", "--method", "foo"), ("cd", "limma", "fc")),
    ],
)
def test_choices_are_listed(command, words, names):
    result = command(*words)
    assert result.exit_code == 2 and all(f"'{name}'" in result.stderr for name in names)


@pytest.mark.parametrize(
    ("words", "lowest", "highest"),
    [
        (("--dose", "10"), 10, 10),
        (("--dose", "1", "10"), 1, 10),
        (("--dose", "10", "--cell", "HT115"), 10, 10),
        (("--dose=10",), 10, 10),
        (("--dose", "10uM", "--time", "0.25days"), 10, 10),
        (("--dose", "10 µM"), 10, 10),
        (("--dose", "1000nM", "10uM"), 1, 10),
        (("--dose", "1000 nM 0.01 mM"), 1, 10),
    ],
)
def test_a_dose_or_a_range_of_doses(command, words, lowest, highest):
    for arguments in (("HMOX1", *words), (*words, "HMOX1")):
        rows = json.loads(command("search", *arguments, "-n", "500", "--format", "json").output)
        doses = {row["dose"] for row in rows}
        assert len(rows) > 10 and min(doses) >= lowest and max(doses) <= highest
        assert (len(doses) > 1) == (lowest < highest)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--dose", "ten"), "'ten' is no dose; expected one number or two"),
        (
            ("--dose", "10 bananas"),
            "filter dose=10 bananas leaves no signature; before it there are: 0.04 uM",
        ),
        (("--time", "soon"), "'soon' is no time; expected hours, or a number with its unit"),
        (("--consensus", "--direction", "up"), "counts every signature; --direction does not apply"),
        (("--consensus", "--by", "cd"), "counts every signature; --by does not apply"),
        (("--consensus", "--min-abs-cd", "1"), "min_abs_cd=1 does not apply: a consensus counts every"),
        (("--consensus", "--concordant"), "concordant=True does not apply: a consensus counts every"),
    ],
)
def test_what_does_not_apply_is_refused(command, words, message):
    result = command("search", "HMOX1", *words)
    assert result.exit_code == 2 and message in result.stderr


def test_old_names_work_and_tell_the_new_one(command, tmp_path):
    (tmp_path / "up.txt").write_text("\n".join(Index().genes.index[:40]))
    words = ("--up", tmp_path / "up.txt", "--format", "tsv", "--quiet")
    old, new = command("query", *words), command("match", *words)
    assert old.output == new.output + "`query` is `match` now; the next version drops the old name.\n"
    reports = command("reports", "--data", tmp_path / "absent", "--out", tmp_path / "up.txt")
    assert "`reports` is `notebooks` now" in reports.stderr


def test_without_torch_profiles_are_translated_and_networks_say_what_they_need(
    level3, simulated_data, tmp_path
):
    def without_torch(*arguments):
        code = (
            "import sys; sys.modules['torch'] = None; from l1000_rnaseq.cli import main; main(sys.argv[1:])"
        )
        call = [sys.executable, "-c", code, *map(str, arguments)]
        return subprocess.run(call, capture_output=True, text=True)

    wells = store(level3(3), tmp_path / "wells.gctx")
    done = without_torch("transform", wells, tmp_path / "genomes.gctx", "--quiet")
    assert done.returncode == 0, done.stderr
    refused = without_torch("train", "--data", simulated_data, "--out", tmp_path / "bundle.h5", "--small")
    assert refused.returncode == 2
    needed = "this command needs the package torch: pip install -e '.[train]' installs it."
    assert refused.stderr == f"Error: {needed}\n"
