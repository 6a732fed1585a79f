"""The packages that level 1 may install in the scratch home: tiny wheels, written here, pinned by their hashes."""

import zipfile
from hashlib import sha256
from pathlib import Path

VERSION = "1.0"
MODULE, SECOND_MODULE = "chaos_allowed_codec", "chaos_allowed_package.codec"
NEVER_INSTALLED = "chaos_unwanted_codec"
"""Allowed, and wanted only by what may not be run again: once installed, a process would have it for good."""
BROKEN_MODULE, TAMPERED_MODULE = "chaos_broken_codec", "chaos_tampered_codec"
_DECODE = '"""Doubles."""\n\n\ndef decode(value: float) -> float:\n    """Twice the value."""\n    return value * 2\n'
_CONTENTS = {
    "chaos_allowed_codec": {"chaos_allowed_codec.py": _DECODE},
    "chaos_allowed_package": {"chaos_allowed_package/__init__.py": "", "chaos_allowed_package/codec.py": _DECODE},
    "chaos_broken_codec": {"chaos_broken_codec.py": f"import chaos_forbidden_part\n{_DECODE}"},
    NEVER_INSTALLED: {"chaos_unwanted_codec.py": _DECODE},
    "chaos_tampered_codec": {"chaos_tampered_codec.py": _DECODE},
}


def build_allowed_wheels(folder: Path) -> tuple[Path, Path]:
    """Write the wheels and the allow-list that names them; returns the list, and the folder of wheels.

    One of them is changed after its hash was taken.
    """
    folder.mkdir(parents=True)
    lines = []
    for package, contents in _CONTENTS.items():
        wheel = folder / f"{package}-{VERSION}-py3-none-any.whl"
        _write(wheel, package, contents)
        lines.append(f"{package.replace('_', '-')}=={VERSION} --hash=sha256:{sha256(wheel.read_bytes()).hexdigest()}\n")
        if package == TAMPERED_MODULE:
            _write(wheel, package, {**contents, "chaos_stowaway.py": "import os\n"})
    allow_list = folder / "allowed.txt"
    allow_list.write_text("".join(lines), encoding="utf-8")
    return allow_list, folder


def _write(wheel: Path, package: str, contents: dict[str, str]) -> None:
    about = f"{package}-{VERSION}.dist-info"
    files = {
        **contents,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {package.replace('_', '-')}\nVersion: {VERSION}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: chaos\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{about}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{about}/RECORD"])
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
