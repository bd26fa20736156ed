"""What the form offers, read from the index that it will search; what its pages leave out."""


def index_choices(column):
    """Return the values of a column of the index's signatures, the most frequent first, after "any"."""
    from l1000_rnaseq.app.form import choices

    return choices(column)


def index_labels(field):
    """Return what a field of the form writes for its values: cell lines with tissue and count."""
    from l1000_rnaseq.app.form import labels

    return labels(field)


def index_examples(_):
    """Return questions that the index can answer, each with a link."""
    from l1000_rnaseq.app.form import examples

    return examples()


def index_fact(name):
    """Return how many signatures, cell_lines or genes the index has, or `holds`, what it is of."""
    from l1000_rnaseq.app.form import facts

    return facts()[name]


def without_mathjax(html):
    """Leave out the scripts that fetch MathJax from another server: there are no formulas."""
    import re

    return re.sub(r"<script[^>]*mathjax.*?</script>", "", str(html), flags=re.S | re.I)
