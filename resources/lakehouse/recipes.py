"""Ready-to-paste recipes with which analysts read the lakehouse from outside. Secrets are shown as `…`."""

from typing import TYPE_CHECKING

import duckdb

from resources.lakehouse.catalog import BUSY_TIMEOUT_SECONDS, LAKE
from resources.lakehouse.configuration import LakehouseConfiguration, PostgresCatalog, S3Access
from resources.lakehouse.names import quote_literal

if TYPE_CHECKING:
    from resources.lakehouse.resource import LakehouseResource


def read_only_attach_recipe(lakehouse: "LakehouseResource") -> dict[str, str]:
    """Recipes by tool: `duckdb` (command line, any SQL client of DuckDB's), `python`, and `jdbc` (BI tools)."""
    statements = _statements(lakehouse.configuration())
    sql = "\n".join(f"{statement};" for statement in statements)
    python = "\n".join(
        [
            f"# pip install duckdb=={duckdb.__version__}",
            "import duckdb",
            "",
            "connection = duckdb.connect()",
            f'connection.execute("""\n{sql}\n""")',
            'print(connection.sql("SHOW ALL TABLES"))',
        ]
    )
    jdbc = "\n".join(
        [
            f"-- Driver: org.duckdb:duckdb_jdbc:{duckdb.__version__} (org.duckdb.DuckDBDriver), URL: jdbc:duckdb:",
            "-- Run at the start of every session (DBeaver: Connection initialization > Bootstrap queries;",
            "-- others: save as lake.sql and use the URL jdbc:duckdb:;session_init_sql_file=/path/to/lake.sql):",
            sql,
        ]
    )
    return {"duckdb": sql, "python": python, "jdbc": jdbc}


def _statements(configuration: LakehouseConfiguration) -> list[str]:
    catalog = configuration.catalog
    postgres = isinstance(catalog, PostgresCatalog)
    extensions = ["ducklake", "postgres" if postgres else "sqlite", *(["httpfs"] if configuration.s3 else [])]
    statements = [f"{verb} {name}" for name in extensions for verb in ("INSTALL", "LOAD")]
    if configuration.s3:
        statements.append(_storage_secret(configuration.s3))
    if isinstance(catalog, PostgresCatalog):
        statements.append(
            f"CREATE SECRET lake_catalog (TYPE postgres, HOST {quote_literal(catalog.host)}, PORT {catalog.port}, "
            f"DATABASE {quote_literal(catalog.database)}, USER {quote_literal(catalog.user)}, PASSWORD '…')"
        )
        options = "".join(f" {name}={value}" for name, value in catalog.options).strip()
        target, extra = f"ducklake:postgres:{options}", "META_SECRET 'lake_catalog'"
    else:
        target, extra = f"ducklake:sqlite:{catalog.path}", f"META_BUSY_TIMEOUT {BUSY_TIMEOUT_SECONDS * 1000}"
    statements.append(f"ATTACH {quote_literal(target)} AS {LAKE} (READ_ONLY, {extra})")
    statements.append(f"USE {LAKE}")
    return statements


def _storage_secret(access: S3Access) -> str:
    endpoint = f"ENDPOINT {quote_literal(access.endpoint)}, " if access.endpoint else ""
    return (
        f"CREATE SECRET lake_storage (TYPE s3, KEY_ID '…', SECRET '…', {endpoint}"
        f"REGION {quote_literal(access.region)}, URL_STYLE {quote_literal(access.url_style)}, "
        f"USE_SSL {str(access.use_ssl).lower()})"
    )
