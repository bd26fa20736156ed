"""The tools for assistants, asked with the client of the official package."""

import asyncio
import json
import os
import sys

import l1000_rnaseq as lr
import pytest
from click.testing import CliRunner
from l1000_rnaseq.cli import main

CODE = "from l1000_rnaseq.cli import main; main(['mcp'])"
FILTERS = {"cell": ["SKBR3", "HT115"], "dose": [1, 10]}
HEAT_SHOCK = "HSPA1A HSPA1B DNAJB1 HSPH1 HSPA8 BAG3 HSPB1 HSPD1 HSPE1 DNAJA1 HSPA4L CHORDC1".split()


@pytest.fixture(scope="module")
def answers():
    """What the command answers over standard input and output: tools, and a result for each question."""
    mcp = pytest.importorskip("mcp", reason="the extra mcp is not installed (it goes without the extra app)")
    stdio = pytest.importorskip("mcp.client.stdio")
    questions = {
        "search": (
            "search",
            {"gene": "her2", "n": 3, "filters": FILTERS},
        ),
        "match": ("match", {"up": HEAT_SHOCK, "n": 2, "filters": {"source": "wells"}}),
        "card": ("gene_card", {"gene": "HMOX1", "n": 5}),
        "unknown": ("search", {"gene": "HMXO1"}),
        "no filter": ("search", {"gene": "HMOX1", "filters": {"colour": "red"}}),
        "taken": ("search", {"gene": "HMOX1", "filters": {"index": "/etc/passwd"}}),
        "too many": ("match", {"up": ["G"] * 2001}),
    }

    async def ask():
        server = mcp.StdioServerParameters(command=sys.executable, args=["-c", CODE], env=dict(os.environ))
        async with stdio.stdio_client(server) as streams, mcp.ClientSession(*streams) as session:
            await session.initialize()
            tools = {tool.name for tool in (await session.list_tools()).tools}
            return tools, {name: await session.call_tool(*asked) for name, asked in questions.items()}

    return asyncio.run(ask())


def content(result) -> dict:
    return json.loads(result.content[0].text)


def test_the_tools(answers):
    assert answers[0] == {"search", "match", "gene_card"}


def test_they_give_what_the_library_gives(answers):
    found = content(answers[1]["search"])
    table = lr.search("ERBB2", n=3, cell=["SKBR3", "HT115"], dose=(1, 10))
    assert found["gene"] == "ERBB2" and [row["sig_id"] for row in found["rows"]] == table["sig_id"].tolist()
    assert [row["log2fc"] for row in found["rows"]] == pytest.approx(table["log2fc"].tolist(), rel=1e-5)
    matched = content(answers[1]["match"])["rows"]
    expected = lr.match(HEAT_SHOCK, n=2, source="wells")
    assert [row["sig_id"] for row in matched] == expected["sig_id"].tolist()
    assert content(answers[1]["card"])["gene"]["name"] == "heme oxygenase 1"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("unknown", "did you mean"),
        ("no filter", "Unknown: colour. Expected filters among"),
        ("taken", "index is no filter"),
        ("too many", "up has 2,001 genes; at most 2,000"),
    ],
)
def test_what_cannot_be_answered_is_an_error_in_one_sentence(answers, question, said):
    result = answers[1][question]
    is_error = getattr(result, "is_error", None) or getattr(result, "isError", None)
    assert is_error and said in result.content[0].text and "Traceback" not in result.content[0].text


class Absent:
    """A finder that has no package mcp."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "mcp":
            raise ModuleNotFoundError("No module named 'mcp'", name="mcp")


def test_the_extra_is_named_where_it_is_absent(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "mcp"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Absent, *sys.meta_path])
    done = CliRunner().invoke(main, ["mcp"])
    assert done.exit_code == 2 and "needs the package mcp: pip install -e '.[mcp]'" in done.output
