"""What `data-platform up` serves: the recipes of docs/graphql.md, word for word, and the UI in a real browser.

One file, so that one worker starts the platform once.
"""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.data_platform.served.conftest import ServedPlatform
from tests.servers.chromium import require_chromium

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "graphql.md"
RECIPE = re.compile(
    r"^## (?P<title>.+?)$.*?```graphql\n(?P<query>.+?)```\s+```json\n(?P<variables>.+?)```", re.DOTALL | re.MULTILINE
)
RECIPES = {
    match["title"]: (match["query"], json.loads(match["variables"])) for match in RECIPE.finditer(DOCUMENT.read_text())
}


CHROMIUM_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE_MILLISECONDS = 60_000
ROWS_AND_TABLES = (
    "SELECT [(SELECT count(*) FROM core.flight), (SELECT count(*) FROM raw.flights), "
    "(SELECT count(*) FROM duckdb_tables() WHERE database_name = 'lake')]"
)
BACKFILLED_WITHIN_SECONDS = 180.0


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(require_chromium()), args=list(CHROMIUM_ARGUMENTS))
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        yield page
        browser.close()


@pytest.fixture(scope="module")
def backfill_id(served_platform: ServedPlatform) -> str:
    """A backfill that was asked for. Dagster looks for new ones every 30 s: what follows is tested meanwhile."""
    launched = ask(served_platform, "Backfill a range of days")["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    return str(launched["backfillId"])


def ask(platform: ServedPlatform, title: str, **changes: Any) -> dict[str, Any]:
    query, variables = RECIPES[title]
    return platform.graphql(query, {**variables, **changes})


def test_every_section_of_the_document_is_tried_here() -> None:
    titles = set(re.findall(r"^## (.+)$", DOCUMENT.read_text(), re.MULTILINE))
    tried = set(re.findall(r'ask\(\s*served_platform,\s*"(.+?)"', Path(__file__).read_text()))
    assert titles == set(RECIPES) == tried


def test_a_materialization_of_one_day_is_launched_and_followed(served_platform: ServedPlatform) -> None:
    launched = ask(served_platform, "Launch a materialization")["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]
    assert served_platform.wait_for_run(run_id) == "SUCCESS"
    followed = ask(served_platform, "Follow a run", runId=run_id)["runOrError"]
    assert {step["stepKey"] for step in followed["stepStats"]} == {"raw__flights", "core__flight"}


def test_a_backfill_is_asked_for_and_known(served_platform: ServedPlatform, backfill_id: str) -> None:
    followed = ask(served_platform, "Follow a backfill", backfillId=backfill_id)["partitionBackfillOrError"]
    assert (followed["status"], followed["numPartitions"]) == ("REQUESTED", 3)


def test_check_results_are_read_with_severity_and_the_sql_that_finds_the_rows(served_platform: ServedPlatform) -> None:
    checks = ask(served_platform, "Read check results")["assetNodeOrError"]["assetChecksOrError"]["checks"]
    results = {check["name"]: check["executionForLatestMaterialization"] for check in checks}
    assert results["schema"]["status"] == "SUCCEEDED"
    evaluation = results["tail_number__references_plane"]["evaluation"]
    assert (evaluation["success"], evaluation["severity"]) == (False, "WARN")
    metadata = {entry["label"]: entry for entry in evaluation["metadataEntries"]}
    assert metadata["failing rows"]["intValue"] > 0
    assert '"core"."flight"' in metadata["find them"]["mdStr"]


def test_freshness_is_read_with_its_policy(served_platform: ServedPlatform) -> None:
    for node in ask(served_platform, "Read freshness")["assetNodes"]:
        assert node["internalFreshnessPolicy"]["failWindowSeconds"] == 30 * 3600
        assert node["freshnessStatusInfo"]["freshnessStatus"] in {
            "HEALTHY",
            "UNKNOWN",
        }  # unknown until the daemon looked


def test_lineage_is_read_by_asset_and_by_column(served_platform: ServedPlatform) -> None:
    (node,) = ask(served_platform, "Read lineage")["assetNodes"]
    assert {"path": ["core", "flight"]} in node["dependencyKeys"]
    assert node["owners"]
    (entry,) = [
        entry
        for entry in node["assetMaterializations"][0]["metadataEntries"]
        if entry["label"] == "dagster/column_lineage"
    ]
    sources = {tuple(dep["assetKey"]["path"]) for column in entry["lineage"] for dep in column["columnDeps"]}
    assert ("core", "flight") in sources


def test_a_table_is_restored(served_platform: ServedPlatform) -> None:
    node = served_platform.graphql(
        """{ assetNodeOrError(assetKey: {path: ["core", "airline"]}) { ... on AssetNode {
        assetMaterializations(limit: 1) { metadataEntries { label ... on IntMetadataEntry { intValue } } } } } }"""
    )["assetNodeOrError"]
    entries = {entry["label"]: entry.get("intValue") for entry in node["assetMaterializations"][0]["metadataEntries"]}
    config = {"ops": {"restore": {"config": {"table": "core.airline", "snapshot": entries["published as snapshot"]}}}}
    launched = ask(served_platform, "Restore a table", config=config)["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    assert served_platform.wait_for_run(launched["run"]["runId"]) == "SUCCESS"


def test_every_schedule_and_sensor_is_running(served_platform: ServedPlatform) -> None:
    repository = ask(served_platform, "See what is scheduled")["repositoryOrError"]
    states = [schedule["scheduleState"]["status"] for schedule in repository["schedules"]]
    states += [sensor["sensorState"]["status"] for sensor in repository["sensors"]]
    assert len(states) == 8
    assert set(states) == {"RUNNING"}


def test_the_page_of_the_flights_shows_its_checks(served_platform: ServedPlatform, page: Page) -> None:
    page.goto(f"{served_platform.url}/assets/core/flight?view=checks")
    expect(page.get_by_text("not_null", exact=True).first).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def test_the_page_of_a_mart_says_from_which_columns_each_column_comes(
    served_platform: ServedPlatform, page: Page
) -> None:
    page.goto(f"{served_platform.url}/assets/marts/delay_by_route")
    expect(page.get_by_text("core.airport.airport_name").first).to_be_visible(timeout=PATIENCE_MILLISECONDS)


def test_the_code_location_is_loaded(served_platform: ServedPlatform, page: Page) -> None:
    page.goto(f"{served_platform.url}/locations")
    expect(page.get_by_text("data_platform.definitions").first).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    expect(page.get_by_text("Loaded").first).to_be_visible(timeout=PATIENCE_MILLISECONDS)


@pytest.mark.parametrize("day", ["2013-01-02'; DROP TABLE core.flight; --", '"', "2014-01-01"])
def test_a_partition_key_that_is_no_day_of_ours_does_nothing_but_fail(
    served_platform: ServedPlatform, day: str
) -> None:
    before = served_platform.value(ROWS_AND_TABLES)
    tags = [{"key": "dagster/partition", "value": day}]
    launched = ask(served_platform, "Launch a materialization", tags=tags)["launchRun"]
    if launched["__typename"] == "LaunchRunSuccess":
        assert served_platform.wait_for_run(launched["run"]["runId"]) == "FAILURE"
    else:
        assert re.search("partition|does not match format", launched["message"])
    assert served_platform.value(ROWS_AND_TABLES) == before


def test_a_backfill_of_several_days_is_one_run(served_platform: ServedPlatform, backfill_id: str) -> None:
    deadline = time.monotonic() + BACKFILLED_WITHIN_SECONDS
    while True:
        followed = ask(served_platform, "Follow a backfill", backfillId=backfill_id)
        backfill = followed["partitionBackfillOrError"]
        if backfill["status"] not in {"REQUESTED", "COMPLETED"}:
            break
        assert time.monotonic() < deadline, backfill
        time.sleep(0.5)
    assert backfill["status"] == "COMPLETED_SUCCESS"
    assert [run["status"] for run in backfill["runs"]] == ["SUCCESS"]
