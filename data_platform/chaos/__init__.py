"""Chaos: real faults and harmless trials on the real platform in a scratch home, and a judge that trusts no one's word.

A fault or trial is declared in `faults/` or `trials/`; `docs/chaos.md` says how.
"""
