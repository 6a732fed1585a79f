"""From landed files to rows with declared types: the SELECT, and the proof before it that it changes nothing.

`verify_landed` reads the files as text once; after it `typed_select` may use DuckDB's faster, lenient conversion.
Where a table is built or published from the rows is not the business of this package.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC

import duckdb

from resources.lakehouse.names import quote_identifier, quote_literal
from resources.sources.column_mapping import ColumnMapping, mapped
from resources.sources.csv_format import PATH_COLUMN, CsvFormat
from resources.sources.errors import LandingError, SourceFormatError, SourceSchemaError, SourceValueError
from resources.sources.landed import Landed, LandedFile
from resources.sources.strict_types import misfit_condition

ADDED_COLUMNS: Mapping[str, str] = {"_source_file": "VARCHAR", "_loaded_at": "TIMESTAMPTZ", "_partition": "DATE"}
"""What `typed_select` adds to a source's own columns; `_partition` only where the source is partitioned."""

_SHOWN_NAMES = 10
_NO_MAPPING = ColumnMapping()


def source_columns(columns: Mapping[str, str]) -> dict[str, str]:
    """`columns` without the ones that are added on loading: what the source itself must deliver."""
    return {name: kind for name, kind in columns.items() if name not in ADDED_COLUMNS}


def typed_select(landed: Landed, columns: Mapping[str, str], mapping: ColumnMapping = _NO_MAPPING) -> str:
    """A SELECT over the landed files: `columns` with their types, then the added ones (see `ADDED_COLUMNS`).

    Columns that the mapping takes in beyond the declared ones come after those, null where a file has none.

    Call `verify_landed` first: this alone would round numbers and drop offsets silently.
    """
    types = mapping.with_added(source_columns(columns))
    landed = mapped(landed, mapping)
    relations = " UNION ALL ".join(
        _relation(landed, delivered, files, types, mapping) for delivered, files in _by_header(landed).items()
    )
    origins = ", ".join(_origin_row(file) for file in landed.files)
    names = ", ".join(f"delivered.{quote_identifier(name)}" for name in types)
    partition = ", origins.day AS _partition" if landed.partitioned else ""
    loaded_at = quote_literal(landed.extracted_at.astimezone(UTC).isoformat())
    return (
        f"SELECT {names}, origins.origin AS _source_file, CAST({loaded_at} AS TIMESTAMPTZ) AS _loaded_at{partition} "
        f"FROM ({relations}) AS delivered "
        f"JOIN (VALUES {origins}) AS origins(path, origin, day) ON origins.path = delivered.{PATH_COLUMN}"
    )


def _relation(
    landed: Landed,
    delivered: tuple[str, ...],
    files: Sequence[LandedFile],
    types: Mapping[str, str],
    mapping: ColumnMapping,
) -> str:
    """The files of one header, with the columns of `types`."""
    there = {name: mapping.read_as.get(name, kind) for name, kind in types.items()}
    if landed.format.has_header:
        there = {name: kind for name, kind in there.items() if name in delivered}
    relation = landed.format.relation([file.path for file in files], delivered, there)
    if there == types:
        return relation
    casts = (
        f"CAST({quote_identifier(name) if name in there else 'NULL'} AS {kind}) AS {quote_identifier(name)}"
        for name, kind in types.items()
    )
    return f"SELECT {', '.join(casts)}, {PATH_COLUMN} FROM ({relation})"


def verify_landed(
    connection: duckdb.DuckDBPyConnection,
    landed: Landed,
    columns: Mapping[str, str],
    *,
    may_be_empty: bool = True,
    mapping: ColumnMapping = _NO_MAPPING,
) -> dict[str, int]:
    """Check every header and every value of the landed files against `columns`; returns the rows of each origin.

    Raises:
        SourceSchemaError: a file has columns too few, too many, or twice, or another delimiter holds them in one.
        SourceFormatError: a line cannot be split into values, or unless `may_be_empty` a day has none.
        SourceValueError: a value does not fit its type.
        LandingError: a landed file is gone.
    """
    types = mapping.with_added(source_columns(columns))
    landed = mapped(landed, mapping)
    for file in landed.files:
        if not file.path.is_file():
            raise LandingError(
                f"the landed file is gone: {file.path}; extract it again", source=landed.source, file=file.origin
            )
    _check_columns(landed, types, mapping)
    rows = {file.origin: 0 for file in landed.files}
    conditions = {name: _misfits(name, kind, mapping) for name, kind in types.items()}
    for delivered, files in _by_header(landed).items():
        by_path = {str(file.path): file for file in files}
        there = tuple(name for name in types if name in delivered or not landed.format.has_header)
        strict = {name: condition for name in there if (condition := conditions[name]) is not None}
        misfits = ", ".join(f"count_if({condition})" for condition in strict.values()) or "0"
        text = landed.format.text_relation([file.path for file in files], delivered, there)
        try:
            # Every column is counted, so that every line is split and decoded even where all types are text.
            counts = connection.execute(
                f"SELECT {PATH_COLUMN}, count(*), [{misfits}], [{_counts(there)}] FROM ({text}) GROUP BY {PATH_COLUMN}"
            ).fetchall()
        except duckdb.Error as error:
            raise _unreadable(landed, files, error) from error
        by_origin = {by_path[path].origin: (by_path[path], count, bad) for path, count, bad, _ in counts}
        for origin, (file, count, bad) in sorted(by_origin.items()):
            rows[origin] = count
            for name, misfit in zip(strict, bad, strict=False):
                if misfit:
                    raise _misfit(connection, landed, file, name, types[name], strict[name])
    if not may_be_empty:
        _refuse_emptiness(landed, rows)
    return rows


