"""Every option of every command: empty, negative, zero, huge, missing, a folder for a file; own inputs."""

import os
import shutil

import click
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.cli.group import HEADINGS
from l1000_rnaseq.data.files.gctx import write_gctx
from l1000_rnaseq.data.genes import landmarks
from l1000_rnaseq.search.index import default_index
from l1000_rnaseq.signatures.signature_files import signatures_file

COMMANDS = {command.name: command for group in HEADINGS.values() for command in group}
RIGHT = {  # words that are right, as far as they go: what is wrong is told before anything is computed
    "search": ["HMOX1"],
    "transform": ["in.gctx", "out.gctx", "--quiet"],
    "app": [],
    "mcp": [],
    "signatures": ["in.gctx", "out", "--info", "info.txt", "--quiet"],
    "index": ["s", "out.h5", "--quiet"],
    "match": ["--up", "up.txt", "--quiet"],
    "export": ["out", "--quiet"],
    "site": ["out", "--quiet"],
    "info": [],
    "train": ["--data", "data", "--out", "out.h5", "--quiet"],
    "benchmark": ["--data", "data"],
    "simulate": ["out", "--small"],
    "fetch": ["l1000_gene_info", "--data", "out"],
    "build": ["--data", "data", "--out", "out", "--quiet"],
    "notebooks": ["--data", "data"],
    "demo": ["out"],
}


@pytest.fixture(scope="module")
def world(simulated_data, level3, tmp_path_factory):
    """A folder with an input of every kind, named as in `RIGHT`."""
    folder = tmp_path_factory.mktemp("world")
    write_gctx(folder / "in.gctx", level3(4))
    shutil.copytree(simulated_data, folder / "data")
    shutil.copy(simulated_data / "l1000" / "inst_info.txt", folder / "info.txt")
    wells = (simulated_data / "l1000" / "level3.gctx", folder / "info.txt")
    signatures_file(*wells, folder / "s", progress=False)
    shutil.copy(default_index(), folder / "i.h5")
    (folder / "up.txt").write_text("\n".join(landmarks().index[:30]))
    (folder / "empty").touch()
    return folder


@pytest.fixture
def here(world, monkeypatch):
    monkeypatch.chdir(world)
    before = set(os.listdir())
    yield world
    for name in set(os.listdir()) - before:
        shutil.rmtree(name) if os.path.isdir(name) else os.unlink(name)


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def refused(*words):
    """Expect one sentence and exit code 2; return the sentence."""
    before = {name: os.stat(name).st_mtime_ns for name in os.listdir()}
    done = run(*words)
    lines = [line for line in done.output.splitlines() if not line.startswith(("WARNING", "INFO"))]
    assert done.exit_code == 2 and isinstance(done.exception, SystemExit), (
        words,
        done.output,
        done.exception,
    )
    assert len(lines) == 1 and lines[0].startswith("Error: "), (words, done.output)
    assert "Errno" not in lines[0]
    assert {name: os.stat(name).st_mtime_ns for name in os.listdir()} == before, words
    return lines[0]


def words_with(command, parameter, value):
    """The right words of a command, one parameter set to a value."""
    words = list(RIGHT[command])
    if isinstance(parameter, click.Option):
        option = parameter.opts[0]
        if option not in words:
            return [*words, option, value]
        words[words.index(option) + 1] = value
        return words
    arguments = [p for p in COMMANDS[command].params if isinstance(p, click.Argument)]
    place = arguments.index(parameter)
    if place < len(words) and not words[place].startswith("-"):
        words[place] = value
        return words
    return [value, *words]


def parameters(kind):
    return [
        pytest.param(name, parameter, id=f"{name} {parameter.name}")
        for name, command in COMMANDS.items()
        for parameter in command.params
        if not getattr(parameter, "is_flag", False) and isinstance(parameter.type, kind)
    ]


@pytest.mark.parametrize(("command", "parameter"), parameters(click.ParamType))
@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_text_is_refused(here, command, parameter, value):
    sentence = refused(command, *words_with(command, parameter, value))
    assert "is empty" in sentence or "Invalid value" in sentence or "Missing" in sentence


@pytest.mark.parametrize(("command", "parameter"), parameters(click.IntRange))
@pytest.mark.parametrize("value", ["-1", "-3", "1.5", "1e99", "nan", "many"])
def test_a_number_out_of_its_range_is_refused(here, command, parameter, value):
    assert parameter.opts[0] in refused(command, *words_with(command, parameter, value))
    if parameter.name != "seed":
        assert "0 is not in the range" in refused(command, *words_with(command, parameter, "0"))


def test_every_number_has_a_range():
    free = {
        f"{name} {p.name}"
        for name, command in COMMANDS.items()
        for p in command.params
        if isinstance(p.type, click.types.IntParamType | click.types.FloatParamType)
        and not isinstance(p.type, click.IntRange | click.FloatRange)
    }
    assert free == {"search min_abs_log2fc", "search min_abs_cd"}  # which `Filters` checks


@pytest.mark.parametrize("value", ["-1", "nan", "-inf", "1e99", "inf"])
@pytest.mark.parametrize("option", ["--min-abs-log2fc", "--min-abs-cd", "--dose", "--time"])
def test_a_threshold_that_is_none(here, option, value):
    refused("search", "HMOX1", option, value)


def inputs():
    return [case for case in parameters(click.Path) if type(case.values[1].type) is click.Path]


