"""The forms in which rows can be printed. How each looks is decided where the rows are printed."""

from enum import StrEnum


class Format(StrEnum):
    """How the rows of a query are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
