"""The lakehouse's settings, verified once and turned into values. Opening anything with them is not done here."""

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from resources.lakehouse.errors import InvalidConfiguration

DEFAULT_POSTGRES_PORT = 5432
DEFAULT_S3_REGION = "us-east-1"
_GLOB_CHARACTERS = frozenset("*?[")


@dataclass(frozen=True)
class SqliteCatalog:
    """A catalog in a SQLite file."""

    path: str

    @property
    def shown(self) -> str:
        """The catalog for people."""
        return f"sqlite:///{self.path}"


@dataclass(frozen=True)
class PostgresCatalog:
    """A catalog in a PostgreSQL database; `options` are libpq's (sslmode, …)."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    options: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> str:
        """The catalog for people, without the password."""
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.database}"


Catalog = SqliteCatalog | PostgresCatalog


@dataclass(frozen=True)
class S3Access:
    """How to reach the S3 storage."""

    endpoint: str
    region: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    use_ssl: bool
    url_style: str


class S3Settings(Protocol):
    """Settings that say how to reach the S3 storage, as they were given."""

    @property
    def s3_endpoint(self) -> str:
        """`host:port` of the service; empty: Amazon's."""
        ...

    @property
    def s3_region(self) -> str:
        """Empty: Amazon's first."""
        ...

    @property
    def s3_access_key_id(self) -> str:
        """Who asks."""
        ...

    @property
    def s3_secret_access_key(self) -> str:
        """And what proves it."""
        ...

    @property
    def s3_use_ssl(self) -> bool:
        """Whether the service speaks TLS."""
        ...

    @property
    def s3_url_style(self) -> str:
        """`path` or `vhost`."""
        ...


@dataclass(frozen=True)
class LakehouseConfiguration:
    """All settings of one lakehouse; equal ones share one DuckDB instance."""

    catalog: Catalog
    data_path: str
    build_path: str
    s3: S3Access | None
    duckdb_settings: tuple[tuple[str, str], ...] = ()
    spill_path: str = ""


def parse_catalog_url(url: str) -> Catalog:
    """Reads `sqlite:////absolute/file` or `postgresql://user:password@host:port/database?option=value`.

    Raises:
        InvalidConfiguration: it is neither; the message never shows the password.
    """
    if url.startswith("sqlite:///"):
        path = url.removeprefix("sqlite:///")
        if not Path(path).is_absolute():
            raise InvalidConfiguration(
                f"catalog_url {url!r}: the path must be absolute (sqlite:////data/catalog.sqlite)"
            )
        return SqliteCatalog(os.path.normpath(path))
    scheme = url.partition(":")[0]
    if scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise InvalidConfiguration(
            f"catalog_url begins with {scheme[:40]!r}: use sqlite:////absolute/path or postgresql://user:password@host/database"
        )
    return _parse_postgres(url)


def _parse_postgres(url: str) -> PostgresCatalog:
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_POSTGRES_PORT
    except ValueError:
        raise InvalidConfiguration(
            "catalog_url is not a valid PostgreSQL URL: write special characters of user and password as %XX"
        ) from None
    options = dict(parse_qsl(parts.query))
    host, database = parts.hostname or options.pop("host", ""), unquote(parts.path.lstrip("/"))
    if not host or not database or not parts.username:
        raise InvalidConfiguration(
            "catalog_url names no user, host or database: use postgresql://user:password@host/database"
        )
    return PostgresCatalog(
        host, port, database, unquote(parts.username), unquote(parts.password or ""), tuple(sorted(options.items()))
    )


def s3_access(settings: S3Settings) -> S3Access:
    """The S3 settings as verified values; no region is Amazon's first.

    Raises:
        InvalidConfiguration: a key is empty, or the style of the URLs is neither `path` nor `vhost`.
    """
    if not settings.s3_access_key_id or not settings.s3_secret_access_key:
        raise InvalidConfiguration(
            "data_path or build_path is on S3, but s3_access_key_id or s3_secret_access_key is empty"
        )
    if settings.s3_url_style not in {"path", "vhost"}:
        raise InvalidConfiguration(f"s3_url_style {settings.s3_url_style!r} must be path or vhost")
    return S3Access(
        endpoint=settings.s3_endpoint,
        region=settings.s3_region or DEFAULT_S3_REGION,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=settings.s3_secret_access_key,
        use_ssl=settings.s3_use_ssl,
        url_style=settings.s3_url_style,
    )


def parse_folder(setting: str, value: str) -> str:
    """A data or build path: absolute or on S3, with one slash at its end.

    Raises:
        InvalidConfiguration: it is relative, has no bucket, or holds characters that DuckDB reads as a pattern.
    """
    if _GLOB_CHARACTERS & set(value) or any(ord(character) < ord(" ") for character in value):
        raise InvalidConfiguration(
            f"{setting} {value!r} holds a character of {'*?['} or a control character: rename the folder"
        )
    if value.startswith("s3://"):
        if not value.removeprefix("s3://").strip("/"):
            raise InvalidConfiguration(f"{setting} {value!r} names no bucket: use s3://bucket/folder/")
        return f"s3://{value.removeprefix('s3://').strip('/')}/"
    if not Path(value).is_absolute():
        raise InvalidConfiguration(f"{setting} {value!r} must be an absolute path or s3://bucket/folder/")
    return f"{os.path.normpath(value)}/"


def verify_apart(data_path: str, build_path: str) -> None:
    """Refuses folders of which one lies in the other: each is swept by rules the other's files would not survive.

    Raises:
        InvalidConfiguration: one is inside the other.
    """
    data, build = PurePosixPath(data_path), PurePosixPath(build_path)
    if data.is_relative_to(build) or build.is_relative_to(data):
        raise InvalidConfiguration(
            f"build_path {build_path} and data_path {data_path} must lie beside each other, neither inside the other"
        )
