"""`data-platform quarantine`: what was kept from publication is listed and shown with its reasons."""

from tests.data_platform.cli.conftest import Command, SmallLakehouse

QUARANTINED = """
SELECT 7 AS id, ['air time is below 0'] AS _reasons, ['air_time_ge'] AS _checks, 'run-1' AS _run_id,
       'drop folder' AS _source, TIMESTAMPTZ '2026-01-31 12:00:00+00' AS _quarantined_at
"""


def test_an_empty_quarantine_is_said_to_be_empty(small_lakehouse: SmallLakehouse, command: Command) -> None:
    small_lakehouse.publish("core.flight", "SELECT 1 AS id")
    assert command("quarantine", "list").stdout == "nothing is in quarantine\n"
    done = command("quarantine", "show", "core.flight")
    assert done.returncode == 1
    assert "core.flight has no quarantined rows" in done.stderr


def test_rows_are_listed_by_table_and_check_and_shown_with_reasons(
    small_lakehouse: SmallLakehouse, command: Command
) -> None:
    small_lakehouse.publish("quarantine.core_flight", QUARANTINED)
    listed = command("quarantine", "list").stdout
    assert "core.flight" in listed
    assert "2026-01-31 12:00" in listed
    assert "air_time_ge" in listed
    shown = command("quarantine", "show", "core.flight").stdout
    assert "air time is below 0" in shown
    assert "drop folder" in shown
