"""What the form offers, read from the index that it will search."""


def index_choices(column):
    """Return the values of a column of the index's signatures, the most frequent first, after "any"."""
    from l1000_rnaseq.app.form import choices

    return choices(column)


def index_fact(name):
    """Return how many signatures, cell lines or genes the index has."""
    from l1000_rnaseq.app.form import facts

    return facts()[name]
