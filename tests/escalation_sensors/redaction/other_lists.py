"""Lists of secrets and surroundings written one after another in the manner of different authors, by one hand.

Each line of `lists/*.jsonl` holds a kind, how its values are made, how they are written in the text and the texts, in
which § stands for the secret. A value is `=` and a shape as in `looks.py`, or the name of a maker below.
"""

import base64
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote_plus

from tests.escalation_sensors.redaction.planted import (
    ALPHANUMERIC,
    BASE64,
    WEB,
    WRITTEN,
    Planted,
    jwt,
    looking_like,
    plain_password,
)

LISTS = Path(__file__).parent / "lists"
WORDS = ("guitar", "Window", "harbor", "planet", "violet", "Thunder", "mango", "cobalt", "Walnut", "saffron", "willow")
_LEET = str.maketrans("aeio", "4310")


def names_of_lists() -> list[str]:
    """The lists, by the name of their file."""
    return sorted(path.stem for path in LISTS.glob("*.jsonl"))


def planted_by_others(name: str, seed: int, rounds: int) -> Iterator[Planted]:
    """`rounds` secrets in every text of a list."""
    chance = random.Random(seed)  # noqa: S311 - the values open nothing
    for line in (LISTS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for position, text in enumerate(row["texts"]):
            for _ in range(rounds):
                secret = _WRITTEN[row["written"]](_value(chance, chance.choice(row["values"])))
                yield Planted(row["kind"], position, apart=True, text=text.replace("§", secret), secret=secret)


def _value(chance: random.Random, how: str) -> str:
    return looking_like(how[1:])(chance) if how.startswith("=") else _MAKERS[how](chance)


def _some(chance: random.Random, alphabet: str, length: int) -> str:
    return "".join(chance.choices(alphabet, k=length))


def _human(chance: random.Random) -> str:
    one, two = chance.sample(WORDS, 2)
    number = chance.randrange(10, 9999)
    return chance.choice(
        (
            f"{one}{number}",
            f"{one.title()}{two.title()}{number % 100}{chance.choice('!?#')}",
            f"{one}{chance.choice('-_.')}{two}{chance.choice('-_.')}{number}",
            f"{one.title()}{number}!",
            f"{one.translate(_LEET).title()}{two}{number % 100}",
            f"{number % 100}{one.title()}{number}",
        )
    )


def _generated(chance: random.Random) -> str:
    return (
        _some(chance, ALPHANUMERIC, 3) + _some(chance, ALPHANUMERIC + "!@#%^*()_+~-.?", 13) + _some(chance, BASE64, 2)
    )


def _awkward(chance: random.Random) -> str:
    letters = [_some(chance, ALPHANUMERIC, 5) for _ in range(3)]
    return (
        f"{letters[0]}{chance.choice(chr(34) + chr(39) + chr(92))}{letters[1]}{chance.choice('{}<>&;,=')}{letters[2]}"
    )


def _block(chance: random.Random) -> str:
    return "\n".join([*(_some(chance, BASE64, 64) for _ in range(8)), _some(chance, BASE64, 22) + "=="])


_MAKERS: dict[str, Callable[[random.Random], str]] = {
    "human": _human,
    "generated": _generated,
    "plain": plain_password,
    "short": lambda chance: _some(chance, ALPHANUMERIC, 9) + "7",
    "with-at": lambda chance: (
        f"{_some(chance, ALPHANUMERIC, 5)}@{_some(chance, ALPHANUMERIC, 5)}/{_some(chance, WEB, 4)}"
    ),
    "phrase": lambda chance: " ".join(chance.sample(WORDS, 4)) + f" {chance.randrange(100)}",
    "awkward": _awkward,
    "capitals": lambda chance: (
        f"{chance.choice(WORDS).upper()}-{chance.randrange(100, 999)}-{chance.choice(WORDS).upper()}"
    ),
    "pem": _block,
    "jwt": jwt,
    "basic": lambda chance: base64.b64encode(f"etl:{_generated(chance)}".encode()).decode(),
}
_WRITTEN: dict[str, Callable[[str], str]] = WRITTEN | {
    "pct": WRITTEN["percent"],
    "plus": quote_plus,
    "jj": WRITTEN["json-in-json"],
    "nl": WRITTEN["escaped"],
    "indent": WRITTEN["indented"],
    "dq": lambda secret: secret.replace("\\", "\\\\").replace('"', '\\"'),
    "libpq": lambda secret: secret.replace("\\", "\\\\").replace("'", "\\'"),
    "xml": lambda secret: secret.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;"),
    "prop": lambda secret: secret.replace("\\", "\\\\").replace("=", "\\=").replace(":", "\\:"),
}
