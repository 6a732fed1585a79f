"""Which DuckDB type a contract's column type is. Values are not looked at here."""

import polars as pl
from polars.datatypes import DataTypeClass

_PLAIN: dict[type[pl.DataType], str] = {
    pl.String: "VARCHAR",
    pl.Boolean: "BOOLEAN",
    pl.Int8: "TINYINT",
    pl.Int16: "SMALLINT",
    pl.Int32: "INTEGER",
    pl.Int64: "BIGINT",
    pl.Int128: "HUGEINT",
    pl.UInt8: "UTINYINT",
    pl.UInt16: "USMALLINT",
    pl.UInt32: "UINTEGER",
    pl.UInt64: "UBIGINT",
    pl.Float32: "FLOAT",
    pl.Float64: "DOUBLE",
    pl.Date: "DATE",
    pl.Time: "TIME",
    pl.Binary: "BLOB",
    pl.Duration: "INTERVAL",
}
_TIMESTAMPS = {"us": "TIMESTAMP", "ms": "TIMESTAMP_MS", "ns": "TIMESTAMP_NS", None: "TIMESTAMP"}


def duckdb_type(dtype: pl.DataType | DataTypeClass) -> str:
    """The DuckDB type that holds a polars type's values.

    Raises:
        TypeError: DuckDB has no type for it.
    """
    if isinstance(dtype, pl.Datetime):
        return "TIMESTAMP WITH TIME ZONE" if dtype.time_zone else _TIMESTAMPS[dtype.time_unit]
    if isinstance(dtype, pl.Decimal):
        return f"DECIMAL({dtype.precision or 38},{dtype.scale})"
    if isinstance(dtype, pl.List):
        return f"{duckdb_type(dtype.inner)}[]"
    if isinstance(dtype, pl.Struct):
        return f"STRUCT({', '.join(f'{field.name} {duckdb_type(field.dtype)}' for field in dtype.fields)})"
    plain = dtype if isinstance(dtype, type) else type(dtype)
    if plain is pl.Datetime:
        return "TIMESTAMP"
    if plain not in _PLAIN:
        raise TypeError(f"{dtype} has no type in the lakehouse; use one of {', '.join(sorted(set(_PLAIN.values())))}")
    return _PLAIN[plain]
