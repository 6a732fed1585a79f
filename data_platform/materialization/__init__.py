"""Materializing one table: build, audit, split off the quarantine, publish. Knows nothing of Dagster's decorators."""
