"""What the assets look like once everything was materialized from the real sources."""

from typing import Any

import dagster as dg
import pytest

from tests.scratch_platform import ScratchPlatform


def keys_of(platform: ScratchPlatform) -> list[dg.AssetKey]:
    return sorted(platform.definitions.resolve_asset_graph().get_all_asset_keys(), key=str)


def metadata_of(platform: ScratchPlatform, key: dg.AssetKey) -> dict[str, Any]:
    event = platform.instance.get_latest_materialization_event(key)
    assert event is not None
    materialization = event.asset_materialization
    assert materialization is not None
    return {name: value.value for name, value in materialization.metadata.items()}


def test_every_asset_says_who_owns_it_what_it_is_when_it_is_stale_and_who_waits_for_it(
    materialized_platform: ScratchPlatform,
) -> None:
    for key in keys_of(materialized_platform):
        spec = materialized_platform.definitions.resolve_asset_graph().get(key)
        assert spec.owners, key
        assert len(spec.description or "") > 20, key
        assert spec.kinds, key
        assert spec.freshness_policy is not None, key
        consumers = spec.metadata["escalation/consumers"]
        assert all({"name", "daily_by", "zone", "notices"} <= consumer.keys() for consumer in consumers), key


def test_rows_built_are_rows_published_and_quarantined(materialized_platform: ScratchPlatform) -> None:
    for key in keys_of(materialized_platform):
        # Of a load of several days the figures carry the number of days before their name.
        told = metadata_of(materialized_platform, key)
        metadata = {name.rpartition(" days: ")[2]: value for name, value in told.items()}
        assert metadata["rows built"] == metadata["rows published"] + metadata["rows quarantined"]
        published = materialized_platform.value(f"SELECT count(*) FROM {'.'.join(key.path)}")
        assert published == metadata["rows published"], key


def test_each_day_is_told_its_own_rows(materialized_platform: ScratchPlatform) -> None:
    records = materialized_platform.instance.fetch_materializations(dg.AssetKey(["core", "flight"]), limit=5).records
    told = {
        record.partition_key: record.asset_materialization.metadata["dagster/row_count"].value for record in records
    }
    days = materialized_platform.query("SELECT flight_date::VARCHAR, count(*) FROM core.flight GROUP BY ALL")
    assert told == dict(days)


def test_an_airport_in_the_wrong_place_is_in_quarantine_with_its_reason(
    materialized_platform: ScratchPlatform,
) -> None:
    ((checks, reasons, run_id, source),) = materialized_platform.query(
        "SELECT _checks, _reasons, _run_id, _source FROM quarantine.core_airport WHERE airport_code = 'EEN'"
    )
    assert checks == ["lies_in_the_united_states"]
    assert "latitude and longitude exchanged" in reasons[0]
    assert len(run_id) == 36
    assert source == "core/airport.sql"


def test_column_lineage_of_a_mart_reaches_the_fact(materialized_platform: ScratchPlatform) -> None:
    lineage = metadata_of(materialized_platform, dg.AssetKey(["marts", "delay_by_route"]))["dagster/column_lineage"]
    sources = {dep.asset_key.to_user_string() for deps in lineage.deps_by_column.values() for dep in deps}
    assert "core/flight" in sources


def test_a_table_waits_for_the_tables_that_its_relationships_look_into(materialized_platform: ScratchPlatform) -> None:
    graph = materialized_platform.definitions.resolve_asset_graph()
    upstream = graph.get(dg.AssetKey(["core", "flight"])).parent_keys
    assert dg.AssetKey(["core", "weather_hour"]) in upstream


def test_each_load_is_recorded_with_what_it_landed(materialized_platform: ScratchPlatform) -> None:
    loads = materialized_platform.query(
        "SELECT source, count(*), sum(rows), bool_and(length(checksum) = 64), bool_and(bytes > 0) "
        "FROM raw.loads GROUP BY ALL ORDER BY source"
    )
    by_source = {source: (files, rows, whole, sized) for source, files, rows, whole, sized in loads}
    assert set(by_source) == {"airlines", "airports", "flights", "planes", "weather"}
    assert by_source["flights"][0] == 5
    for source, (_, rows, whole, sized) in by_source.items():
        assert (whole, sized) == (True, True), source
        assert rows == materialized_platform.value(f"SELECT count(*) FROM raw.{source}"), source


def test_each_load_leaves_a_profile_of_every_column(materialized_platform: ScratchPlatform) -> None:
    ((rows, nulls),) = materialized_platform.query(
        "SELECT rows, nulls FROM audit.column_profile WHERE table_name = 'core.flight' AND column_name = 'tail_number'"
    )
    exact = materialized_platform.query("SELECT count(*), count(*) - count(tail_number) FROM core.flight")
    assert (rows, nulls) == exact[0]


def test_every_check_of_the_contracts_has_a_result(materialized_platform: ScratchPlatform) -> None:
    graph = materialized_platform.definitions.resolve_asset_graph()
    runs = materialized_platform.instance.get_runs(limit=1)
    checked = dg.DagsterEventType.ASSET_CHECK_EVALUATION
    evaluated = {
        (record.dagster_event.event_specific_data.asset_key, record.dagster_event.event_specific_data.check_name)
        for record in materialized_platform.instance.all_logs(runs[0].run_id, of_type=checked)
        if record.dagster_event
    }
    assert evaluated == {(key.asset_key, key.name) for key in graph.asset_check_keys}


@pytest.mark.parametrize("table", ["core.flight", "raw.flights"])
def test_only_the_days_up_to_the_sources_date_are_there(materialized_platform: ScratchPlatform, table: str) -> None:
    assert materialized_platform.value(f"SELECT count(DISTINCT flight_date) FROM {table}") == 5
