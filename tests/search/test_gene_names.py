"""Names of genes: symbols, aliases, ids, everyday names, and what is close to an unknown one."""

import pytest
from l1000_rnaseq.search.index import Index


@pytest.mark.parametrize("name", ["fkbp5", " FKBP5 ", "ENSG00000096060", "ENSG00000096060.15", "2289"])
def test_names_of_a_gene(index, name):
    assert index.names.resolve(name) == "FKBP5"


def test_aliases_and_unknown_genes(index):
    renamed = index.names.table["hgnc_symbol"]
    for symbol, today in renamed[renamed != ""].items():
        assert index.names.resolve(today.lower()) == symbol
    with pytest.raises(ValueError, match=r"Gene 'FKBP55' is not in this index; did you mean FKBP5"):
        index.names.resolve("FKBP55")
    with pytest.raises(ValueError, match=r"Gene '\?\?' is not in this index\."):
        index.names.resolve("??")


def test_everyday_names_of_genes_are_known():
    demo = Index()
    assert demo.names.resolve("her2") == "ERBB2" and demo.names.resolve("P53") == "TP53"
    assert demo.names.resolve("GR") == "NR3C1"
    assert demo.names.resolve("GRL") == "NR3C1"  # HGNC's previous symbol comes before another gene's alias
    with pytest.raises(ValueError, match="name of several genes: "):
        demo.names.resolve("P40")


def test_names_of_today_find_the_gene_or_say_that_it_is_not_in_the_index(index):
    assert Index().names.resolve("SKIC2") == "SKIV2L"
    with pytest.raises(ValueError, match=r"BLTP2 \(KIAA0100 in L1000\) is a human gene that this index does"):
        index.names.resolve("BLTP2")


def test_what_a_name_is_taken_for_is_said():
    names = Index().names
    for name in ("HMOX1", "hmox1", "C8orf33", "c8orf33"):
        assert names.taken_for(name) == ""
    assert names.taken_for("HER2") == "HER2 was taken for ERBB2."
    assert names.taken_for("2289") == "2289 was taken for FKBP5."
    assert names.taken_for("Hmox1").endswith("mouse gene; the answer is for the human gene HMOX1.")
