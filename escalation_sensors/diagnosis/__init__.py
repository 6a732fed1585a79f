"""Diagnosis: from a failure to its category, by rules. Pure: no Dagster, no database, no clock."""
