"""Finds the contracts in the files of this folder by the table they are for. Promises themselves do not belong here."""

from types import ModuleType

from data_platform.auditing import Contract, table_of
from resources.lakehouse import TableName


def contracts_in(*modules: ModuleType) -> dict[TableName, type[Contract]]:
    """The contract of each table, by the `Config.name` of the classes that `modules` define.

    Raises:
        ValueError: two contracts are for the same table.
        ContractError: a contract is for no possible table.
    """
    found: dict[TableName, type[Contract]] = {}
    for module in modules:
        for contract in vars(module).values():
            if not (isinstance(contract, type) and issubclass(contract, Contract)):
                continue
            if contract.__module__ != module.__name__:
                continue
            table = table_of(contract)
            if table in found:
                raise ValueError(f"{table}: two contracts, {found[table].__name__} and {contract.__name__}; keep one")
            found[table] = contract
    return found
