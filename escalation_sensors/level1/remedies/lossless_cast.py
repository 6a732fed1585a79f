"""Which type casts to which without losing anything, in DuckDB's and SQL's names. Unknown types cast to none."""

import re

_SIGNED = {"TINYINT": 8, "INT1": 8, "SMALLINT": 16, "INT2": 16, "INTEGER": 32, "INT": 32, "INT4": 32, "BIGINT": 64,
           "INT8": 64, "HUGEINT": 128}  # fmt: skip
_UNSIGNED = {"UTINYINT": 8, "USMALLINT": 16, "UINTEGER": 32, "UBIGINT": 64, "UHUGEINT": 128}
_FLOATS = {"FLOAT": 24, "REAL": 24, "FLOAT4": 24, "DOUBLE": 53, "FLOAT8": 53, "DOUBLE PRECISION": 53}
"""Bits of a whole number that each holds exactly."""
_DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)\((\d+),(\d+)\)")
_TEXT = re.compile(r"(?:VARCHAR|CHARACTER VARYING|TEXT|STRING|CHAR)(?:\((\d+)\))?")
_DIGITS = {8: 3, 16: 5, 32: 10, 64: 19, 128: 39}
_UNSIGNED_DIGITS = {**_DIGITS, 64: 20}
"""Decimal digits of the greatest whole number of so many bits."""
_TIMES = {("DATE", "TIMESTAMP"), ("DATE", "DATETIME"), ("TIMESTAMP_S", "TIMESTAMP"), ("TIMESTAMP_MS", "TIMESTAMP")}


def is_lossless(found: str, expected: str) -> bool:  # noqa: PLR0911 - one return for each kind of type
    """Whether every value of the type that was found is one of the type that was expected."""
    source, target = _plain(found), _plain(expected)
    if source == target or (source, target) in _TIMES:
        return True
    if (bits := _SIGNED.get(source)) is not None:
        return _holds(target, bits, is_signed=True)
    if (bits := _UNSIGNED.get(source)) is not None:
        return _holds(target, bits, is_signed=False)
    if source in _FLOATS:
        return _FLOATS.get(target, 0) >= _FLOATS[source]
    if decimal := _DECIMAL.fullmatch(source):
        wider = _DECIMAL.fullmatch(target)
        whole, scale = int(decimal[1]) - int(decimal[2]), int(decimal[2])
        return wider is not None and int(wider[1]) - int(wider[2]) >= whole and int(wider[2]) >= scale
    if (text := _TEXT.fullmatch(source)) and (longer := _TEXT.fullmatch(target)):
        return longer[1] is None or (text[1] is not None and int(longer[1]) >= int(text[1]))
    return False


def _holds(target: str, bits: int, *, is_signed: bool) -> bool:
    """Whether a type holds every whole number of so many bits."""
    if target in _SIGNED:
        return _SIGNED[target] >= bits + (0 if is_signed else 1)
    if target in _UNSIGNED:
        return not is_signed and _UNSIGNED[target] >= bits
    if target in _FLOATS:
        return _FLOATS[target] >= bits
    decimal = _DECIMAL.fullmatch(target)
    digits = (_DIGITS if is_signed else _UNSIGNED_DIGITS)[bits]
    return decimal is not None and int(decimal[1]) - int(decimal[2]) >= digits


def _plain(name: str) -> str:
    plain = re.sub(r"\s*([(),])\s*", r"\1", " ".join(name.upper().split()))
    return "TIMESTAMP" if plain in {"TIMESTAMP WITHOUT TIME ZONE", "DATETIME"} else plain
