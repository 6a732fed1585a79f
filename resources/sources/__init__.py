"""Sources: where data comes from, and how it is landed unchanged and read with declared types.

A source is declared (`CsvFolder`, `JsonApi`, `SqlTable`), `extract`ed into the landing area, proved by `verify_landed`
and read by `typed_select`. What is built and published from it is not this package's business.
"""

from resources.sources.column_mapping import ColumnMapping
from resources.sources.csv_folder import CsvFolder
from resources.sources.drop_file import Arrival, DropFile, arrivals
from resources.sources.errors import (
    LandingError,
    SourceBusy,
    SourceCredentialsExpired,
    SourceError,
    SourceFormatError,
    SourceRefused,
    SourceSchemaError,
    SourceTimeout,
    SourceUnavailable,
    SourceValueError,
)
from resources.sources.json_api import JsonApi
from resources.sources.landed import Landed, LandedFile
from resources.sources.reading import ADDED_COLUMNS, source_columns, typed_select, verify_landed
from resources.sources.request import ExtractRequest
from resources.sources.source import Source
from resources.sources.sql_table import SqlTable

__all__ = [
    "ADDED_COLUMNS",
    "Arrival",
    "ColumnMapping",
    "CsvFolder",
    "DropFile",
    "ExtractRequest",
    "JsonApi",
    "Landed",
    "LandedFile",
    "LandingError",
    "Source",
    "SourceBusy",
    "SourceCredentialsExpired",
    "SourceError",
    "SourceFormatError",
    "SourceRefused",
    "SourceSchemaError",
    "SourceTimeout",
    "SourceUnavailable",
    "SourceValueError",
    "SqlTable",
    "arrivals",
    "source_columns",
    "typed_select",
    "verify_landed",
]
