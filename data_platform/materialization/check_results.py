"""How outcomes and profiles look in Dagster: check specs, check results, metadata. No decision is made here."""

import json
from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from data_platform.auditing import CheckOutcome, Contract, plan_checks
from data_platform.materialization.task import Materialized

MAX_SQL_CHARACTERS = 4_000
SCHEMA_CHECK = "schema"


def check_specs(contract: type[Contract], asset: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """One asset check for each planned check of the contract."""
    return [
        dg.AssetCheckSpec(check.name, asset=asset, description=check.description, blocking=check.blocking)
        for check in plan_checks(contract)
    ]


def check_results(materialized: Materialized, asset: dg.AssetKey) -> Iterator[dg.AssetCheckResult]:
    """The outcomes as asset check results: ERROR where nothing was published for it, else WARN."""
    for outcome in materialized.outcomes:
        yield dg.AssetCheckResult(
            asset_key=asset,
            check_name=outcome.name,
            passed=outcome.passed,
            severity=dg.AssetCheckSeverity.ERROR if outcome.blocks else dg.AssetCheckSeverity.WARN,
            description=outcome.message,
            metadata=_check_metadata(outcome),
        )


class ContractFailure(dg.Failure):
    """A contract kept a table from being published. Level 1 may try again, with what it may change.

    `escalation_category` is what the failing checks are about: columns, values, or unknown where no check that failed
    could be evaluated, which says nothing about the data. `failing_rows` is known where one check failed: a row that
    fails two would count twice.
    """

    def __init__(self, materialized: Materialized, description: str) -> None:
        super().__init__(description)
        blamed = [outcome for outcome in materialized.blocking if not outcome.error]
        judged = [outcome.name for outcome in blamed]
        self.checks = tuple(outcome.name for outcome in materialized.blocking)
        self.failing_checks = tuple(judged)
        self.failing_rows = blamed[0].failing_rows if len(blamed) == 1 else None
        self.escalation_category = "data_quality" if judged else "unknown"
        if SCHEMA_CHECK in judged:
            self.escalation_category = "schema_mismatch"


def failure_of(materialized: Materialized) -> ContractFailure:
    """The failure that ends a step whose audit blocked: one line that names the checks, and what did not happen."""
    # What a rule promises begins with its name, which is there already.
    told = ((each.name, each.message.replace(f"{each.name}: ", "", 1)) for each in materialized.blocking)
    reasons = "; ".join(f"{name}: {message}" for name, message in told)
    return ContractFailure(
        materialized, f"{materialized.table}: nothing was published, the last good version stays. {reasons}"
    )


def _check_metadata(outcome: CheckOutcome) -> Mapping[str, dg.MetadataValue]:
    if outcome.passed:
        return {}
    metadata: dict[str, dg.MetadataValue] = {}
    if outcome.error:
        metadata["could not check"] = dg.MetadataValue.text(outcome.error)
        return metadata
    metadata["failing rows"] = dg.MetadataValue.int(outcome.failing_rows)
    metadata["rate"] = dg.MetadataValue.float(outcome.rate)
    if outcome.ceiling:
        metadata["ceiling"] = dg.MetadataValue.text(outcome.ceiling)
    if outcome.sample:
        metadata["sample"] = dg.MetadataValue.md(_markdown_table(outcome.sample))
    if outcome.sql:
        metadata["find them"] = dg.MetadataValue.md(f"```sql\n{outcome.sql[:MAX_SQL_CHARACTERS]}\n```")
    return metadata


def _markdown_table(rows: Sequence[Mapping[str, object]]) -> str:
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *([_cell(row.get(column)) for column in head] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, default=str)
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