def _refuse_emptiness(landed: Landed, rows: Mapping[str, int]) -> None:
    for day, files in landed.by_partition().items():
        if not any(rows[file.origin] for file in files):
            what = f"{day} has no row" if day else "there is no row at all"
            raise SourceFormatError(
                f"{what}, which is what a cut delivery looks like. Deliver it whole; if there truly was nothing, "
                "declare may_be_empty=True",
                source=landed.source,
                file=files[0].origin if len(files) == 1 else None,
            )


def _misfits(name: str, kind: str, mapping: ColumnMapping) -> str | None:
    """SQL that is true where a column's text is no value of its type; if delivered in another, of both."""
    text = quote_identifier(name)
    read_as = mapping.read_as.get(name, kind)
    if read_as == kind:
        return misfit_condition(text, kind)
    value = f"TRY_CAST({text} AS {read_as})"
    changed = f"TRY_CAST(TRY_CAST({value} AS {kind}) AS {read_as}) IS DISTINCT FROM {value}"
    return " OR ".join(filter(None, (misfit_condition(text, read_as), f"({text} IS NOT NULL AND {changed})")))


def _check_columns(landed: Landed, types: Mapping[str, str], mapping: ColumnMapping) -> None:
    """Compare the columns of each file with the declared ones, by name: their order is free."""
    anywhere = {name for file in landed.files for name in file.columns}
    for file in landed.files:
        # Without a header, a column is missing if no record of any file has it.
        delivered = set(file.columns) if landed.format.has_header else anywhere or types.keys()
        missing = [name for name in types if name not in delivered and name not in mapping.added]
        unknown = [name for name in file.columns if name not in types]
        twice = sorted({name for name in file.columns if file.columns.count(name) > 1})
        kinds = {"there twice:": twice, "missing:": missing, "not declared:": unknown}
        problems = [f"{kind} {_named(names)}" for kind, names in kinds.items() if names]
        if problems and isinstance(landed.format, CsvFormat) and (mark := landed.format.likely_delimiter(file.columns)):
            raise SourceSchemaError(
                f"the header has one column, {file.columns[0][:80]!r}: the delimiter seems to be {mark!r}, "
                f"not {landed.format.delimiter!r}. Declare it, or deliver the file with the declared one",
                source=landed.source,
                file=file.origin,
                row=1,
            ).with_columns(_without(types, mapping), dict.fromkeys(file.columns, ""))
        if problems:
            raise SourceSchemaError(
                f"the columns are not the declared ones: {'; '.join(problems)}. "
                "Correct what is delivered, or change the contract",
                source=landed.source,
                file=file.origin,
            ).with_columns(_without(types, mapping), dict.fromkeys(file.columns, ""))


def _without(types: Mapping[str, str], mapping: ColumnMapping) -> dict[str, str]:
    return {name: kind for name, kind in types.items() if name not in mapping.added}


def _by_header(landed: Landed) -> dict[tuple[str, ...], list[LandedFile]]:
    groups: dict[tuple[str, ...], list[LandedFile]] = {}
    for file in landed.files:
        groups.setdefault(file.columns, []).append(file)
    return groups


def _misfit(  # noqa: PLR0917 - what is wrong, and where
    connection: duckdb.DuckDBPyConnection, landed: Landed, file: LandedFile, column: str, kind: str, condition: str
) -> SourceValueError:
    text = landed.format.text_relation([file.path], file.columns, (column,))
    found = connection.execute(f"SELECT {quote_identifier(column)} FROM ({text}) WHERE {condition} LIMIT 1").fetchone()
    value = str(found[0]) if found else ""
    return SourceValueError(
        f"{value[:80]!r} is not a {kind} (or only after rounding or cutting). "
        "Correct what is delivered, or change the type in the contract",
        source=landed.source,
        file=file.origin,
        row=landed.format.line_of(file.path, file.columns, column, value),
        row_word=landed.format.row_word,
        column=column,
    )


def _unreadable(landed: Landed, files: Sequence[LandedFile], error: duckdb.Error) -> SourceFormatError:
    for file in files:
        if place := landed.format.unreadable_line(file.path, file.columns):
            line, problem = place
            return SourceFormatError(
                f"{problem}. Correct the file and deliver it again", source=landed.source, file=file.origin, row=line
            )
    lines = [line for line in str(error).splitlines() if line.strip()]
    return SourceFormatError(f"DuckDB cannot read what was landed: {' '.join(lines[:3])}", source=landed.source)


def _counts(names: Sequence[str]) -> str:
    return ", ".join(f"count({quote_identifier(name)})" for name in names)


def _origin_row(file: LandedFile) -> str:
    day = "NULL::DATE" if file.partition is None else f"DATE '{file.partition.isoformat()}'"
    return f"({quote_literal(str(file.path))}, {quote_literal(file.origin)}, {day})"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(repr(name) for name in names[:_SHOWN_NAMES]) + more
