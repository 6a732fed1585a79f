"""YAML whose mappings know their lines, so that what is wrong in a file is told with its line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


class LinedYamlError(Exception):
    """A file cannot be read as YAML; one line that names file and line."""


class Lined(dict[str, Any]):
    """A mapping that knows its line, and those of its keys."""

    line = 0
    lines: Mapping[str, int] = {}


def load_lined_yaml(path: Path) -> Any:
    """The document of a file; None if it is empty.

    Raises:
        LinedYamlError: it cannot be read, or is not YAML.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_LineLoader)  # noqa: S506 - a safe loader's subclass
    except OSError as error:
        raise LinedYamlError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LinedYamlError(f"{path}: it is not UTF-8 text: {error.reason}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}" if mark is not None else ""
        raise LinedYamlError(f"{path}{place}: {' '.join(str(getattr(error, 'problem', error)).split())}") from error


# The C loader, which not every PyYAML has, is ten times faster.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _LineLoader(_Loader):  # type: ignore[misc] # PyYAML has no types of its own
    """A safe loader that knows the line also of what has the form of a date or a number, and is none."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyYAML's signature
        try:
            return super().construct_object(node, deep=deep)
        except ValueError as error:
            raise yaml.constructor.ConstructorError(None, None, f"{node.value}: {error}", node.start_mark) from error


def _mapping(loader: Any, node: yaml.MappingNode) -> Lined:
    mapping = Lined(loader.construct_mapping(node, deep=True))
    mapping.line = node.start_mark.line + 1
    mapping.lines = {key.value: key.start_mark.line + 1 for key, _ in node.value}
    return mapping


_LineLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
