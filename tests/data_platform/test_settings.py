"""Settings: what the environment may say, and the one line that answers what it may not."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from data_platform.assets.partitions import FIRST_DAY
from data_platform.settings import CHECKOUT, Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("DATA_PLATFORM_")]:
        monkeypatch.delenv(name)


def test_an_empty_environment_gives_the_demo_under_the_checkout() -> None:
    settings = load_settings()
    assert settings.home == CHECKOUT / ".data_platform"
    assert settings.catalog_url == f"sqlite:///{CHECKOUT}/.data_platform/lakehouse/catalog.sqlite"
    assert settings.data_path == f"{CHECKOUT}/.data_platform/lakehouse/data/"
    assert settings.build_path == f"{CHECKOUT}/.data_platform/lakehouse/builds/"
    assert settings.drop_folder == CHECKOUT / ".data_platform/demo/drop"
    assert settings.weather_api_url == "http://127.0.0.1:3334"
    assert settings.today == date(2013, 12, 31)


def test_moving_the_home_moves_everything_in_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_PLATFORM_HOME", str(tmp_path))
    for field, value in load_settings():
        if str(CHECKOUT) in str(value):
            pytest.fail(f"{field} stayed at {value}")


def test_a_relative_path_means_the_checkout_whatever_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_PLATFORM_DROP_FOLDER", "incoming")
    monkeypatch.setenv("DATA_PLATFORM_DATA_PATH", "lake/data")
    monkeypatch.setenv("DATA_PLATFORM_CATALOG_URL", "sqlite:///lake/catalog.sqlite")
    settings = load_settings()
    assert settings.drop_folder == CHECKOUT / "incoming"
    assert settings.data_path == f"{CHECKOUT}/lake/data/"
    assert settings.catalog_url == f"sqlite:///{CHECKOUT}/lake/catalog.sqlite"


def test_builds_follow_the_data_to_its_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_DATA_PATH", "s3://bucket/lake/data")
    monkeypatch.setenv("DATA_PLATFORM_S3_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("DATA_PLATFORM_S3_SECRET_ACCESS_KEY", "secret")
    settings = load_settings()
    assert (settings.data_path, settings.build_path) == ("s3://bucket/lake/data/", "s3://bucket/lake/builds/")


def test_a_bucket_without_a_key_is_refused_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_DATA_PATH", "s3://bucket/lake/data")
    with pytest.raises(SettingsError, match="DATA_PLATFORM_S3_ACCESS_KEY_ID"):
        load_settings()


def test_another_port_of_the_demo_moves_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_WEATHER_API_PORT", "4000")
    assert load_settings().weather_api_url == "http://127.0.0.1:4000"


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("THREADS", "many", "valid integer"),
        ("TODAY", "2013-02-30", "valid date"),
        ("WEBSERVER_PORT", "70000", "less than or equal to 65535"),
        ("RETENTION_HOURS", "0.5", "greater than or equal to 1"),
        ("RETENTION_HOURS", "nan", "less than or equal to 876000"),
        ("S3_USE_SSL", "perhaps", "valid boolean"),
        ("S3_URL_STYLE", "virtual", "'path' or 'vhost'"),
        ("DATA_PATH", "s3://bucket/", "s3://bucket/prefix/"),
        ("DATA_PATH", "gs://bucket/x", "s3://bucket/prefix/"),
        ("CATALOG_URL", "mysql://host/db", "postgresql://user:password@host/database"),
        ("WEATHER_API_URL", "localhost:3334", "http://host:port"),
        ("MEMORY_LIMIT", "lots", "2GB"),
        ("MEMORY_LIMIT", "1MB", "at least 64MB"),
        ("TODAY", "2012-12-31", "2013-01-01"),
        ("RETENTION_HOURS", "inf", "less than or equal to 876000"),
        ("QUARANTINE_DAYS", "1e300", "less than or equal to 36500"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"DATA_PLATFORM_{variable}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    line = str(caught.value)
    assert line.startswith(f"DATA_PLATFORM_{variable}")
    assert told in line
    assert "\n" not in line


def test_an_unknown_variable_is_refused_with_the_likely_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_TREADS", "2")
    with pytest.raises(
        SettingsError, match="DATA_PLATFORM_TREADS is not a setting; did you mean DATA_PLATFORM_THREADS"
    ):
        load_settings()


def test_builds_inside_the_data_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_PLATFORM_DATA_PATH", str(tmp_path))
    monkeypatch.setenv("DATA_PLATFORM_BUILD_PATH", str(tmp_path / "builds"))
    with pytest.raises(SettingsError, match="DATA_PLATFORM_BUILD_PATH and DATA_PLATFORM_DATA_PATH must lie beside"):
        load_settings()


def test_builds_on_disk_for_data_on_s3_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_PLATFORM_DATA_PATH", "s3://bucket/data")
    monkeypatch.setenv("DATA_PLATFORM_BUILD_PATH", str(tmp_path))
    with pytest.raises(SettingsError, match="both be folders or both s3://"):
        load_settings()


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_S3_ACCESS_KEY_ID", "an-id")
    monkeypatch.setenv("DATA_PLATFORM_S3_SECRET_ACCESS_KEY", "hush-hush")
    monkeypatch.setenv("DATA_PLATFORM_CATALOG_URL", "postgresql://me:hush-hush@host/db")
    settings = load_settings()
    assert settings.s3_secret_access_key == "hush-hush"
    assert "hush-hush" not in f"{settings!r} {settings}"
    monkeypatch.setenv("DATA_PLATFORM_CATALOG_URL", "postgres://me:hush-hush@host/db")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "hush-hush" not in str(caught.value)


def test_settings_cannot_be_changed_after_they_are_loaded() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().threads = 3  # type: ignore[misc]


def test_every_setting_has_a_default() -> None:
    assert not [name for name, field in Settings.model_fields.items() if field.is_required()]


def test_the_earliest_date_is_the_first_day_of_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_TODAY", FIRST_DAY.isoformat())
    assert load_settings().today == FIRST_DAY
    monkeypatch.setenv("DATA_PLATFORM_TODAY", (FIRST_DAY - timedelta(days=1)).isoformat())
    with pytest.raises(SettingsError, match="DATA_PLATFORM_TODAY"):
        load_settings()


def test_two_servers_on_one_port_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_WEBSERVER_PORT", "3334")
    told = "DATA_PLATFORM_WEBSERVER_PORT and DATA_PLATFORM_WEATHER_API_PORT are both 3334: choose two ports"
    with pytest.raises(SettingsError, match=told):
        load_settings()
