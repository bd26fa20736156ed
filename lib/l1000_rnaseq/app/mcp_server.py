"""The gene search for assistants: three tools over the Model Context Protocol."""

from l1000_rnaseq import __version__
from l1000_rnaseq.app.form import facts
from l1000_rnaseq.app.json_answers import gene_answer, match_answer, search_answer
from l1000_rnaseq.search.index import Index

RULES = (
    "Answers are tables of L1000 signatures turned into RNA-seq-like genomes. Most genes are inferred: read "
    "`about` or `beliefs` before a number is quoted. Filters are cell, type, time (hours), dose (uM), "
    "perturbagen and source; a list is any of its values, two doses are a range."
)


def mcp_server(index: Index):
    """Return an MCP server with the tools search, match and gene_card.

    Parameters
    ----------
    index : Index

    Returns
    -------
    mcp.server.MCPServer
        `run()` serves it over standard input and output. What cannot be answered is a tool's error, one
        sentence.

    Raises
    ------
    ModuleNotFoundError
        The extra `mcp` is not installed.
    """
    from mcp.server import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError

    said = f"{RULES} What is searched: {facts(index)['holds']}"
    server = MCPServer("l1000-rnaseq", instructions=said, version=__version__)

    def answered(answer, *given, filters: dict | None, **options) -> dict:
        if wrong := {"index", "gene", "up", "down", *options} & set(filters or {}):
            raise ToolError(f"{', '.join(sorted(wrong))} is no filter.")
        try:
            return answer(index, *given, **options, **(filters or {}))
        except ValueError as error:
            raise ToolError(str(error)) from error

    @server.tool()
    def search(
        gene: str, direction: str = "both", by: str = "log2fc", n: int = 10, filters: dict | None = None
    ) -> dict:
        """Find the signatures (drugs, knock-downs, knock-outs) that move a gene.

        gene: symbol, alias, Ensembl or Entrez id. direction: up, down or both. by: log2fc, cd or rank.
        n: rows for each direction, at most 500.
        """
        return answered(search_answer, gene, direction=direction, by=by, n=n, filters=filters)

    @server.tool()
    def match(
        up: list[str] | None = None, down: list[str] | None = None, n: int = 10, filters: dict | None = None
    ) -> dict:
        """Find the perturbagens that move lists of genes the same way (connected) or the other (reversed).

        up, down: genes that go up or down; ten or more in a list, at most 2,000; one list is enough.
        """
        return answered(match_answer, up or [], down or [], n=n, filters=filters)

    @server.tool()
    def gene_card(gene: str, compare: str = "", n: int = 10, filters: dict | None = None) -> dict:
        """Say all that is known of a gene: what moves it, how sure that is, mechanisms, doses.

        compare: a second gene, to compare with.
        """
        return answered(gene_answer, gene, compare=compare, n=n, filters=filters)

    return server
