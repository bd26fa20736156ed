"""Names of genes: symbols, aliases, ids, everyday names, and what is close to an unknown one."""

import pytest
from l1000_rnaseq.search.index import Index


@pytest.mark.parametrize("name", ["fkbp5", " FKBP5 ", "ENSG00000096060", "ENSG00000096060.15", "2289"])
def test_names_of_a_gene(index, name):
    assert index.names.resolve(name) == "FKBP5"


def test_aliases_and_unknown_genes(index):
    known = index.genes[index.genes["aliases"].astype(str) != ""]
    for symbol, aliases in known["aliases"].astype(str).items():
        assert index.names.resolve(aliases.split("|")[0].lower()) == symbol
    with pytest.raises(ValueError, match=r"Gene 'FKBP51' is not in this index; did you mean FKBP5"):
        index.names.resolve("FKBP51")
    with pytest.raises(ValueError, match=r"Gene '\?\?' is not in this index\."):
        index.names.resolve("??")


def test_everyday_names_of_genes_are_known():
    demo = Index()
    assert demo.names.resolve("her2") == "ERBB2" and demo.names.resolve("P53") == "TP53"
    assert demo.names.resolve("GR") == "NR3C1"
    with pytest.raises(ValueError, match="name of several genes: NR3C1, HEY2"):
        demo.names.resolve("GRL")