@pytest.mark.parametrize(("command", "parameter"), inputs())
@pytest.mark.parametrize("value", ["absent.x", "empty", "/dev/null", "-", "µ☃", "x" * 300])
def test_an_input_that_is_none_is_refused(here, command, parameter, value):
    if (command, parameter.name) == ("fetch", "data"):  # it is made
        pytest.skip("a folder that fetch makes")
    refused(command, *words_with(command, parameter, value))


@pytest.mark.parametrize(("command", "parameter"), inputs())
def test_a_folder_for_a_file_and_a_file_for_a_folder(here, command, parameter):
    takes_folder = parameter.name in ("add", "data", "folders", "signatures")  # add takes an index too
    if (command, parameter.name) == ("fetch", "data"):
        assert "is a file; name a folder" in refused("fetch", "l1000_gene_info", "--data", "up.txt")
        return
    refused(command, *words_with(command, parameter, "up.txt" if takes_folder else "s"))


@pytest.mark.parametrize(
    "words",
    [
        ("transform", "in.gctx", "x.gctx", "--quiet", "--force"),
        ("signatures", "in.gctx", "x.gctx", "--info", "info.txt", "--quiet", "--force"),
        ("index", "s", "x.gctx", "--quiet", "--force"),
        ("search", "HMOX1", "--index", "i.h5", "--html", "x.gctx"),
        ("train", "--data", "data", "--out", "x.gctx", "--force", "--quiet"),
        ("benchmark", "--data", "data", "--out", "x.gctx"),
    ],
)
@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_an_output_that_is_an_input_by_another_name(here, words, link):
    source = {"index": "s/cd.gctx", "search": "i.h5", "train": "data/l1000/level3.gctx"}.get(
        words[0], "in.gctx"
    )
    source = "data/paired/hpa_l1000.gctx" if words[0] == "benchmark" else source
    link(source, "x.gctx")
    content = (here / source).read_bytes()
    sentence = refused(*words)
    assert "is the input itself" in sentence or "x.gctx is a file; name a folder" in sentence
    assert (here / source).read_bytes() == content


def test_other_inputs_are_no_output_either(here):
    shutil.copy("up.txt", "genes.csv")
    words = ("transform", "in.gctx", "genes.csv", "--genes", "genes.csv", "--force", "--quiet")
    assert "genes.csv is the input itself" in refused(*words)
    shutil.copy("info.txt", "t.tsv")
    words = ("transform", "in.gctx", "t.tsv", "--info", "t.tsv", "--force", "--quiet")
    assert "t.tsv is the input itself" in refused(*words)
    assert "s/log2fc.gctx is the input itself" in refused("index", "s", "s/log2fc.gctx", "--force", "--quiet")


@pytest.mark.parametrize(
    ("command", "option", "value", "message"),
    [
        (name, option, value, message)
        for name, option in (
            ("transform", None),
            ("index", None),
            ("train", "--out"),
            ("benchmark", "--out"),
            ("search", "--html"),
        )
        for value, message in (
            ("no/such/x.gctx", "there is no folder no/such to write to"),
            ("s", "s is a folder; name a file"),
            ("-", "'-' is no name for an output"),
            ("/dev/null", "/dev/null is neither a file nor a folder"),
        )
    ],
)
def test_an_output_that_cannot_be_written_is_told_first(here, monkeypatch, command, option, value, message):
    for module, function in (("evaluate.pairs", "benchmark_bundles"), ("translate.training.train", "train")):
        monkeypatch.setattr(f"l1000_rnaseq.{module}.{function}", None)  # nothing is computed
    parameter = next(p for p in COMMANDS[command].params if p.opts[0] == (option or "target"))
    assert message in refused(command, *words_with(command, parameter, value))


def test_a_file_of_the_user_is_not_replaced_by_a_page_or_a_table(here):
    for words in (("search", "HMOX1", "--html"), ("benchmark", "--data", "data", "--out")):
        assert "up.txt is there already, and is something else" in refused(*words, "up.txt")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("search",), "Missing argument 'GENE...'. `"),
        (("search", "HMOX1", "--nope"), "No such option: --nope"),
        (("serach", "HMOX1"), "No such command 'serach'"),
        (("search", "HMOX1", "--by", "size"), "Invalid value for '--by'"),
        (("train", "--data", "data", "--out", "o.h5", "--exclude-processing", "NOPE"), "no sample of data"),
    ],
)
def test_usage_is_one_sentence_too(here, words, message):
    assert message in refused(*words)


def test_a_gene_is_not_compared_with_itself(here):
    done = run("search", "HMOX1", "HO-1", "--html", "p.html")  # another name of it
    assert done.exit_code == 2 and "HMOX1 is compared with itself; name another gene" in done.output
    once, twice = (run("search", *["HMOX1"] * n, "--format", "tsv").output for n in (1, 2))
    assert once == twice


@pytest.mark.parametrize("file", ["/dev/full"])
def test_a_terminal_that_takes_no_more(file):
    import subprocess
    import sys

    if not os.path.exists(file):
        pytest.skip(f"no {file} on this system")
    code = "from l1000_rnaseq.cli import main; main()"
    with open(file, "w") as full:
        words = [sys.executable, "-c", code, "search", "HMOX1"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2 and done.stderr == "Error: no space left on device.\n"
    piped = subprocess.run(
        f"{sys.executable} -c '{code}' info --genes | head -1", shell=True, capture_output=True, text=True
    )
    assert piped.stdout and not piped.stderr
