"""The card of a gene: every number in it is that of the library's own functions."""

import json

import numpy as np
import pandas as pd
import pytest
from l1000_rnaseq.app.card_tables import first_of_a_side
from l1000_rnaseq.app.gene_card import gene_card
from l1000_rnaseq.app.gene_query import GeneQuery
from l1000_rnaseq.search.by_gene import search
from l1000_rnaseq.search.consensus import consensus, relative_ranks
from l1000_rnaseq.search.filters import Filters
from l1000_rnaseq.search.index import Index


@pytest.fixture(scope="module")
def index():
    return Index()


@pytest.fixture(scope="module")
def card(index):
    return gene_card(index, GeneQuery("HER2", n=30))


def test_it_is_json_and_every_table_is_even(card):
    assert json.loads(json.dumps(card, allow_nan=False)) == card
    for name in ("levels", "consensus", "once", "rows", "signatures", "mechanisms", "targets"):
        assert len({len(column) for column in card[name].values()}) <= 1, name


def test_what_was_typed_and_taken(card):
    gene = card["gene"]
    assert (gene["symbol"], gene["typed"]) == ("ERBB2", "HER2") and "ERBB2" in gene["taken_for"]
    assert gene["name"] == "erb-b2 receptor tyrosine kinase 2" and "HER2" in gene["aliases"]
    assert gene["entrez_id"] == "2064" and gene["ensembl_id"] == "ENSG00000141736"


def test_rows_are_those_of_search_for_each_type_and_discordant_ones_come_last(index, card):
    types = np.array(index.signatures["type"].astype(str))[card["rows"]["row"]]
    rows = pd.DataFrame(card["rows"])
    for kind in ("chemical", "shRNA", "CRISPR"):
        expected = search(index, "ERBB2", "both", filters=Filters(type=kind), n=30)
        part = rows[types == kind]
        assert index.signatures["sig_id"].iloc[part["row"]].tolist() == expected["sig_id"].tolist()
        np.testing.assert_allclose(part["log2fc"], expected["log2fc"], atol=0.006)
        assert part["rank"].tolist() == expected["rank"].tolist()
        for _, way in part.groupby("direction"):
            assert way["concordant"].is_monotonic_decreasing
    silent = {kind["type"]: kind["silent"] for kind in card["types"]}
    assert silent == {"chemical": "", "shRNA": "", "CRISPR": ""}


def test_the_consensus_has_p_and_fdr_and_single_sightings_are_apart(index, card):
    whole = consensus(index, "ERBB2")
    table = pd.DataFrame(card["consensus"]).set_index("perturbagen")
    assert (table["groups"] > 1).all() and table["p"].notna().all() and table["fdr"].notna().all()
    assert set(card["once"]["groups"]) == {1} and card["n_tested"] == whole["p"].notna().sum()
    for name in ("relative_rank", "fdr"):
        np.testing.assert_allclose(table[name], whole.loc[table.index, name], rtol=0.06, atol=0.0006)
    for sign in (1, -1):
        best = whole[(whole["groups"] > 1) & (sign * whole["relative_rank"] > 0)].head(5)
        assert table.index[sign * table["relative_rank"] > 0][:5].tolist() == best.index.tolist()


def test_doubtful_signatures_do_not_lead(index):
    for gene in ("SFRP2", "ERBB2", "DNAJB1"):
        shown = gene_card(index, GeneQuery(gene))
        assert "amoxicillin" not in shown["consensus"]["perturbagen"] + shown["once"]["perturbagen"]
        assert "amoxicillin" not in shown["answer"]


def test_the_heat_map_has_the_means_of_its_signatures(index, card):
    heat, signatures = card["heat"], index.signatures
    values = relative_ranks(index, "ERBB2")
    assert len(heat["perturbagen"]) <= 20 and len(heat["cells"]) > 20
    for name, line, rank, change in heat["cells"][::7]:
        of = (signatures["compound"] == heat["perturbagen"][name]) & (
            signatures["cell_id"] == heat["cell_id"][line]
        )
        assert round(100 * values["relative_rank"][of].mean()) == rank
        assert values["log2fc"][of].mean() == pytest.approx(change, abs=0.051)


def test_dose_curves_have_every_dose_of_the_line(index, card):
    assert {curve["cell_id"] for curve in card["doses"]} == {"SKBR3"}
    curve, signatures = card["doses"][0], index.signatures
    of = (signatures["compound"] == curve["perturbagen"]) & (signatures["cell_id"] == "SKBR3")
    of &= pd.to_numeric(signatures["time"].astype(str), errors="coerce") == curve["time"]
    rows = np.flatnonzero(of)
    doses = signatures["dose"].iloc[rows].astype(str).astype(float).to_numpy()
    assert curve["dose"] == sorted(set(doses)) and len(curve["dose"]) >= 3 and curve["unit"] == "µM"
    changes = pd.Series(index.values("ERBB2", "log2fc", rows)[:, 0]).groupby(doses).mean()
    np.testing.assert_allclose(curve["log2fc"], changes, atol=0.006)


def test_every_perturbagen_is_there_to_compare_genes_by(index, card):
    table = consensus(index, "ERBB2")
    codes = np.frombuffer(card["every"]["code"].encode(), np.uint8).astype(float)
    names = card["every"]["perturbagen"]
    assert len(names) == len(codes) == (table["groups"] > 1).sum()
    np.testing.assert_allclose((codes - 35) / 45 - 1, table.loc[names, "relative_rank"], atol=0.0112)


def test_a_second_gene_is_set_against_the_first(index):
    card = gene_card(index, GeneQuery("HSPA1A", compare="dnajb1"))
    both = index.values(["HSPA1A", "DNAJB1"], "log2fc", np.array(card["rows"]["row"]))
    assert card["compare"]["symbol"] == "DNAJB1" and card["compare"]["name"]
    assert card["compare"]["r"] == pytest.approx(np.corrcoef(both.T)[0, 1], abs=0.006)
    np.testing.assert_allclose(card["compare"]["log2fc"], both[:, 1], atol=0.006)


def test_a_threshold_is_of_the_rows_only(index, card):
    strict = gene_card(index, GeneQuery("ERBB2", n=30, filters=Filters(min_abs_log2fc=1.0)))
    assert min(map(abs, strict["rows"]["log2fc"])) >= 1.0
    assert strict["consensus"] == card["consensus"] and strict["heat"] == card["heat"]


def test_compounds_without_a_public_name_leave_room_for_those_that_have_one(index):
    shown = pd.DataFrame(gene_card(index, GeneQuery("HMOX1"))["consensus"])  # 49 without a name come first
    whole = consensus(index, "HMOX1")
    whole = whole[whole["groups"] > 1]
    for sign in (1, -1):
        side = shown[sign * shown["relative_rank"] > 0]
        assert len(side) == 20 and (side["has_name"] == 0).sum() <= 10
        order = whole.index.get_indexer(side["perturbagen"])
        assert (np.diff(order) > 0).all()  # in the order of the consensus
        left_out = set(whole.index[: order.max()][sign * whole["relative_rank"].iloc[: order.max()] > 0])
        ids = set(index.signatures["pert_id"].astype(str))
        assert left_out - set(side["perturbagen"]) <= ids


def test_the_first_of_a_side():
    named = np.array([False, False, True, False, False, True, True, True])
    assert first_of_a_side(named, 4).tolist() == [0, 1, 2, 5]
    assert first_of_a_side(named[:2], 4).tolist() == [0, 1]
    assert first_of_a_side(np.zeros(0, bool), 4).tolist() == []
