"""Models of changes: what landmarks change by → what the other genes change by."""
