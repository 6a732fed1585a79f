"""Contracts and audits: what a table promises, and whether files that are to become it keep the promise.

Contracts of this platform's tables are in `data_platform.contracts`; publishing is the lakehouse's.
"""

from data_platform.auditing.audit import audit
from data_platform.auditing.contract import Contract, columns_of, descriptions_of, referred_tables, table_of
from data_platform.auditing.extended_contract import extended_contract
from data_platform.auditing.history import history_outcomes
from data_platform.auditing.outcome import Audit, CheckOutcome
from data_platform.auditing.plan import PlannedCheck, plan_checks, unique_keys
from data_platform.auditing.policy import ContractError, block, policies, quarantine, rule, warn
from data_platform.auditing.presenting import Shown
from data_platform.auditing.profile import ColumnProfile, LoadProfile
from data_platform.auditing.split import good_rows_sql, quarantined_rows_sql

__all__ = [
    "Audit",
    "CheckOutcome",
    "ColumnProfile",
    "Contract",
    "ContractError",
    "LoadProfile",
    "PlannedCheck",
    "Shown",
    "audit",
    "block",
    "columns_of",
    "descriptions_of",
    "extended_contract",
    "good_rows_sql",
    "history_outcomes",
    "plan_checks",
    "policies",
    "quarantine",
    "quarantined_rows_sql",
    "referred_tables",
    "rule",
    "table_of",
    "unique_keys",
    "warn",
]
