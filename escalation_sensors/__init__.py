"""The escalation ladder: diagnosis and levels 1 to 4.

A library of its own: knows nothing of this pipeline or of `resources`.
"""
