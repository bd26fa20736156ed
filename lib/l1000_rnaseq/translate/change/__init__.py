"""Models of changes: from the changes of landmarks to those of the other genes."""
