"""The secret by which DuckDB reaches the S3 storage. What is done there without DuckDB is in `s3_storage.py`."""

import duckdb

from resources.lakehouse.configuration import S3Access
from resources.lakehouse.names import quote_literal


def create_storage_secret(connection: duckdb.DuckDBPyConnection, access: S3Access) -> None:
    """Gives DuckDB the way to the storage, for as long as the connection's instance lives; `httpfs` must be loaded."""
    fields = {
        "KEY_ID": access.access_key_id,
        "SECRET": access.secret_access_key,
        "REGION": access.region,
        "ENDPOINT": access.endpoint,
        "URL_STYLE": access.url_style,
    }
    listed = ", ".join(f"{name} {quote_literal(value)}" for name, value in fields.items() if value)
    connection.execute(f"CREATE OR REPLACE SECRET lake_storage (TYPE s3, USE_SSL {access.use_ssl}, {listed})")
