"""What is promised of each table: one class a table, the classes of a domain in one file, each flaw decided on."""

from data_platform.contracts.by_table import contracts_in

__all__ = ["contracts_in"]
