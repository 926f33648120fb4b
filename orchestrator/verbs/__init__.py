"""The verbs of the command line: each thin, each with `register(app)`."""
