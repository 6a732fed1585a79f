from pathlib import Path

import pytest
import sqlalchemy

from data_platform.demo.operational_database import seed_operational_database


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'demo' / 'operational.sqlite'}"
    postgres_url: str = request.getfixturevalue("postgres_url")
    return postgres_url


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg2://"))
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.exec_driver_sql(query)]
    engine.dispose()
    return rows


def test_the_database_holds_the_three_tables_with_their_nulls(url: str) -> None:
    assert seed_operational_database(url)
    counts = [ask(url, f"SELECT count(*) FROM {table}")[0][0] for table in ("planes", "airports", "airlines")]
    assert counts == [3_322, 1_458, 16]
    assert ask(url, "SELECT count(*) FROM airports WHERE tzone IS NULL") == [(3,)]
    assert ask(url, "SELECT count(*) FROM planes WHERE year IS NULL") == [(70,)]
    assert ask(url, "SELECT year, seats, speed FROM planes WHERE tailnum = 'N10156'") == [(2004, 55, None)]


def test_seeding_again_leaves_the_tables_as_they_are(url: str) -> None:
    seed_operational_database(url)
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg2://"))
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM airlines WHERE carrier = 'UA'")
    engine.dispose()
    assert not seed_operational_database(url)
    assert ask(url, "SELECT count(*) FROM airlines") == [(15,)]


def test_an_interrupted_seed_leaves_no_half_filled_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "operational.sqlite"
    with monkeypatch.context() as patch:
        patch.setattr("data_platform.demo.operational_database._rows", broken)
        with pytest.raises(KeyboardInterrupt):
            seed_operational_database(f"sqlite:///{path}")
    assert list(tmp_path.iterdir()) == []
    assert seed_operational_database(f"sqlite:///{path}")
