"""Notebooks executed and written as HTML pages, with a front page."""
