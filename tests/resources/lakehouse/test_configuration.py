from collections.abc import Callable

import pytest

from resources.lakehouse import InvalidConfiguration, LakehouseResource
from resources.lakehouse.configuration import PostgresCatalog, parse_catalog_url


def test_a_postgresql_url_is_read_whatever_its_driver_and_its_password_is_never_shown() -> None:
    catalog = parse_catalog_url("postgresql+psycopg2://lake:p%40ss@db.example:6432/catalog?sslmode=require")
    assert isinstance(catalog, PostgresCatalog)
    assert (catalog.host, catalog.port, catalog.database, catalog.user) == ("db.example", 6432, "catalog", "lake")
    assert catalog.password == "p@ss"
    assert catalog.options == (("sslmode", "require"),)
    assert "p@ss" not in repr(catalog) + catalog.shown


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("catalog_url", "sqlite:///relative.sqlite"),
        ("catalog_url", "mysql://user:secret@host/database"),
        ("catalog_url", "postgresql://user:secret@host/"),
        ("catalog_url", "postgresql://user:secret@host:port/database"),
        ("data_path", "data"),
        ("data_path", "s3://"),
        ("build_path", "/builds/*/"),
        ("temp_directory", "spill"),
        ("memory_limit", "plenty"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it_and_shows_no_password(
    changed: Callable[..., LakehouseResource], setting: str, value: str
) -> None:
    with pytest.raises(InvalidConfiguration) as refused, changed(**{setting: value}).connection():
        pass
    assert setting in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("data", "builds"), [("/lake/", "/lake/builds/"), ("/lake/data/", "/lake/"), ("/a/", "/a/")])
def test_data_path_and_build_path_must_lie_apart(
    changed: Callable[..., LakehouseResource], data: str, builds: str
) -> None:
    with pytest.raises(InvalidConfiguration, match="beside each other"):
        changed(data_path=data, build_path=builds).configuration()


def test_an_s3_path_without_credentials_names_the_settings_that_are_missing(
    changed: Callable[..., LakehouseResource],
) -> None:
    with pytest.raises(InvalidConfiguration, match="s3_access_key_id"):
        changed(data_path="s3://bucket/data/").configuration()


def test_secrets_are_in_no_representation_of_the_configuration(changed: Callable[..., LakehouseResource]) -> None:
    configuration = changed(
        catalog_url="postgresql://lake:hidden-password@host/database",
        data_path="s3://bucket/data/",
        s3_access_key_id="key",
        s3_secret_access_key="hidden-key",
    ).configuration()
    assert "hidden" not in repr(configuration)


def test_a_catalog_made_for_another_data_path_is_refused_and_says_so(
    lakehouse: LakehouseResource, changed: Callable[..., LakehouseResource]
) -> None:
    with lakehouse.connection():
        pass
    other = changed(data_path=f"{lakehouse.data_path.rstrip('/')}-elsewhere/")
    with pytest.raises(InvalidConfiguration, match="data_path"), other.connection():
        pass
