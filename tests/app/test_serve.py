"""The server in a process of its own: the form, refused paths, hostile fields, a clean end."""

import ast
import asyncio
import json
import re
import urllib.error

import nbformat
import pytest
from form_post import FIELDS, post, read
from l1000_rnaseq.app.markup import SERVED
from l1000_rnaseq.app.serve import NAME, copy_appyter, export_with_plotly, find_appyter
from l1000_rnaseq.search.index import Index


def notebook_of(address: str, run: str) -> nbformat.NotebookNode:
    return nbformat.reads(read(f"{address}/{run}/{NAME}.ipynb"), as_version=4)


def test_the_form_and_what_it_completes(server):
    page = read(server[0])
    assert all(name in page for name in ("Perturbation type", "HT115 (colon)", "Least |log2 fold change|"))
    assert Index().signatures["cell_id"].nunique() == 34 and "34 cell lines" in page
    fields = set(re.findall(r'name="(\w+)"', page)) - {"viewport"}
    assert fields == {*FIELDS, "gene"}  # all that the notebook asks for, and nothing else
    genes = json.loads(read(server[0] + "/static/genes.json"))
    assert "HMOX1" in genes and len(genes) >= len(Index().genes)


PROBES = ["/check/file:///etc/passwd", "/drs/x", "/ga4gh/drs/v1/objects/x", "/static/..%2f..%2fapp.py"]


@pytest.mark.parametrize("path", PROBES)
def test_probes_are_refused(server, path):
    with pytest.raises(urllib.error.HTTPError) as refused:
        read(server[0] + path)
    refused.value.close()
    assert refused.value.code == 404


HOSTILE = ["';import os;os.system('true')#", "{{7*7}}", "<img src=x onerror=alert(1)>", "x" * 10_000]


@pytest.mark.parametrize("text", HOSTILE)
def test_fields_reach_the_code_as_literals_only(server, text):
    run = post(server[0], gene=text, perturbagen=text)
    code = [cell.source for cell in notebook_of(server[0], run).cells if cell.cell_type == "code"]
    fields = re.fullmatch(r"fields = (\{.*\})", code[0], re.S).group(1)
    literal = ast.literal_eval(fields)
    assert literal["gene"].strip() == text.strip() and literal["perturbagen"].strip() == text.strip()


@pytest.mark.parametrize("text", ['"""\nraise SystemExit\n"""', "HMOX1\n"])
def test_a_line_break_is_refused_or_harmless(server, text):
    try:
        run = post(server[0], gene=text)
    except urllib.error.HTTPError as refused:
        refused.close()
        assert refused.code == 406
        return
    code = next(cell.source for cell in notebook_of(server[0], run).cells if cell.cell_type == "code")
    assert ast.literal_eval(code.removeprefix("fields = "))["gene"].strip() == text.strip()


@pytest.mark.parametrize("dose", ["-3", "abc", "1e", "nan"])
def test_an_impossible_dose_is_refused(server, dose):
    for field in ("min_dose", "max_dose"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            post(server[0], gene="HMOX1", **{field: dose})
        refused.value.close()
        assert refused.value.code == 406


def test_another_index_is_another_result(tmp_path):
    index, other = Index(), Index()
    other.provenance = {"other": 1}
    copy_appyter(tmp_path / "a", index)
    copy_appyter(tmp_path / "b", other)
    first, second = ((tmp_path / name / f"{NAME}.ipynb").read_text() for name in "ab")
    assert first != second and "INDEX_VERSION" not in first


def test_the_notebook_is_form_calls_and_prose():
    notebook = nbformat.read(find_appyter() / f"{NAME}.ipynb", as_version=4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert code[0].startswith("#%%appyter init")
    assert not any(re.search(r"^\s*def ", source, re.M) for source in code)
    assert all(not cell.get("outputs") and not cell.metadata for cell in notebook.cells)
    names = re.findall(r"name='(\w+)'", "\n".join(code))
    assert len(names) == len(set(names))


def test_a_missing_index_is_one_sentence():
    from click.testing import CliRunner
    from l1000_rnaseq.cli import main

    pytest.importorskip("appyter")
    done = CliRunner().invoke(main, ["app", "--index", "none.h5"])
    assert done.exit_code == 2 and re.search(r"none\.h5.*l1000-rnaseq index", done.output)


def test_a_saved_page_has_plotly_inside():
    web, server_of = pytest.importorskip("aiohttp.web"), pytest.importorskip("aiohttp.test_utils")

    async def page(_request):
        body = f"<p>{SERVED}</p>".encode()
        headers = {"Content-Length": str(len(body)), "Content-Type": "text/html"}
        return web.Response(body=body, headers=headers)

    async def texts() -> list[str]:
        app = web.Application(middlewares=[export_with_plotly()])
        app.router.add_get("/{path:.*}", page)
        async with server_of.TestClient(server_of.TestServer(app)) as client:
            return [await (await client.get(path)).text() for path in ("/export/x/", "/x/")]

    saved, shared = asyncio.run(texts())
    assert shared == f"<p>{SERVED}</p>" and len(saved) > 1_000_000 and saved.endswith("</script></p>")
