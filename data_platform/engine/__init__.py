"""Engines turn a SELECT into Parquet files outside the catalog. Auditing and publishing those files is not theirs."""
