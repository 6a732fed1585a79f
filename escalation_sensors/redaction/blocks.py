r"""Private keys written as blocks: PEM, OpenSSH, PGP, PuTTY, with real or escaped line ends, whole or cut."""

import re

from escalation_sensors.redaction.kind import Kind

_TITLE = r"(?:[A-Z0-9]{2,12}[ ]){0,4}PRIVATE[ ]KEY(?:[ ]BLOCK)?"
_LINE_END = r"(?:\s|\\{1,4}[nrt]|[\"'+|>,]|\\{1,4}[\"']|%0[AaDd])"

_PLAIN_CERTIFICATES = ("LS0tLS1CRUdJTiBDRVJU", "LS0tLS1CRUdJTiBQVUJM", "LS0tLS1CRUdJTiBUUlVT")
"""Base64 of `-----BEGIN CERT`, `-----BEGIN PUBL` and `-----BEGIN TRUS`, which are no secrets."""


def _public(found: re.Match[str]) -> bool:
    return found["secret"].startswith(_PLAIN_CERTIFICATES)


BLOCKS = (
    # Up to its end; a block without one would end at the next block's first dashes and is left to the next pattern.
    Kind(
        "private-key",
        rf"-{{4,5}}[ ]?BEGIN[ ]{_TITLE}[ ]?-{{4,5}}(?:[^-]|-(?!---))*+-{{4,5}}[ ]?END[ ]{_TITLE}[ ]?-{{4,5}}",
        needs=("private key",),
    ),
    Kind(
        "private-key",
        rf"-{{4,5}}[ ]?BEGIN[ ]{_TITLE}[ ]?-{{4,5}}(?P<secret>"
        rf"(?:{_LINE_END}*+[A-Z][A-Za-z-]{{2,20}}:[ ][^\n\\]{{1,200}}+)*+(?:{_LINE_END}*+[A-Za-z0-9+/=_-]{{9,}}+)++"
        rf"(?:{_LINE_END}{{1,20}}+[A-Za-z0-9+/=]{{1,8}}+(?![\w ]))?+)",
        needs=("private key",),
    ),
    # The rest of a block whose beginning was cut off: a key has at most about 100 lines.
    Kind(
        "private-key",
        rf"(?<![A-Za-z0-9+/=])(?:[A-Za-z0-9+/=]{{6,}}+{_LINE_END}{{1,20}}+){{1,100}}+"
        rf"(?:[A-Za-z0-9+/=]{{1,8}}{_LINE_END}{{1,20}}+)?-{{4,5}}[ ]?END[ ]{_TITLE}[ ]?-{{4,5}}",
        needs=("private key",),
    ),
    Kind(
        "private-key",
        r"Private-Lines:\s{0,4}\d{1,4}(?P<secret>(?:\s{1,4}+[A-Za-z0-9+/=]{16,}+)++)",
        needs=("private-lines:",),
    ),
    Kind(
        "private-key",
        r"(?<![A-Za-z0-9+/])LS0tLS1CRUdJTi[A-Za-z0-9+/=_-]++",
        harmless=_public,
        needs=("ls0tls1crudjti",),
    ),
    Kind("private-key", r"AGE-SECRET-KEY-1[A-Z0-9]{20,}+", needs=("age-secret-key-1",)),
    Kind(
        "password-hash",
        r"\$(?:2[abxy]|[156y]|7|argon2(?:id|i|d)|scrypt|pbkdf2[\w-]{0,10})\$(?!\$)[\w./=,$+-]{20,}+",
        needs=("$2a$", "$2b$", "$2x$", "$2y$", "$1$", "$5$", "$6$", "$y$", "$7$", "$argon2", "$scrypt$", "$pbkdf2"),
    ),
    Kind("password-hash", r"SCRAM-SHA-256\$\d{3,7}:[A-Za-z0-9+/=$:]{20,}+", needs=("scram-sha-256$",)),
)
