"""Small files of flights, delivered into a folder, and how a source refuses one."""

import gzip
import io
import os
import time
import zipfile
from datetime import date
from pathlib import Path

import pytest

from resources.sources import CsvFolder, SourceError
from tests.resources.sources.conftest import Reader

COLUMNS = {"flight": "BIGINT", "tailnum": "VARCHAR", "delay": "BIGINT"}
DAY = date(2013, 1, 1)
NEXT_DAY = date(2013, 1, 2)
GOOD = "flight,tailnum,delay\n1,N1,5\n2,NA,NA\n"


def deliver(folder: Path, text: str | bytes, day: date = DAY, *, age_seconds: float = 3600, end: str = ".csv") -> Path:
    path = folder / f"flights_{day}{end}"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    at = time.time() - age_seconds
    os.utime(path, (at, at))
    return path


def refused(
    reader: Reader, source: CsvFolder, kind: type[SourceError], *days: date, columns: dict[str, str] = COLUMNS
) -> SourceError:
    with pytest.raises(kind) as caught:
        reader.rows(reader.extract(source, columns, *(days or (DAY,))), columns)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("flights: ")
    assert reader.left_over() == []
    return caught.value


def compressed(text: str, ending: str) -> bytes:
    if ending.endswith("gz"):
        return gzip.compress(text.encode())
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("flights.csv", text)
    return data.getvalue()
