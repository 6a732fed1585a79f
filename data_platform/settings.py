"""What can be set from outside, read from `DATA_PLATFORM_*` environment variables.

Holds names, types, defaults and what makes a value wrong. Everything defaults to the demo,
with all state under `.data_platform/` of the checkout. What is made of the settings
(resources, sources, Dagster's instance) belongs to the composition root and to supervision.
"""

import difflib
import os
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "DATA_PLATFORM_"
CHECKOUT = Path(__file__).resolve().parent.parent

LEAST_MEMORY_BYTES = 64_000_000
MOST_DAYS = 36_500
"""A hundred years: what is longer is a slip, and later than any date that can be computed with."""

# Errors quote the value a person gave, except where the value may hold a secret.
_MAY_HOLD_A_SECRET = frozenset({"s3_access_key_id", "s3_secret_access_key", "catalog_url", "operational_database_url"})


class SettingsError(Exception):
    """A `DATA_PLATFORM_*` variable is unknown or its value cannot be used; one line that names it."""

    escalation_category = "code_defect"


def _absolute(value: object) -> object:
    """Anchor a relative path at the checkout, so that it means the same whatever the working directory."""
    return Path(os.path.abspath(CHECKOUT / Path(value).expanduser())) if isinstance(value, str | Path) else value  # noqa: PTH100 - resolve() would follow links


def _folder_or_bucket(value: str) -> str:
    """Absolute folder or `s3://` prefix, always with a closing slash."""
    if "://" not in value:
        value = str(_absolute(value))
    elif not re.fullmatch(r"s3://[^/]+/[^/].*", value):
        raise ValueError("must be a folder or s3://bucket/prefix/")
    return value.rstrip("/") + "/"


def _beside(folder: str, name: str) -> str:
    return f"{folder.rstrip('/').rpartition('/')[0]}/{name}/"


def _database_url(value: str) -> str:
    if re.match(r"sqlite:///.", value):
        return "sqlite:///" + str(_absolute(value.removeprefix("sqlite:///")))
    if re.match(r"postgresql(\+psycopg2)?://.", value):
        return value
    raise ValueError("must be sqlite:////absolute/file or postgresql://user:password@host/database")


def _http_url(value: str) -> str:
    if not re.match(r"https?://[^/\s]+", value):
        raise ValueError("must be http://host:port or https://host")
    return value.rstrip("/")


def _memory(value: str) -> str:
    if value and not re.fullmatch(r"\d+(\.\d+)?\s?([KMGT]i?B)", value):
        raise ValueError("must be a size such as 2GB or 512MiB")
    size = re.fullmatch(r"([\d.]+)\s?([KMGT])(i?)B", value)
    if size and float(size[1]) * (1024 if size[3] else 1000) ** (" KMGT".index(size[2])) < LEAST_MEMORY_BYTES:
        raise ValueError("must be at least 64MB: less holds no table of the demo")
    return value


AbsolutePath = Annotated[Path, BeforeValidator(_absolute)]
FolderOrBucket = Annotated[str, AfterValidator(_folder_or_bucket)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """The platform's settings; frozen. Paths are absolute, folders of the lake end in a slash."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True, extra="forbid")

    home: AbsolutePath = CHECKOUT / ".data_platform"
    dagster_home: AbsolutePath = Field(default_factory=lambda data: data["home"] / "dagster")
    landing_path: AbsolutePath = Field(default_factory=lambda data: data["home"] / "landing")
    reports_path: AbsolutePath = Field(default_factory=lambda data: data["home"] / "reports")

    catalog_url: DatabaseUrl = Field(
        default_factory=lambda data: f"sqlite:///{data['home'] / 'lakehouse' / 'catalog.sqlite'}", repr=False
    )
    data_path: FolderOrBucket = Field(default_factory=lambda data: f"{data['home'] / 'lakehouse' / 'data'}/")
    # Outside data_path: what is not yet published must be out of reach of the orphan sweep.
    build_path: FolderOrBucket = Field(default_factory=lambda data: _beside(data["data_path"], "builds"))
    s3_endpoint: str = ""
    s3_region: str = ""
    s3_access_key_id: str = Field(default="", repr=False)
    s3_secret_access_key: str = Field(default="", repr=False)
    s3_use_ssl: bool = True
    s3_url_style: Literal["path", "vhost"] = "path"

    memory_limit: Annotated[str, AfterValidator(_memory)] = ""
    threads: int = Field(default=0, ge=0)
    temp_directory: str = ""

    # The sources' date: the demo's data is of 2013.
    today: date = Field(default=date(2013, 12, 31), ge=date(2013, 1, 1), lt=date(9000, 1, 1))
    drop_folder: AbsolutePath = Field(default_factory=lambda data: data["home"] / "demo" / "drop")
    operational_database_url: DatabaseUrl = Field(
        default_factory=lambda data: f"sqlite:///{data['home'] / 'demo' / 'operational.sqlite'}", repr=False
    )
    weather_api_port: Port = 3334
    weather_api_url: HttpUrl = Field(default_factory=lambda data: f"http://127.0.0.1:{data['weather_api_port']}")
    webserver_port: Port = 3000

    # Orphan deletion under an hour can hit a build in flight.
    retention_hours: float = Field(default=24, ge=1, le=MOST_DAYS * 24)
    quarantine_days: float = Field(default=30, gt=0, le=MOST_DAYS)

    @model_validator(mode="after")
    def _builds_lie_outside_the_data(self) -> "Settings":
        if self.build_path.startswith(self.data_path) or self.data_path.startswith(self.build_path):
            raise ValueError("build_path and data_path must lie beside each other: each is swept by rules of its own")
        if self.build_path.startswith("s3://") != self.data_path.startswith("s3://"):
            raise ValueError(
                "build_path and data_path must both be folders or both s3://, files are published in place"
            )
        return self

    @model_validator(mode="after")
    def _each_server_has_a_port_of_its_own(self) -> "Settings":
        if self.webserver_port == self.weather_api_port:
            raise ValueError(f"webserver_port and weather_api_port are both {self.webserver_port}: choose two ports")
        return self

    @model_validator(mode="after")
    def _a_bucket_has_a_key(self) -> "Settings":
        if bool(self.s3_access_key_id) != bool(self.s3_secret_access_key):
            raise ValueError("s3_access_key_id and s3_secret_access_key must be set together")
        if self.data_path.startswith("s3://") and not self.s3_access_key_id:
            raise ValueError("data_path is on S3, so s3_access_key_id and s3_secret_access_key must be set")
        return self


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: a variable is unknown or its value is wrong; one line that names it.
    """
    _refuse_unknown(os.environ)
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(_one_line(error)) from None


def variable_of(field: str) -> str:
    """The environment variable that sets a field."""
    return PREFIX + field.upper()


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = {variable_of(field) for field in Settings.model_fields}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "unset it, and `data-platform settings` lists the known ones"
            raise SettingsError(f"{name} is not a setting; {hint}")


def _one_line(error: ValidationError) -> str:
    first: Any = error.errors(include_url=False, include_context=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        # The rule spans several settings: say it in the words of the environment.
        fields = "|".join(sorted(Settings.model_fields, key=len, reverse=True))
        return re.sub(rf"\b({fields})\b", lambda match: variable_of(match[0]), message)
    field = str(first["loc"][0])
    value = "" if field in _MAY_HOLD_A_SECRET else f"={str(first['input'])[:80]!r}"
    return f"{variable_of(field)}{value}: {message[:1].lower()}{message[1:]}"
