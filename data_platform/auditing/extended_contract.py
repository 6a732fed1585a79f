"""A contract with further columns, nullable and without rules: what level 1 takes in beyond what was agreed."""

from collections.abc import Mapping
from functools import lru_cache

import pandera.polars as pa
import polars as pl

from data_platform.auditing.contract import Contract, columns_of
from data_platform.auditing.policy import ContractError

_POLARS: dict[str, object] = {
    "VARCHAR": str,
    "BOOLEAN": bool,
    "TINYINT": pl.Int8,
    "SMALLINT": pl.Int16,
    "INTEGER": pl.Int32,
    "BIGINT": pl.Int64,
    "FLOAT": pl.Float32,
    "DOUBLE": pl.Float64,
    "DATE": pl.Date,
    "TIME": pl.Time,
    "TIMESTAMP": pl.Datetime,
}


def extended_contract(contract: type[Contract], added: Mapping[str, str]) -> type[Contract]:
    """The contract, that also has the columns `added`, name to DuckDB type, after its own.

    Raises:
        ContractError: a type is none that an added column can have.
    """
    known = columns_of(contract)
    new = tuple((name, kind) for name, kind in added.items() if name not in known)
    return _extended(contract, new) if new else contract


@lru_cache(maxsize=64)
def _extended(contract: type[Contract], added: tuple[tuple[str, str], ...]) -> type[Contract]:
    for name, kind in added:
        if kind not in _POLARS:
            raise ContractError(f"{contract.__name__}: no column {name} of type {kind} can be taken in")
    # The alias carries the name: it may begin with an underscore, which pandera takes for no column.
    names = {f"added_{number}": each for number, each in enumerate(added)}
    fields = {
        key: pa.Field(alias=name, nullable=True, description="Taken in by level 1; not in the contract.")
        for key, (name, _) in names.items()
    }
    annotations = {key: _POLARS[kind] for key, (_, kind) in names.items()}
    # Pandera gives a subclass without a Config one that knows no name.
    config = type("Config", (contract.Config,), {"name": contract.Config.name})
    body = {"__annotations__": annotations, "__module__": contract.__module__, "Config": config, **fields}
    return type(contract.__name__, (contract,), body)
