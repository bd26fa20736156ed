"""Odd files through the commands: one sentence or a right answer, and never fewer profiles than went in."""

import re

import numpy as np
import odd_files
import pytest
from click.testing import CliRunner
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.files.gctx import open_gctx
from l1000_rnaseq.data.files.metadata import read_metadata
from l1000_rnaseq.translate.bundle import Bundle

PHASES = [Phase.explicit, Phase.generate]  # to shrink an example takes minutes
READ = {}  # command → how many examples were read, and how many there were


@pytest.fixture
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp


def run(command, *words):
    """Run a command; its text where it ended well, None where it refused in one sentence."""
    done = CliRunner().invoke(main, [command, *map(str, words)])
    n_read, n = READ.get(command, (0, 0))
    READ[command] = n_read + (done.exit_code == 0), n + 1
    if done.exit_code == 0:
        return done.output
    lines = [line for line in done.output.splitlines() if not line.startswith(("WARNING", "INFO"))]
    assert isinstance(done.exception, SystemExit) and done.exit_code == 2, (done.output, done.exc_info)
    assert len(lines) == 1 and lines[0].startswith("Error: ") and len(lines[0]) > 30, done.output
    return None


def put(folder, *files):
    """Write odd files into a folder of their own."""
    home = folder("odd")
    for file in files:
        (home / file.name).write_bytes(file.data)
    return home


@settings(max_examples=80, phases=PHASES)
@given(st.one_of(odd_files.tables(), odd_files.gct()))
def test_transform(random_bundle, folder, file):
    home = put(folder, file)
    told = run("transform", home / file.name, home / "out.gctx", "--model", random_bundle, "--quiet")
    if told is None:
        assert not (home / "out.gctx").exists()
        return
    out = open_gctx(home / "out.gctx")
    assert f"profiles {len(out.sample_ids):,} " in told
    if file.values is None:
        return
    for name, written in zip(file.ids, out.sample_ids, strict=True):
        assert written == name.strip() or (not name.strip() and written.startswith("column ")), file.data[
            :200
        ]
    bundle, whole = Bundle.load(random_bundle), ~np.isnan(file.values).any(axis=1)
    given_in_order = file.values[whole][:, odd_files.landmarks().index.get_indexer(bundle.landmarks)]
    if whole.any():
        np.testing.assert_allclose(out.read()[whole], bundle.genome_of(given_in_order)[0], atol=1e-3)


@settings(max_examples=50, phases=PHASES)
@given(odd_files.wells())
def test_signatures(folder, files):
    profiles, info = files
    home = put(folder, *files)
    words = ["--info", home / info.name, "--method", "fc", "--top", "5", "--quiet"]
    told = run("signatures", home / profiles.name, home / "out", *words)
    if told is None:
        return
    used, n = re.search(r"from ([\d,]+) (?:of ([\d,]+) )?wells", told).groups()
    assert int(n or used) == len(profiles.ids)
    table = read_metadata(home / "out" / "sig_info.txt")
    treated = [well for wells in table["distil_id"] for well in wells.split("|")]
    sets = read_metadata(home / "out" / "controls.txt").index  # of its column inst_id
    controls = [well for wells in sets for well in wells.split("|")]
    assert len(set(treated)) == len(treated) and not set(treated) & set(controls)
    assert len({*treated, *controls}) == int(used)
    assert f"{len(table):,} signatures" in told


@settings(max_examples=30, phases=PHASES)
@given(odd_files.gene_lists())
def test_match(folder, file):
    home = put(folder, file)
    told = run("match", "--up", home / file.name, "--least", "5", "--source", "wells", "--quiet")
    if told is not None:
        n, n_read = map(int, re.search(r"up: (\d+) genes, (\d+) found", told).groups())
        assert 5 <= n_read <= n


@settings(max_examples=15, phases=PHASES)
@given(st.lists(odd_files.NAMED | st.text(max_size=8), min_size=1, max_size=3))
def test_search(genes):
    run("search", "--format", "json", "--", *genes)


def test_most_examples_are_read():
    for command, (n_read, n) in READ.items():
        assert 2 * n_read > n or command == "search", (command, n_read, n)
