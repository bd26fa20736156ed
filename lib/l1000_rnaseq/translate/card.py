"""The card of a bundle as text: what it was trained on, how well it did, what it cannot do."""

from l1000_rnaseq.translate.bundle import Bundle

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
            "others (median gene; split-conformal over lineages)"
        )
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
