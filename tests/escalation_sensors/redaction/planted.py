"""Secrets made up by a seeded generator and planted in realistic surroundings; which are found is tested beside it.

A third of the surroundings of each kind was kept apart while the patterns were made, and was looked at once after.
"""

import base64
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from escalation_sensors.redaction.kind import ANY_MARK
from tests.escalation_sensors.redaction.looks import ANYWHERE, LOOKS
from tests.escalation_sensors.redaction.surroundings import IN_ADDRESSES_AND_COMMANDS
from tests.escalation_sensors.redaction.surroundings_http import IN_HTTP_AND_FILES
from tests.escalation_sensors.redaction.surroundings_of_keys import OF_KEYS
from tests.escalation_sensors.redaction.surroundings_of_passwords import OF_PASSWORDS

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ALPHANUMERIC = LETTERS + LETTERS.upper() + "0123456789"
BASE64 = ALPHANUMERIC + "+/"
WEB = ALPHANUMERIC + "-_"
HEX = "0123456789abcdef"
AWKWARD = "!#$%&()*+,-./:;<=>?@[]^_{|}~"
WORDS = ("Summer", "winter", "Dragon", "falcon", "Berlin", "Monday", "copper", "Maple", "orchid", "tiger")
SHORTEST_REST = 6
NEVER_APART = ("password-in-a-line", "key-in-a-line")


@dataclass(frozen=True)
class Planted:
    """A text with a secret in it, as the secret is written there."""

    kind: str
    surrounding: int
    apart: bool
    text: str
    secret: str

    def left_in(self, redacted: str) -> bool:
        """Whether a part of the secret is still there that helps somebody."""
        redacted = ANY_MARK.sub("\0", redacted)
        around = self.text.replace(self.secret, "\0")
        last = max(1, len(self.secret) - SHORTEST_REST + 1)
        parts = (self.secret[start : start + SHORTEST_REST] for start in range(last))
        return any(part in redacted and part not in around for part in parts)


def password(chance: random.Random) -> str:
    """A password as people and generators make them."""
    style = chance.randrange(4)
    if style == 0:
        return f"{chance.choice(WORDS)}{chance.choice('!_#.@-')}{chance.randrange(10, 9999)}{chance.choice('!?$x')}"
    if style == 1:
        return _some(chance, ALPHANUMERIC, 16)
    characters = [*_some(chance, ALPHANUMERIC, 14), *_some(chance, AWKWARD, 4)]
    chance.shuffle(characters)
    return "".join(characters)


def quoted_password(chance: random.Random) -> str:
    """A password that may hold quotes, backslashes and spaces too."""
    characters = [*password(chance), chance.choice("'\"\\ ")]
    chance.shuffle(characters)
    return "".join(characters).strip() or "x1234567"


def plain_password(chance: random.Random) -> str:
    """A password that no shell or parser stumbles over."""
    return _some(chance, ALPHANUMERIC + "_.!@%^*-+", 15) + "7"


def private_key(chance: random.Random) -> str:
    """The lines between the dashes."""
    lines = [_some(chance, BASE64, 64) for _ in range(chance.randrange(4, 26))]
    return "\n".join([*lines, _some(chance, BASE64, chance.randrange(12, 60)) + "=="])


def _some(chance: random.Random, alphabet: str, length: int) -> str:
    return "".join(chance.choice(alphabet) for _ in range(length))


def looking_like(shape: str) -> Callable[[random.Random], str]:
    """Makes values of a shape: `{A20}` stands for 20 alphanumeric ones.

    B is for base64, W for web-safe, H for hex, U for upper case, D for digits; X, Z, N and L for hex, alphanumeric and
    letters in one case.
    """
    alphabets = {"A": ALPHANUMERIC, "B": BASE64, "W": WEB, "H": HEX, "U": LETTERS.upper() + "234567", "D": "0123456789"}
    alphabets |= {"X": HEX.upper(), "Z": LETTERS.upper() + "0123456789", "N": LETTERS + "0123456789", "L": LETTERS}

    def make(chance: random.Random) -> str:
        parts = [part.partition("}") for part in shape.split("{")]
        made = [parts[0][0]]
        for inside, _, rest in parts[1:]:
            made += [_some(chance, alphabets[inside[0]], int(inside[1:])), rest]
        return "".join(made)

    return make


def jwt(chance: random.Random) -> str:
    """A signed token with real header and claims."""
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": _some(chance, HEX, 12), "exp": chance.randrange(10**9, 2 * 10**9)})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, _some(chance, WEB, 43)])


def basic(chance: random.Random) -> str:
    """User and password as Basic authentication sends them."""
    return base64.b64encode(f"etl:{password(chance)}".encode()).decode()


WRITTEN: dict[str, Callable[[str], str]] = {
    "raw": lambda secret: secret,
    "json": lambda secret: json.dumps(secret)[1:-1],
    "json-in-json": lambda secret: json.dumps(json.dumps(secret)[1:-1])[1:-1],
    # In the quotes of the surrounding.
    "repr": lambda secret: secret.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n"),
    "sql": lambda secret: secret.replace("'", "''"),
    "percent": lambda secret: quote(secret, safe=""),
    "odbc": lambda secret: secret.replace("}", "}}"),
    "escaped": lambda secret: secret.replace("\n", "\\n"),
    "indented": lambda secret: secret.replace("\n", "\n    "),
}


def kinds() -> dict[str, tuple[Callable[[random.Random], str], tuple[tuple[str, str], ...]]]:
    """Each kind with the maker of its values and its surroundings: how the value is written there, and the text."""
    makers: dict[str, Callable[[random.Random], str]] = {
        "password": password,
        "quoted": quoted_password,
        "plain": plain_password,
        "private-key": private_key,
        "jwt": jwt,
        "basic": basic,
        "aws-secret": looking_like("{B40}"),
        "aws-session": looking_like("IQoJb3JpZ2luX2Vj{B200}=="),
        "azure-key": looking_like("{B86}=="),
        "sas": looking_like("{B43}="),
        "hex32": looking_like("{H32}"),
        "hex40": looking_like("{H40}"),
        "hex64": looking_like("{H64}"),
        "web40": looking_like("{W39}7"),
        "web68": looking_like("{W68}"),
        "uuid": looking_like("{H8}-{H4}-4{H3}-a{H3}-{H12}"),
        "pin": looking_like("{D6}"),
        "plain-word": looking_like("minio{A8}"),
        "slack-hook": looking_like("T{U8}/B{U8}/{A24}"),
    }
    named = {
        name: (makers[maker], tuple(places))
        for name, (maker, places) in (IN_ADDRESSES_AND_COMMANDS | IN_HTTP_AND_FILES).items()
    }
    looks = {
        name: (looking_like(shape), tuple(("raw", text) for text in (*own, *ANYWHERE)))
        for name, (shape, own) in LOOKS.items()
    }
    more = {
        "password-in-a-line": (makers["plain"], tuple(("raw", text) for text in OF_PASSWORDS)),
        "key-in-a-line": (makers["web40"], tuple(("raw", text) for text in OF_KEYS)),
    }
    return {**named, **looks, **more}


def planted(seed: int, rounds: int) -> Iterator[Planted]:
    """`rounds` secrets in every surrounding of every kind."""
    chance = random.Random(seed)  # noqa: S311 - the values open nothing
    for name, (make, places) in kinds().items():
        for position, (how, text) in enumerate(places):
            for _ in range(rounds):
                secret = WRITTEN[how](make(chance))
                yield Planted(
                    name, position, position % 3 == 2 and name not in NEVER_APART, text.replace("§", secret), secret
                )
