"""A static site: the same card for every gene, files that add up, a page that opens from disk."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from l1000_rnaseq.app import site as module
from l1000_rnaseq.app.gene_card import gene_card
from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.app.site import gene_file, write_site
from l1000_rnaseq.cli import main
from l1000_rnaseq.data.files.disk import file_hash
from l1000_rnaseq.search.index import Index

GENES = ["HMOX1", "ERBB2", "SFRP2"]


@pytest.fixture(scope="module")
def index():
    return Index()


@pytest.fixture(scope="module")
def site(index, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "out"
    assert write_site(index, folder, GENES, progress=False) == 3
    return folder


def read(path):
    return json.loads(path.read_text("utf-8").split("(", 1)[1].rstrip().removesuffix(");"))


def test_a_gene_has_the_numbers_of_its_card(index, site):
    for gene in GENES:
        card, kept = gene_card(index, GeneQuery(gene)), read(gene_file(site, gene))
        for name in ("gene", "answer", "beliefs", "doses", "mechanisms", "targets", "of"):
            assert kept[name] == card[name], name
        assert [module.GRADES[int(k)] for k in kept["rows"]["grade"]] == card["rows"]["grade"]
        assert kept["rows"]["row"] == card["rows"]["row"] and kept["every"] == card["every"]["code"]
        assert [way == "+" for way in kept["rows"]["direction"]] == [d > 0 for d in card["rows"]["direction"]]
        assert kept["levels"]["level"] == card["levels"]["level"]
        assert [module.EXPRESSED[int(k)] for k in kept["levels"]["is"]] == card["levels"]["is"]
        flat, width, at, cells = kept["heat"]["cells"], len(card["heat"]["cell_id"]), 0, []
        for gap, *values in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
            at += gap
            cells.append([at // width, at % width, *values])
        assert cells == sorted(card["heat"]["cells"])
        for row, wanted in zip(kept["evidence"]["consensus"], card["evidence"]["consensus"], strict=True):
            for (place, *numbers), of in zip(row, wanted, strict=True):
                name, template = kept["evidence"]["said"][place]
                sentence = template.replace("#", "{}").format(*numbers)
                assert [name, sentence] == card["evidence"]["said"][of]
        assert gene_file(site, gene).stat().st_size < 20_000


def test_what_genes_share_is_there_once(index, site):
    shared = read(site / "shared.js")
    assert shared["signatures"]["sig_id"] == index.signatures["sig_id"].tolist()
    card = gene_card(index, GeneQuery("HMOX1"))
    assert shared["perturbagens"]["perturbagen"] == card["every"]["perturbagen"]
    of = {name: k for k, name in enumerate(shared["perturbagens"]["perturbagen"])}
    for name in module.OF_PERTURBAGEN:
        column = shared["perturbagens"][name]
        assert [column[of[p]] for p in card["consensus"]["perturbagen"]] == card["consensus"][name], name
    assert shared["about"]["command"].replace("%GENE%", "HMOX1") == card["about"]["command"]
    assert shared["lines"] == card["levels"]["cell_id"]
    names = read(site / "names.js")
    assert names["HER2"] == "ERBB2" and set(names.values()) == set(GENES)
    start, sets = (site / "sets" / "1.js").read_text("utf-8").removeprefix("l1000.sets(").split(",", 1)
    up, down = json.loads(sets.rstrip().removesuffix(");"))[0]
    cd = index.whole("cd", [int(start)])[0]
    assert (
        len(up) == len(down) == 100 and cd[up].min() >= sorted(cd)[-100] and cd[down].max() <= sorted(cd)[99]
    )


def test_files_add_up_and_an_earlier_site_is_kept(index, site):
    sums = dict(line.split("  ")[::-1] for line in (site / "SHA256SUMS").read_text().splitlines())
    written = {path.relative_to(site).as_posix() for path in site.rglob("*.*")}
    assert set(sums) == written - {"SHA256SUMS", "provenance.json"}
    assert all(file_hash(site / name) == digest for name, digest in sums.items() if "sets" not in name)
    with pytest.raises(FileExistsError, match="has a site already; pass --force"):
        write_site(index, site, GENES, progress=False)


def test_a_killed_run_goes_on_and_workers_change_nothing(index, site, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 1)
    calls, write_block = [], module._write_block

    def killed(*args):
        calls.append(args[1])
        if len(calls) == 2:
            raise KeyboardInterrupt
        return write_block(*args)

    monkeypatch.setattr(module, "_write_block", killed)
    with pytest.raises(KeyboardInterrupt):
        write_site(index, tmp_path / "out", GENES, progress=False)
    assert not (tmp_path / "out" / "SHA256SUMS").exists() and gene_file(tmp_path / "out", "HMOX1").is_file()
    monkeypatch.setattr(module, "_write_block", write_block)
    write_site(index, tmp_path / "out", GENES, workers=2, progress=False)
    assert (tmp_path / "out" / "SHA256SUMS").read_bytes() == (site / "SHA256SUMS").read_bytes()


def test_the_command_refuses_a_gene_that_is_not_there(tmp_path):
    (tmp_path / "genes.txt").write_text("HMOX1\nMALAT1\n")
    words = ["site", tmp_path / "out", "--genes", tmp_path / "genes.txt", "--quiet"]
    done = CliRunner().invoke(main, list(map(str, words)))
    assert done.exit_code == 2 and "MALAT1 is a human gene that this index does not have" in done.output


def test_it_opens_from_disk(site, browser):
    page, wrong, asked = browser.new_page(), [], []
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / "index.html").as_uri())
    page.fill("input[type=search]", "her2")
    page.get_by_role("button", name="Search").click()
    page.wait_for_selector(".l1k-foot")
    card = read(gene_file(site, "ERBB2"))
    assert page.locator(".l1k-answer").inner_text() == card["answer"]
    assert page.locator(".l1k-taken").inner_text() == "her2 was taken for ERBB2."
    assert page.locator("#ERBB2-consensus tbody tr").count() == len(card["consensus"]["perturbagen"])
    assert "strong" in page.locator("#ERBB2-consensus").inner_text()
    page.locator("#ERBB2-consensus .l1k-more button").first.click()
    sentence = page.locator("#ERBB2-consensus .l1k-detail dd").first.inner_text()
    assert sentence.startswith("The gene goes the same way in ") and "#" not in sentence
    page.locator("#ERBB2-chemical-up .l1k-more button").first.click()
    page.wait_for_selector(".l1k-detail >> text=It also raises")
    page.locator("#l1k-several input").fill("HMOX1")
    page.get_by_role("button", name="Add").click()
    page.wait_for_selector("#ERBB2-HMOX1 tbody tr")
    names, ranks = read(site / "shared.js")["perturbagens"]["perturbagen"], []
    for gene in ("ERBB2", "HMOX1"):
        ranks.append((np.frombuffer(read(gene_file(site, gene))["every"].encode(), np.uint8) - 35) / 45.0 - 1)
    for way, fit in (
        ("lower", (ranks[0] - ranks[1]) / 2),
        ("leave alone", ranks[0] - abs(ranks[1])),
    ):
        page.get_by_label("What should happen to HMOX1").select_option(way)
        first = page.locator("#ERBB2-HMOX1 tbody tr").first.locator("td").first.inner_text()
        assert first in {name for name, value in zip(names, fit, strict=True) if value > fit.max() - 1e-9}
    page.evaluate("l1000.drawAll()")
    treated = page.evaluate("document.querySelector('#l1k-well-strips .l1k-plot').data[1].x")
    strips = gene_card(Index(), GeneQuery("ERBB2"))["wells"]
    strips = [next(strip for strip in strips if strip["direction"] == way) for way in (1, -1)]
    falls, rises = np.split(np.array(treated), [len(strips[1]["treated"])])  # drawn from below
    for strip, shown in zip(strips, (rises, falls), strict=True):
        values = [x for name in ("treated", "controls", "others") for x in strip[name]]
        step = (max(values) - min(values)) / 90
        np.testing.assert_allclose(sorted(shown), sorted(strip["treated"]), atol=0.51 * step)
    page.goto((site / "index.html").as_uri() + "#SFRP2")
    page.wait_for_selector("text=secreted frizzled related protein 2")
    page.goto((site / "index.html").as_uri() + "#NOSUCH")
    page.wait_for_selector("text=NOSUCH is not a gene of this site.")
    assert wrong == [] and all(url.startswith(("file:", "data:", "blob:")) for url in asked)
