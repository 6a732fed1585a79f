"""Repair runs: what failed with its run, and could not be repaired inside a step, is captured and run again."""
