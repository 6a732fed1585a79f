"""Which packages may be installed: a requirements file in which each is pinned and hashed. Installs nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.markers import InvalidMarker, Marker

_PINNED = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[A-Za-z0-9._, -]*\])?\s*==\s*([A-Za-z0-9][A-Za-z0-9.!+_-]*)"
    r"(?:\s*;\s*([^;]*?))?((?:\s+--hash=sha256:[0-9a-f]{64})+)"
)


class AllowListError(Exception):
    """The allow-list cannot be used; one line that names file and line."""


@dataclass(frozen=True)
class AllowList:
    """What may be installed.

    Attributes:
        requirements: by the package's normalised name, its line for pip, with its pin and hashes.
        modules: for a module whose package has another name, that name.
    """

    requirements: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)

    def package_of(self, module: str) -> str | None:
        """The allowed package that has a module (`a.b` is `a`'s); None if none is allowed."""
        top = module.partition(".")[0]
        package = normalised(self.modules.get(top, top))
        # What is not named is the package's own name and no other spelling of it: `import X` never finds `x`.
        is_named = top in self.modules or top == package.replace("-", "_")
        return package if is_named and package in self.requirements else None


def normalised(name: str) -> str:
    """A package's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_allow_list(path: Path, modules: Mapping[str, str]) -> AllowList:
    """The list of a requirements file; comments and continued lines are as in pip's.

    A line with a marker counts where that holds, as a lock for several platforms has them.

    Raises:
        AllowListError: it cannot be read, or a line is not one package, pinned by `==`, with its hashes.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AllowListError(
            f"{path}: it cannot be read ({error}); see packages.allow_list in the policy file"
        ) from error
    requirements: dict[str, str] = {}
    joined, began = "", 1
    for number, line in enumerate(lines, 1):
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        began = number if not joined else began
        joined = f"{joined} {text.removesuffix(chr(92)).strip()}".strip()
        if text.endswith("\\") or not joined:
            continue
        match = _PINNED.fullmatch(joined)
        if match is None:
            raise AllowListError(f"{path}:{began}: {joined[:80]!r}: write name==version --hash=sha256:…")
        if match[3] is None or _holds_here(match[3], f"{path}:{began}"):
            requirements[normalised(match[1])] = f"{match[1]}=={match[2]} {' '.join(match[4].split())}"
        joined = ""
    return AllowList(requirements, dict(modules))


def _holds_here(marker: str, place: str) -> bool:
    try:
        return Marker(marker).evaluate()
    except InvalidMarker as error:
        raise AllowListError(f"{place}: {marker[:80]!r} is no marker of pip's") from error
