"""A lakehouse on each kind of catalog and storage, for the tests that must hold on all of them."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from resources.lakehouse import InvalidConfiguration, LakehouseResource


@pytest.fixture(params=["sqlite", "postgres"])
def each_catalog(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LakehouseResource]:
    """An empty lakehouse whose catalog does not exist yet."""
    home = tmp_path / "lakehouse"
    sqlite = request.param == "sqlite"
    resource = LakehouseResource(
        catalog_url=f"sqlite:///{home / 'catalog.sqlite'}" if sqlite else request.getfixturevalue("postgres_url"),
        data_path=f"{home / 'data'}/",
        build_path=f"{home / 'builds'}/",
    )
    yield resource
    resource.close()


@pytest.fixture
def changed(lakehouse: LakehouseResource) -> Iterator[Callable[..., LakehouseResource]]:
    """Makes a lakehouse like `lakehouse`, but with other settings; closes it at the end."""
    made: list[LakehouseResource] = []

    def change(**settings: object) -> LakehouseResource:
        made.append(lakehouse.model_copy(update=settings))
        return made[-1]

    yield change
    for each in made:
        with suppress(InvalidConfiguration):  # then it never opened anything
            each.close()
