"""From settings to the resources that connect to the outside. What a resource does is in `resources`."""

import os
from typing import TYPE_CHECKING, Any

from data_platform.settings import Settings, variable_of

if TYPE_CHECKING:
    from resources.lakehouse import LakehouseResource

PLAIN = (
    "data_path",
    "build_path",
    "s3_endpoint",
    "s3_region",
    "s3_use_ssl",
    "s3_url_style",
    "memory_limit",
    "threads",
    "temp_directory",
)
SECRET = ("catalog_url", "s3_access_key_id", "s3_secret_access_key")


def lakehouse_of(settings: Settings) -> "LakehouseResource":
    """The lakehouse that the settings name, its values as they are."""
    from resources.lakehouse import LakehouseResource

    return LakehouseResource(**{name: getattr(settings, name) for name in (*PLAIN, *SECRET)})


def lakehouse_resource(settings: Settings) -> "LakehouseResource":
    """The same for Dagster, which shows resources in its UI: what may hold a secret is named, not shown.

    Only a value that stands in the environment can be named; any other was made by a test or a tool.
    """
    import dagster as dg

    from resources.lakehouse import LakehouseResource

    values: dict[str, Any] = {name: getattr(settings, name) for name in PLAIN}
    for name in SECRET:
        value = getattr(settings, name)
        named = bool(value) and os.environ.get(variable_of(name)) == value
        values[name] = dg.EnvVar(variable_of(name)) if named else value
    return LakehouseResource(**values)
