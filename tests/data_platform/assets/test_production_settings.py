"""The same platform on a PostgreSQL catalog, an S3 path and a PostgreSQL source, by settings alone."""

from datetime import date
from pathlib import Path

from tests.scratch_platform import errors_of, scratch_platform
from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Bucket

ASSETS = ("raw/flights", "raw/airlines", "core/airline", "raw/airports", "core/airport")


def test_the_platform_runs_on_postgresql_and_s3_by_settings_alone(
    tmp_path: Path, postgres: PostgresServer, s3: S3Bucket
) -> None:
    access = {name: value for name, value in s3.settings().items() if name.startswith("s3_")}
    bucket = f"s3://{s3.name}/lake"
    with scratch_platform(
        tmp_path / "home",
        date(2013, 1, 2),
        catalog_url=postgres.new_database(),
        operational_database_url=postgres.new_database(),
        data_path=f"{bucket}/data/",
        build_path=f"{bucket}/builds/",
        **access,
    ) as platform:
        for _ in range(2):  # the second time it replaces what is there
            result = platform.materialize(*ASSETS)
            assert result.success, errors_of(result)
        assert platform.value("SELECT count(*) FROM raw.flights") == 842 + 943
        assert platform.value("SELECT count(*) FROM core.airport") == 1455
        assert platform.value("SELECT count(*) FROM quarantine.core_airport") == 3
        assert platform.run("maintain_lakehouse").success
        assert platform.value("SELECT count(*) FROM core.airline") == 16
