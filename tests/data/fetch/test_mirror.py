"""A mirror: all datasets by the manifest alone, through cuts and kills, verified as from the publishers."""

import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.fetch.download import fetch
from l1000_rnaseq.data.fetch.manifest import read_manifest, status
from l1000_rnaseq.data.fetch.mirror import MANIFEST, from_mirror, path_on_mirror, write_mirror
from l1000_rnaseq.data.files.disk import file_hash
from local_server import QUICK, serving

FEW = [
    "l1000_gene_info",
    "lincs2020_inst_info",
    "gse70138_level5",
    "gtex_gene_reads",
    "archs4_human",
    "chea_2022",
]


@pytest.fixture(scope="module")
def mirror(official_data, tmp_path_factory):
    """A mirror of a few datasets of each format: its folder and its manifest."""
    manifest, folder = read_manifest(), tmp_path_factory.mktemp("mirror") / "served"
    return folder, write_mirror(official_data, folder, {name: manifest[name] for name in FEW})


@pytest.fixture
def server(mirror, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    with serving() as httpd:
        httpd.folder = mirror[0]
        httpd.url = f"http://127.0.0.1:{httpd.server_port}"
        yield httpd


def test_a_mirror_has_its_own_sizes_and_hashes_and_the_publishers_urls(mirror):
    folder, served = mirror
    assert read_manifest(folder / MANIFEST) == served and list(served) == FEW
    for name, dataset in served.items():
        path = folder / path_on_mirror(dataset)
        assert path.stat().st_size == dataset.bytes and file_hash(path) == dataset.sha256
        assert dataset.url == read_manifest()[name].url and dataset.md5 is None


def test_all_files_come_through_cuts(official_data, mirror, server, tmp_path):
    server.cuts = np.random.default_rng(0).integers(1, 400_000, 12).tolist()
    datasets = from_mirror(mirror[1], server.url + "/")
    for path in fetch(FEW, tmp_path, datasets, **QUICK):
        assert path.read_bytes() == (official_data / path.relative_to(tmp_path)).read_bytes()
    assert server.cuts == [] and len(server.requests) > len(FEW) + 6
    assert status(datasets, tmp_path, verify=True)["state"].eq("present").all()
    assert not (tmp_path / ".fetch").exists()


def largest_part(folder):
    return max((part.stat().st_size for part in folder.glob(".fetch/*/*.part")), default=0)


def test_kills_at_random_moments_lose_nothing(official_data, mirror, server, tmp_path):
    options = ["fetch", "--all", "--data", str(tmp_path), "--quiet", "--mirror", server.url]
    run = [sys.executable, "-c", "from l1000_rnaseq.cli import main; main()", *options]
    command, rng, n_killed = [*run, "--manifest", str(mirror[0] / MANIFEST)], random.Random(0), 0
    server.pause = 0.05  # 1 MB a second
    for least in (0, rng.randrange(1, 1 << 20), 1 << 20):  # bytes that a part has when the fetch is killed
        before = len(server.requests)
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while child.poll() is None and (len(server.requests) == before or largest_part(tmp_path) < least):
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
        n_killed += child.wait(timeout=60) == -signal.SIGKILL
        whole = [path for path in tmp_path.glob("*/*") if ".fetch" not in path.parts and path.is_file()]
        for path in whole:  # what is there is whole
            assert path.read_bytes() == (official_data / path.relative_to(tmp_path)).read_bytes()
    assert n_killed == 3 and largest_part(tmp_path) >= 1 << 20
    server.pause = 0
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=120)
    assert any("Range" in headers for headers in server.requests)
    assert not (tmp_path / ".fetch").exists()
    for dataset in mirror[1].values():
        assert (tmp_path / dataset.path).read_bytes() == (official_data / dataset.path).read_bytes()


def test_another_file_on_the_mirror_is_refused(mirror, server, tmp_path):
    name = "l1000_gene_info"
    other = {name: replace(mirror[1][name], sha256="0" * 64)}
    with pytest.raises(ValueError, match="does not have the sha256 of the manifest"):
        fetch(name, tmp_path, from_mirror(other, server.url), **QUICK)
    official = {name: read_manifest()[name]}
    with pytest.raises(ValueError, match=r"bytes; the manifest says 216,692"):
        fetch(name, tmp_path, from_mirror(official, server.url), **QUICK)
    assert not (tmp_path / "l1000").exists()


def test_a_mirror_that_lacks_a_file_is_told(mirror, server, tmp_path):
    datasets = from_mirror(read_manifest(), server.url)
    with pytest.raises(FileNotFoundError, match="l1000/level4.gctx.gz is not there"):
        fetch(
            "l1000_level4",
            tmp_path,
            {"l1000_level4": replace(datasets["l1000_level4"], bytes=None, unpacked_bytes=None)},
            **QUICK,
        )


@pytest.mark.parametrize(
    "url", ["mirror.example.org", "ftp://mirror.example.org/data", "http://", "https://a/?b"]
)
def test_an_address_that_is_none_is_refused(tmp_path, url):
    done = CliRunner().invoke(main, ["fetch", "l1000_gene_info", "--data", str(tmp_path), "--mirror", url])
    assert done.exit_code == 2 and "expected an address such as https://" in str(done.output)


def test_nothing_to_mirror_and_a_full_folder_are_refused(official_data, tmp_path):
    with pytest.raises(ValueError, match="has no file of the manifest"):
        write_mirror(tmp_path, tmp_path / "new", read_manifest())
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(ValueError, match="is not empty"):
        write_mirror(official_data, tmp_path, read_manifest())
