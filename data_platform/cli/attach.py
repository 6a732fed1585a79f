"""`data-platform attach`: how other programs read the lakehouse, ready to paste."""

from data_platform.cli.terminal import notes, output
from data_platform.settings import load_settings

_TITLES = {
    "duckdb": "DuckDB: the command line and other SQL clients",
    "python": "Python",
    "jdbc": "BI tools, over JDBC",
}


def print_recipe() -> None:
    """Print the read-only recipes for DuckDB, Python and BI tools; the texts alone go to standard output."""
    from data_platform.connections import lakehouse_of
    from resources.lakehouse import read_only_attach_recipe

    for tool, recipe in read_only_attach_recipe(lakehouse_of(load_settings())).items():
        notes().print(f"\n{_TITLES.get(tool, tool)}\n", style="bold")
        output().print(recipe, markup=False, soft_wrap=True)
