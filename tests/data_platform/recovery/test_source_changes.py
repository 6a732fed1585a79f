"""Whether a source is still what was landed of it, asked of the platform's own sources; nothing is landed for it."""

import os
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from data_platform.demo.weather_faults import Fault
from data_platform.recovery.source_changes import SourceChanges
from data_platform.recovery.subjects import Subjects
from tests.scratch_platform import ScratchPlatform, errors_of, scratch_platform

DAY = date(2013, 1, 2)
FLIGHTS, WEATHER = "asset:raw/flights", "asset:raw/weather"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScratchPlatform]:
    """Two days of flights and the weather, landed; each test leaves the sources as they were."""
    with scratch_platform(tmp_path_factory.mktemp("changes"), DAY) as platform:
        result = platform.run("materialize_everything", assets=["raw/flights"], days=(date(2013, 1, 1), DAY))
        assert result.success, errors_of(result)
        result = platform.run("materialize_everything", assets=["raw/weather"])
        assert result.success, errors_of(result)
        yield platform


def changed(platform: ScratchPlatform, subject: str, partition: str = "") -> bool | None:
    return SourceChanges(Subjects(platform.settings)).has_changed(subject, partition, 5.0)


def test_what_is_as_it_landed_has_not_changed(loaded: ScratchPlatform) -> None:
    assert changed(loaded, FLIGHTS, "2013-01-02") is False
    assert changed(loaded, FLIGHTS, "2013-01-01...2013-01-02") is False
    assert changed(loaded, FLIGHTS) is False
    assert changed(loaded, WEATHER) is False


def test_a_model_reads_from_nothing_outside_and_of_a_database_it_is_not_known(loaded: ScratchPlatform) -> None:
    assert changed(loaded, "asset:core/flight", "2013-01-02") is False
    assert changed(loaded, "asset:raw/planes") is None
    assert changed(loaded, "op:somebody_elses") is None


def test_a_file_that_was_delivered_anew_has_changed_for_its_day_alone(loaded: ScratchPlatform) -> None:
    file = loaded.settings.drop_folder / "flights_2013-01-02.csv"
    before = file.stat()
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns - 10**9))
    assert changed(loaded, FLIGHTS, "2013-01-02") is True
    assert changed(loaded, FLIGHTS, "2013-01-01...2013-01-02") is True
    assert changed(loaded, FLIGHTS, "2013-01-01") is False
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_file_that_was_taken_away_has_changed_and_of_one_that_never_landed_it_is_not_known(
    loaded: ScratchPlatform, tmp_path: Path
) -> None:
    file = loaded.settings.drop_folder / "flights_2013-01-02.csv"
    file.rename(tmp_path / "away")
    assert changed(loaded, FLIGHTS, "2013-01-02") is True
    (tmp_path / "away").rename(file)
    assert changed(loaded, FLIGHTS, "2013-01-03") is None


def test_of_an_api_that_does_not_answer_it_is_not_known(loaded: ScratchPlatform) -> None:
    loaded.weather.add_fault(Fault("status", status=503, times=1))
    assert changed(loaded, WEATHER) is None
    assert changed(loaded, WEATHER) is False


def test_a_page_that_is_another_now_has_changed(loaded: ScratchPlatform) -> None:
    class Another(BaseHTTPRequestHandler):
        """Answers with other weather, whatever is asked."""

        def do_GET(self) -> None:
            body = b'{"data": []}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Nothing."""

    host, port = loaded.weather.address.removeprefix("http://").split(":")
    loaded.weather.stop()
    server = ThreadingHTTPServer((host, int(port)), Another)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert changed(loaded, WEATHER) is True
    finally:
        server.shutdown()
        server.server_close()
