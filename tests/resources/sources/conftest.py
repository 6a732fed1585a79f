"""What the tests of sources share: extracting and reading as the platform does, with the log lines collected."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from resources.sources import ExtractRequest, Landed, Source, typed_select, verify_landed

AS_OF = date(2013, 12, 31)


@dataclass
class Reader:
    """Extracts and reads as the platform does."""

    landing: Path
    connection: duckdb.DuckDBPyConnection
    lines: list[str] = field(default_factory=list)

    def request(
        self, columns: Mapping[str, str], *days: date, now: datetime | None = None, as_of: date = AS_OF
    ) -> ExtractRequest:
        return ExtractRequest(
            self.landing, columns, now or datetime.now(UTC), as_of, tuple(days) or None, self.lines.append
        )

    def extract(self, source: Source, columns: Mapping[str, str], *days: date, now: datetime | None = None) -> Landed:
        return source.extract(self.request(columns, *days, now=now))

    def rows(self, landed: Landed, columns: Mapping[str, str]) -> list[tuple[object, ...]]:
        """The declared columns of all rows, after verification, sorted."""
        verify_landed(self.connection, landed, columns)
        names = ", ".join(f'"{name}"' for name in columns)
        return self.connection.execute(f"SELECT {names} FROM ({typed_select(landed, columns)}) ORDER BY ALL").fetchall()

    def left_over(self) -> list[str]:
        """Half-written files anywhere in the landing area."""
        return [path.name for path in self.landing.rglob("*.partial")]

    def landed_files(self, source: str, suffix: str = ".csv") -> list[Path]:
        return sorted(path for path in (self.landing / source).iterdir() if path.name.endswith(suffix))


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield Reader(tmp_path / "landing", connection)
