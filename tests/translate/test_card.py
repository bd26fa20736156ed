"""The card as text."""

from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.card import card_text


def test_card_text_names_the_limits_and_what_was_held_out(ratio):
    text = card_text(ratio)
    for line in ratio.card["held_out_lines"]:
        assert line in text
    for word in ("ratio", "seed 4", "Affine → LinearMap", "200 landmarks in", "sha256", "Level 3"):
        assert word in text
    assert "try-out" not in text


def test_card_text_of_the_default_bundle_names_lines_and_exclusion():
    text = card_text(Bundle.load())
    for words in ("A549", "D2H2", "lineages", "90 % intervals", "no benchmark on them is fair"):
        assert words in text
    for words in ("pairs in turn", "CCLE", "tahoe_rank: 642", "levels followed", "changes followed"):
        assert words in text
