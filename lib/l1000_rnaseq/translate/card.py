"""The card of a bundle as text: what it was trained on, how well it did, what it cannot do."""

from l1000_rnaseq.translate.bundle import Bundle
from l1000_rnaseq.translate.gene_reliability import WORDS

LIMITS = (
    "Output is log2(CPM+1) on the scale of the training RNA-seq; genes beyond the landmarks are a function "
    "of the landmarks and carry no measurement of their own. Trained on few lines: expect less on cell types "
    "unlike them. Use it on Level 3 (log2 intensity) only."
)


def card_text(bundle: Bundle) -> str:
    """Write the card of a bundle as lines of text."""
    card = bundle.card
    scores = card["scores"]
    lineages = scores["step1_lineages"]
    sources = "; ".join(f"{name}: {n:,}" for name, n in card["rnaseq_sources"].items())
    small = " (small settings: a try-out)" if card.get("small_settings") else ""
    lines = [
        f"preset            {card['preset']}{small}",
        f"trained           {card['trained']} with l1000-rnaseq {card['library']}, seed {card['seed']}",
        f"steps             {_kind(bundle.step1)} → {_kind(bundle.step2)}",
        f"genes             {len(bundle.landmarks):,} landmarks in, {len(bundle.genes):,} genes out",
        f"L1000 side        {card['l1000_profiles']:,} profiles of {card['l1000_lines']:,} cell lines, "
        "each line weighing the same",
        f"RNA-seq side      {card['rnaseq_samples']:,} samples of {card['rnaseq_series']:,} series "
        f"({sources})",
        f"held out          {', '.join(card['held_out_lines']) or 'no line'}",
        *_learned(card),
        f"step 2, held out  gene-wise r {scores['step2']['gene_pcc']:.3f}, MSE {scores['step2']['mse']:.3f} "
        f"({scores['step2']['held_out']})",
    ]
    if lineages:
        lines.append(
            f"step 1, lineages  centred r {lineages['centred_pcc']:.3f}, gene-wise r "
            f"{lineages['gene_pcc']:.3f} over {lineages['lineages']} lineages (training side, "
            f"{'held out' if lineages.get('held_out') else 'seen in training'})"
        )
    width = bundle.half_width(0.9)
    if width is not None:
        first, others = width.iloc[: len(bundle.landmarks)], width.iloc[len(bundle.landmarks) :]
        lines.append(
            f"90 % intervals    ± {first.median():.1f} log2 for landmarks, {others.median():.1f} for the "
            "others (median gene). For cell lines on HPA's scale, too narrow for other laboratories"
        )
    if card.get("interval_coverage"):
        lines.append(
            f"their coverage    {card['interval_coverage']['0.9']:.0%} of the paired lines' values, widths "
            "from lineages alone"
        )
    lines += _reliability(bundle)
    if card.get("excluded_processing"):
        lines.append(f"left out          RNA-seq samples processed by {card['excluded_processing']!r}")
    lines += [
        f"data              {name} sha256 {digest[:16]}…" for name, digest in card.get("files", {}).items()
    ]
    return "\n".join([*lines, f"limits            {LIMITS}"])


def _kind(step) -> str:
    spec = getattr(step, "spec", None)
    if spec is None:
        return type(step).__name__
    return f"{spec['kind']} network {'-'.join(str(size) for size in spec['sizes'])}"


def _learned(card: dict) -> list[str]:
    """Say what else was learned from, and the scores on lines that were left out in turn."""
    lines, pairs, scores = [], card.get("paired_lines"), card["scores"].get("paired_lines")
    if pairs:
        lines.append(f"learned pairs     {', '.join(pairs)}: no benchmark on them is fair")
    if scores:
        lines.append(
            f"pairs in turn     centred r {scores['centred_pcc']:.3f} (less the mean of the other lines), "
            f"gene-wise r {scores['gene_pcc']:.3f}, RMSE {scores['rmse']:.3f} over {scores['lines']} lines, "
            "each by a fit without it"
        )
    if card.get("ccle_lines"):
        lines.append(f"CCLE              {card['ccle_lines']:,} cell lines, landmarks only")
    if card.get("contrasts"):
        files = "; ".join(f"{name}: {n:,}" for name, n in card["contrasts"].items())
        lines.append(f"changes           learned from contrasts of RNA-seq ({files})")
    return lines


def _reliability(bundle: Bundle) -> list[str]:
    """Say how many genes are followed how well."""
    lines, table = [], bundle.reliability()
    for name in ("level", "change"):
        counts = table[name].value_counts()
        if counts.get("unknown", 0) < len(table):
            words = ", ".join(f"{counts[word]:,} {word}" for _, word in WORDS if word in counts)
            lines.append(f"{name + 's followed':<18}{words}")
    return lines
