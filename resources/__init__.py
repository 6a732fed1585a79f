"""This platform's connections: the lakehouse and the sources.

Knows nothing of the pipeline or of the escalation ladder.
"""
