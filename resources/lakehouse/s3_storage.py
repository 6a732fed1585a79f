"""What maintenance does on S3 beside DuckDB: old objects listed and deleted, abandoned multipart uploads aborted."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from resources.lakehouse.configuration import S3Access
from resources.lakehouse.errors import LakehouseUnavailable, one_line

CONNECT_TIMEOUT_SECONDS = 10
READ_TIMEOUT_SECONDS = 60
DELETE_BATCH = 1000
"""The most keys that S3 takes in one request."""


def old_objects(access: S3Access, path: str, before: datetime) -> list[str]:
    """The URLs of the objects below `path` (s3://bucket/prefix/) that were last written before `before`.

    Raises:
        LakehouseUnavailable: the storage cannot be reached, or refuses the credentials.
    """
    bucket, prefix = _split(path)
    with _client(access) as client:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [
            f"s3://{bucket}/{entry['Key']}"
            for page in pages
            for entry in page.get("Contents", ())
            if entry["LastModified"] < before
        ]


def delete_objects(access: S3Access, urls: Iterable[str]) -> int:
    """Deletes the objects; returns how many.

    Raises:
        LakehouseUnavailable: the storage cannot be reached, or refuses to delete one.
    """
    keys: dict[str, list[str]] = {}
    for url in urls:
        bucket, key = _split(url)
        keys.setdefault(bucket, []).append(key)
    with _client(access) as client:
        for bucket, listed in keys.items():
            for start in range(0, len(listed), DELETE_BATCH):
                objects = [{"Key": key} for key in listed[start : start + DELETE_BATCH]]
                answer = client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
                for failed in answer.get("Errors", ()):
                    raise LakehouseUnavailable(
                        f"s3://{bucket}/{failed.get('Key')} cannot be deleted: {failed.get('Message')}"
                    )
    return sum(len(listed) for listed in keys.values())


def abort_stale_uploads(access: S3Access, path: str, before: datetime) -> int:
    """Aborts the multipart uploads below `path` begun before `before`; returns how many.

    A killed writer leaves one; its parts take space and appear in no listing of objects.

    Raises:
        LakehouseUnavailable: the storage cannot be reached, or refuses the credentials.
    """
    bucket, prefix = _split(path)
    with _client(access) as client:
        stale = [
            upload
            for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix)
            for upload in page.get("Uploads", ())
            if upload["Initiated"] < before
        ]
        for upload in stale:
            client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        return len(stale)


def _split(url: str) -> tuple[str, str]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key


@contextmanager
def _client(access: S3Access) -> Iterator[Any]:
    import boto3  # type: ignore[import-untyped] # noqa: PLC0415 - 0.3 s
    from botocore.config import Config  # type: ignore[import-untyped] # noqa: PLC0415 - as above
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped] # noqa: PLC0415 - as above

    scheme = "https" if access.use_ssl else "http"
    client = boto3.client(
        "s3",
        endpoint_url=f"{scheme}://{access.endpoint}" if access.endpoint else None,
        region_name=access.region,
        aws_access_key_id=access.access_key_id,
        aws_secret_access_key=access.secret_access_key,
        config=Config(
            s3={"addressing_style": "virtual" if access.url_style == "vhost" else "path"},
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
            retries={"max_attempts": 3, "mode": "standard"},
        ),
    )
    try:
        yield client
    except (BotoCoreError, ClientError) as error:
        where = access.endpoint or "Amazon"
        raise LakehouseUnavailable(
            f"the S3 storage at {where} cannot be used: {one_line(error)}; check the s3_ settings and that it runs"
        ) from error
    finally:
        client.close()
