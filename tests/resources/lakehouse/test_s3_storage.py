from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from resources.lakehouse import LakehouseResource, TableName, new_build_folder, restore_table, run_maintenance
from tests.resources.lakehouse.building import build, build_and_publish, registered_files, rows_of, settings_of
from tests.resources.lakehouse.processes import DEADLINE_SECONDS, other_processes, running
from tests.servers.s3 import S3Bucket, s3_client

KEEP = timedelta(hours=1)


@pytest.fixture
def lakehouse_on_s3(s3: S3Bucket, postgres_url: str) -> Iterator[LakehouseResource]:
    """The production set-up: the catalog in PostgreSQL, all files on S3, by settings alone."""
    resource = LakehouseResource(
        catalog_url=postgres_url, data_path=f"{s3.url}lake/data/", build_path=f"{s3.url}lake/builds/", **s3.settings()
    )
    yield resource
    resource.close()


def _urls(s3: S3Bucket) -> set[str]:
    return {f"{s3.url}{key}" for key in s3.keys("lake/")}


def _maintain(lakehouse: LakehouseResource, *, hours: float) -> Any:
    return run_maintenance(lakehouse, keep=KEEP, now=datetime.now(UTC) + timedelta(hours=hours))


def test_the_test_server_refuses_a_wrong_key(s3: S3Bucket) -> None:
    for key, secret in ((s3.access_key_id, "wrong"), ("nobody", s3.secret_access_key)):
        with pytest.raises(ClientError, match=r"SignatureDoesNotMatch|InvalidAccessKeyId"):
            s3_client(s3.endpoint, key, secret).list_objects_v2(Bucket=s3.name)


def test_publishing_restoring_and_maintaining_work_on_s3(lakehouse_on_s3: LakehouseResource, s3: S3Bucket) -> None:
    good = build_and_publish(lakehouse_on_s3, "core.flight", "SELECT range AS id FROM range(5)")
    build_and_publish(lakehouse_on_s3, "core.flight", "SELECT 1::BIGINT AS id")
    restore_table(lakehouse_on_s3, TableName("core", "flight"), good, run_id="run-restore")
    rows_of(lakehouse_on_s3, "DELETE FROM core.flight WHERE id = 0")
    assert rows_of(lakehouse_on_s3, "SELECT count(*) FROM core.flight") == [(4,)]

    build(lakehouse_on_s3, "core.flight", "SELECT 2::BIGINT AS id")
    s3.client().put_object(Bucket=s3.name, Key="lake/data/core/flight/orphan.parquet", Body=b"half written")
    before = _urls(s3)
    report = _maintain(lakehouse_on_s3, hours=0.9)
    assert (report.deleted_orphans, report.deleted_abandoned_builds, _urls(s3)) == (0, 0, before)
    report = _maintain(lakehouse_on_s3, hours=2)
    assert (report.deleted_orphans, report.deleted_abandoned_builds) == (1, 1)
    _maintain(lakehouse_on_s3, hours=4)
    assert _urls(s3) == registered_files(lakehouse_on_s3)
    assert rows_of(lakehouse_on_s3, "SELECT count(*) FROM core.flight") == [(4,)]


def _write_for_ever(settings: Mapping[str, Any], begun: Event) -> None:
    lakehouse = LakehouseResource(**settings)
    folder = new_build_folder(lakehouse, TableName("core", "flight"), "run-killed")
    with lakehouse.connection() as connection:
        begun.set()
        connection.execute(
            f"COPY (SELECT random() AS a, uuid()::VARCHAR AS b FROM range(1000000000)) TO '{folder}/built.parquet' "
            "(FORMAT parquet, ROW_GROUP_SIZE 20480)"
        )


def test_the_multipart_upload_of_a_killed_writer_is_aborted_when_it_is_old(
    lakehouse_on_s3: LakehouseResource, s3: S3Bucket
) -> None:
    build_and_publish(lakehouse_on_s3, "core.flight", "SELECT 1::BIGINT AS id")

    def uploads() -> int:
        return len(s3.client().list_multipart_uploads(Bucket=s3.name, Prefix="lake/").get("Uploads", ()))

    begun = other_processes().Event()
    with running(_write_for_ever, settings_of(lakehouse_on_s3), begun) as writer:
        assert begun.wait(DEADLINE_SECONDS)
        end = datetime.now(UTC) + timedelta(seconds=DEADLINE_SECONDS)
        while not uploads() and datetime.now(UTC) < end:
            writer.join(0.1)
    assert uploads() == 1
    assert len(_urls(s3)) == 1, "the half-written file is in no listing"
    assert _maintain(lakehouse_on_s3, hours=0.9).aborted_uploads == 0
    assert _maintain(lakehouse_on_s3, hours=2).aborted_uploads == 1
    assert uploads() == 0
    assert rows_of(lakehouse_on_s3, "SELECT id FROM core.flight") == [(1,)]


def test_a_local_catalog_may_have_its_files_on_s3(s3: S3Bucket, tmp_path: Path) -> None:
    lakehouse = LakehouseResource(
        catalog_url=f"sqlite:///{tmp_path / 'catalog.sqlite'}",
        data_path=f"{s3.url}lake/data",
        build_path=f"{s3.url}lake/builds",
        **s3.settings(),
    )
    try:
        build_and_publish(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
        assert _urls(s3) == registered_files(lakehouse)
    finally:
        lakehouse.close()
