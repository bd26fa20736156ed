"""Signatures: which wells are compared, and how far each gene moves between them."""
