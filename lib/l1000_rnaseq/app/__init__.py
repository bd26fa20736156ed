"""The gene search as a web form: what it asks, what it answers, the server around it."""
