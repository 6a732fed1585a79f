"""Recognizing that the catalog or the storage is down in an error of DuckDB's, and saying so in one line."""

import duckdb

from resources.lakehouse.configuration import LakehouseConfiguration, PostgresCatalog, S3Access
from resources.lakehouse.errors import one_line

_DISK = ("disk I/O error", "database or disk is full")
_LOST = (
    "server closed the connection",
    "Unable to connect to Postgres",
    "connection to server",
    "terminating connection",
)
_REFUSED = ("HTTP code 403", "HTTP 403", "SignatureDoesNotMatch", "InvalidAccessKeyId")
_UNREACHABLE = ("Could not", "Timeout", "HTTP")


def describe_outage(configuration: LakehouseConfiguration, error: duckdb.Error) -> str | None:
    """One line on which service is down or refuses us, and which setting to look at; None if it is something else."""
    text, catalog = str(error), configuration.catalog
    if isinstance(catalog, PostgresCatalog) and _any_in(_LOST, text):
        return f"the catalog {catalog.shown} was lost: {one_line(error)}; check that the server runs"
    if _any_in(_DISK, text):
        return f"the catalog {catalog.shown} cannot be used: {one_line(error)}; is its disk full?"
    if configuration.s3 is not None and isinstance(error, (duckdb.HTTPException, duckdb.IOException)):
        paths = (configuration.data_path, configuration.build_path)
        buckets = {path.removeprefix("s3://").partition("/")[0] for path in paths if path.startswith("s3://")}
        # Others' storage, which a query may read too, is not ours to explain.
        if _any_in([sign for bucket in buckets for sign in (f"/{bucket}/", f"//{bucket}.")], text):
            return _describe_storage(configuration.s3, error)
    return None


def _describe_storage(access: S3Access, error: duckdb.Error) -> str | None:
    where = f"the S3 storage at {access.endpoint or 'Amazon'}"
    if _any_in(_REFUSED, str(error)):
        return f"{where} refuses the credentials: check s3_access_key_id and s3_secret_access_key ({one_line(error)})"
    if _any_in(_UNREACHABLE, str(error)):
        return f"{where} cannot be used: {one_line(error)}; check s3_endpoint and that it runs"
    return None


def _any_in(signs: tuple[str, ...] | list[str], text: str) -> bool:
    return any(sign in text for sign in signs)
