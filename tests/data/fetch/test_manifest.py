"""The manifest: every entry complete and official, bad ones refused, the state of a folder told."""

import pytest
from l1000_rnaseq.data.fetch.manifest import find_manifest, read_manifest, select, status

GOOD = {
    "name": "a",
    "path": "l1000/a.txt",
    "url": "https://example.org/a.txt.gz",
    "bytes": 10,
    "sha256": "0" * 64,
    "compressed": "gz",
    "unpack": True,
    "licence": "none",
    "citation": "nobody",
    "used_by": ["test"],
}


def write(tmp_path, *entries):
    import yaml

    path = tmp_path / "manifest.yaml"
    path.write_text(yaml.safe_dump({"datasets": list(entries)}))
    return path


def test_every_entry_of_the_project_is_official_and_unique():
    manifest = read_manifest()
    hosts = ("ncbi.nlm.nih.gov", "maayanlab.cloud", "s3.amazonaws.com", "storage.googleapis.com")
    hosts += ("proteinatlas.org", "cbcl.ics.uci.edu", "ftp.ebi.ac.uk")
    assert all(entry.url.startswith("https://") for entry in manifest.values())
    assert all(entry.url.split("/")[2].endswith(hosts) for entry in manifest.values())
    assert len({entry.path for entry in manifest.values()}) == len(manifest)
    assert len({entry.url for entry in manifest.values()}) == len(manifest)
    assert all(entry.used_by and entry.citation and entry.licence for entry in manifest.values())
    assert all(entry.note for entry in manifest.values() if entry.bytes is None)


def test_the_layout_of_a_data_folder():
    paths = {entry.path for entry in read_manifest().values()}
    infos = [
        f"l1000/{prefix}{kind}_info.txt" for prefix in ("", "gse70138_") for kind in ("gene", "inst", "cell")
    ]
    assert paths.issuperset(["l1000/level3.gctx", "l1000/level5.gctx", "rnaseq/human_matrix.h5", *infos])
    assert paths.issuperset(["paired/gse92743_l1000.gctx", "paired/gse92743_rnaseq.gctx"])
    assert read_manifest()["gtex_gene_reads"].unpack is False


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sha256": "abc"}, "sha256 must be 64 lower-case hex digits or null, got 'abc'"),
        ({"md5": "Z" * 32}, "md5 must be"),
        ({"bytes": -1}, "bytes must be a positive whole number or null"),
        ({"url": "ftp://example.org/a"}, r"url must be an http\(s\) URL"),
        ({"path": "../a.txt"}, "path must be a relative path"),
        ({"path": "/etc/a"}, "path must be a relative path"),
        ({"path": ".fetch/a"}, "path must be a path outside .fetch"),
        ({"compressed": None}, "unpack must be true or false, and true only for gz"),
        ({"unpack": "yes"}, "unpack must be"),
        ({"name": "a b"}, "name must be letters"),
        ({"used_by": "test"}, "used_by must be a list"),
        ({"licence": None}, "licence must be text"),
        ({"colour": "red"}, "unknown colour"),
    ],
)
def test_a_bad_field_is_named(tmp_path, change, words):
    with pytest.raises(ValueError, match=words):
        read_manifest(write(tmp_path, GOOD | change))


def test_missing_fields_and_repeated_entries(tmp_path):
    with pytest.raises(ValueError, match=r"entry 1 \(a\): missing sha256, url; write null"):
        read_manifest(write(tmp_path, {k: v for k, v in GOOD.items() if k not in ("sha256", "url")}))
    with pytest.raises(ValueError, match="is there twice"):
        read_manifest(write(tmp_path, GOOD, GOOD | {"name": "b"}))
    with pytest.raises(ValueError, match="is there twice"):
        read_manifest(write(tmp_path, GOOD, GOOD | {"path": "b"}))


@pytest.mark.parametrize("text", ["", "datasets: []", "[1, 2]", "a: [", "datasets: [3]"])
def test_not_a_manifest(tmp_path, text):
    path = tmp_path / "manifest.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match="manifest.yaml"):
        read_manifest(path)


def test_where_the_manifest_is_looked_for(tmp_path, monkeypatch):
    mine = write(tmp_path, GOOD)
    monkeypatch.setenv("L1000_RNASEQ_MANIFEST", str(mine))
    assert find_manifest() == mine and list(read_manifest()) == ["a"]
    monkeypatch.setenv("L1000_RNASEQ_MANIFEST", str(tmp_path / "nowhere.yaml"))
    with pytest.raises(FileNotFoundError, match="no manifest at .*nowhere.yaml"):
        find_manifest()
    monkeypatch.delenv("L1000_RNASEQ_MANIFEST")
    elsewhere = tmp_path / "x" / "l1000_rnaseq" / "data" / "fetch" / "m.py"
    monkeypatch.setattr("l1000_rnaseq.data.fetch.manifest.__file__", str(elsewhere))
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="no data_manifest.yaml at"):
        find_manifest()


def test_unknown_names_are_met_with_a_suggestion():
    manifest = read_manifest()
    with pytest.raises(ValueError, match="no dataset named l1000_levl3 .* did you mean l1000_level3"):
        select(["l1000_levl3"], manifest)
    assert [entry.name for entry in select(["l1000_level3", "l1000_level3"], manifest)] == ["l1000_level3"]


def test_status_of_a_folder(tmp_path):
    plain = {"compressed": None, "unpack": False}
    names = ["present", "changed", "missing", "partial"]
    entries = [GOOD | plain | {"name": name, "path": f"x/{name}"} for name in names]
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "present").write_bytes(b"0123456789")
    (tmp_path / "x" / "changed").write_bytes(b"012")
    (tmp_path / ".fetch" / "partial").mkdir(parents=True)
    (tmp_path / ".fetch" / "partial" / "partial.part").write_bytes(b"0123")
    found = status(write(tmp_path, *entries), tmp_path)
    assert found["state"].tolist() == names
    assert found["bytes"].tolist() == [10, 3, 0, 4] and found["present"].tolist() == [
        True,
        True,
        False,
        False,
    ]
    assert status(write(tmp_path, *entries), tmp_path / "absent")["state"].eq("missing").all()


def test_a_foreign_record_is_refused(tmp_path):
    (tmp_path / "recorded_sha256.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(ValueError, match="must have the columns name, path"):
        status(read_manifest(), tmp_path)
