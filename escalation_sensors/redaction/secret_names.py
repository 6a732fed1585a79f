"""Names that secrets stand under, in any style: `DB_PASSWORD`, `pgpassword`, `clientSecret`, `X-Api-Key`."""

import re
from enum import IntEnum
from functools import lru_cache


class Certainty(IntEnum):
    """How sure a name makes it that its value is a secret."""

    WEAK = 1
    """The value must look random."""
    LIKELY = 2
    """The value must not look like words."""
    SURE = 3
    """Any value but a word for none, a placeholder or a piece of code."""


_KEY_OWNERS = (
    "api|app|application|access|account|auth|client|consumer|deploy|encryption|decryption|cipher|crypto|fernet|"
    "functions?|hmac|aes|rsa|insert|ingest(?:ion)?|integration|license|licence|master|query|secret|service|role|"
    "shared|signing|sign|storage|subscription|webhook|write|admin|anon|session|sas|jwt|oauth|gpg|pgp|ssh|symmetric|"
    "gateway|functions|secure|security|rest|bot|sender|server|stripe|openai|google|maps|algolia|datadog|dd|primary|"
    "secondary|cosmos|batch|event-?hub|search|cognitive|token|session|cookie|vapid|crypt|encrypt|decrypt|hash|"
    "pre-?shared|unseal|recovery|instrumentation|fastly|cloudflare|geheimer"
)

_OWNERS = (
    "access|auth|oauth|refresh|session|api|bearer|bot|sas|personal|deploy|security|slack|git(?:hub|lab)|vault|"
    "motherduck|databricks|npm|registry|root|admin|agent|webhook|ci[_-]?job|hec|consul|nomad|user"
)
_IN_OTHER_LANGUAGES = (
    "mot[ _.-]?(?:de[ _.-]?)?passe|(?<![a-z])mdp(?![a-z])|contrase[nñ]a|senha|wachtwoord|has[lł]o(?![a-z])|l[oö]senord|"
    "salasana|heslo|adgangskode|passord|jelsz[oó]|(?<![a-z])[sş]ifre|parola|пароль|パスワード|密[码碼]|비밀번호"
)

# (kind, what the name holds, certainty); the first that fits says the kind.
NAMES: tuple[tuple[str, str, Certainty], ...] = (
    ("passphrase", r"pass[_-]?phrase", Certainty.SURE),
    ("credentials", r"auth\.user\.info$", Certainty.SURE),
    ("password", r"pass[_-]?(?:word|wd|code)|passwort|kennwort|pwd|pswd|psswd|storepass|keypass", Certainty.SURE),
    ("password", _IN_OTHER_LANGUAGES, Certainty.SURE),
    ("secret-key", r"cl[eé][ _.-]?(?:secr[eè]te|api|priv[eé]e)|clave[ _.-]?(?:secreta|privada|api)", Certainty.SURE),
    ("secret", r"geheim|schl(?:ue|ü)ssel|jeton|zugangs(?:code|daten)|(?:^|[^a-z])(?:passe|clave)$", Certainty.LIKELY),
    ("secret", r"(?:^|[^a-z])psk$|erlang[_-]?cookie|snmp[_-]?community|honeycomb-team", Certainty.SURE),
    ("token", r"code[_-]?verifier|(?:^|client[_-])assertion$|device[_-]?code$|(?:^|[_-])salt$", Certainty.WEAK),
    ("client-secret", r"client[ _.-]?secret", Certainty.SURE),
    ("secret", r"(?:app|api|webhook|jwt|session|shared|consumer|signing|oauth)[ _.-]?secret", Certainty.SURE),
    ("private-key-id", r"private[ _.-]?key[ _.-]?id", Certainty.LIKELY),
    ("private-key", r"priv(?:ate)?[ _.-]?key|key[_-]data|(?:ssl|tls|ssh|rsa)[_.-]?key", Certainty.LIKELY),
    ("access-key", r"access[ _.-]?key[ _.-]?id|aws[_-]key[_-]id", Certainty.SURE),
    ("secret-key", r"secret[ _.-]?(?:access[ _.-]?)?key", Certainty.SURE),
    ("api-key", r"(?:api|app|application)[ _.-]?key", Certainty.SURE),
    ("secret", r"secret[_-]?id$", Certainty.WEAK),
    ("secret", r"secret", Certainty.LIKELY),
    ("token", rf"(?:{_OWNERS})[ _.-]?token", Certainty.SURE),
    ("token", r"token|_?jwt|bearer", Certainty.LIKELY),
    ("key", rf"(?:{_KEY_OWNERS})[ _.-]?key|hub[_-]signature|fernet|routing[_-]?key|sas[_-]?key", Certainty.LIKELY),
    ("connection-string", r"conn(?:ection)?[ _-]?str(?:ing)?", Certainty.LIKELY),
    ("credentials", r"credential|creds", Certainty.LIKELY),
    ("password", r"(?:[_.-]|db|my|pg|user|redis|smtp|mail|sql)(?:pass|pw)$", Certainty.SURE),
    (
        "auth",
        r"(?:^|(?<=[^A-Za-z])|(?<=[a-z])(?=A)|(?<=http)|(?<=basic)|(?<=proxy)|(?<=redis))[Oo]?[Aa]uth(?:$|[^a-z]|(?=[A-Z]))",
        Certainty.WEAK,
    ),
    ("otp", r"(?:^|[^A-Za-z]|(?<=[a-z])(?=[A-Z]))(?:[Tt]?[Oo]tp|mfa|[Pp]in|cvv|2fa)(?:[ _-]?code)?$", Certainty.WEAK),
    ("password", r"(?:^|[^A-Za-z]|db|my|pg|user|(?<=[a-z])(?=[A-Z]))(?:[Pp]ass|pw)(?:$|[^A-Za-z])", Certainty.WEAK),
    (
        "session",
        r"(?:^|[^A-Za-z]|(?<=[a-z])(?=[A-Z])|php|j|aspnet[_.])(?:[Ss]ession|sess|sid)(?:$|[^a-z]|id|key|(?=[A-Z]))",
        Certainty.WEAK,
    ),
    ("signature", r"(?:^|[^A-Za-z]|(?<=[a-z])(?=[A-Z]))(?:[Ss]ignature|[Ss]ig|hmac)(?:$|[^a-z])", Certainty.WEAK),
    ("csrf-token", r"csrf|xsrf", Certainty.WEAK),
    ("key", r"(?:[_.-]|(?<=[a-z])(?=K))[Kk]ey$", Certainty.WEAK),
)

SEARCHED = (
    r"(?=[2AaBbCcDdEeFfGgHhIiJjKkLlMmOoPpRrSsTtUuVvWwXxZzşпП密パ비])(?i:p(?:ass|w|swd|sswd|riv|in|sk|arola)|key|"
    r"mot[ ]de[ ]passe|mdp|contrase|senha|wachtwoord|has[lł]o|l[oö]senord|salasana|heslo|adgangskode|jelsz|[sş]ifre|"
    r"пароль|パスワード|密[码碼]|비밀번호|geheim|schl(?:ue|ü)ssel|jeton|cl[eé][_. -]?(?:secr|api|priv)|clave|"
    r"zugangs(?:code|daten)|erlang[_-]?cookie|community|honeycomb-team|verifier|assertion|device[_-]code|salt|"
    r"secret|token|auth|cred|conn|s(?:ess|id|ig)"
    r"|jwt|bearer|kennwort|otp|mfa|2fa|cvv|hmac|fernet|[cx]srf"
    r"|(?:access|account|api|client|application|signing|encryption|secret|private"
    r"|service|license|master|shared|unseal|recovery|instrumentation)[ ]key(?:[ ]id|[ ]\d)?)"
)
"""What every such name holds, for a first search; `kind_of` has the last word."""

HELD = (
    *"""
    pass pw pswd psswd priv pin psk parola key mdp contrase senha wachtwoord hasl hasł losenord lösenord salasana heslo
    adgangskode jelsz sifre şifre пароль パスワード 密码 密碼 비밀번호 geheim schlue schlü jeton cle clé clave zugangs
    erlang community honeycomb-team verifier assertion device_code device-code salt secret token auth cred conn sess sid
    sig jwt bearer kennwort otp mfa 2fa cvv hmac fernet csrf xsrf
    """.split(),  # noqa: SIM905 - a list of words
    "mot de passe",
    *(
        f"{owner} key"
        for owner in """
        access account api client application signing encryption secret private service license master shared unseal
        recovery instrumentation
        """.split()  # noqa: SIM905 - a list of words
    ),
)
"""How each alternative of `SEARCHED` begins, in small letters: found by far quicker than the alternatives are tried."""

# Words after the secret's that make the name one of something else.
_NO_SECRET_AFTER = frozenset(
    """
    number file filename path url uri urls endpoint name names type types arn count length len policy expiry expires
    expiration expire ttl field fields column columns method mode required enabled disabled version provider class
    manager store backend format env var index limit limits size min max age rotation date at in reset label help
    hint error errors scope scopes status valid validity host ref refs encoder handler helper usage used budget rate
    bucket ring management prompt stdin fingerprint algorithm alg authentication dir folder location source kind
    encoding encryption plugin command cmd timeout lifetime interval retries protocol server issuer audience state
    set lookup mechanism map tag tags hashing strength chars list table mount exists changed created updated last
    modified attribute attr param parameter params placeholder pattern regex regexp ids uuid position pos start end
    offset line lineno num embedding embeddings bytes maker factory service services info details metadata test
    tests module function func auth user username group header headers prefix suffix description desc title engine
    """.split()  # noqa: SIM905 - a list of words
)
_NO_TOKEN_BEFORE = frozenset(
    """
    next page continuation pagination sync resume cursor max num total prompt completion input output eos bos pad
    unk sep mask cls stop special end start unexpected invalid expected last first previous idempotency cancellation
    fencing watermark lookahead lexer yacc reserved ntokens partial per
    """.split()  # noqa: SIM905 - a list of words
)
_NO_KEY_BEFORE = frozenset(
    """
    idempotency websocket cache partition sort foreign group index lookup object dedup public host surrogate natural
    business unique dict map row run asset primary part message routing ordering
    """.split()  # noqa: SIM905 - a list of words
)
_QUESTIONS = frozenset(("no", "has", "is", "without", "use", "requires", "show", "hide", "forgot"))
_OTHER_FORMS = frozenset(("s", "less", "ize", "izer", "ization"))
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_FOUND = tuple(
    (
        kind,
        re.compile(pattern, re.IGNORECASE if "(?=[A-Z])" not in pattern and "(?=A)" not in pattern else 0),
        certainty,
    )
    for kind, pattern, certainty in NAMES
)


@lru_cache(maxsize=8192)
def kind_of(name: str) -> tuple[str, Certainty] | None:
    """The kind of secret that stands under `name`, and how surely; None if none does."""
    name = name.removeprefix("-D")
    for kind, pattern, certainty in _FOUND:
        found = pattern.search(name) or pattern.search(name.lower())
        if not found:
            continue
        after = [word.lower() for word in _WORDS.findall(name[found.end() :])]
        before = [word.lower() for word in _WORDS.findall(name[: found.start()])]
        if _is_of_something_else(kind, before, after):
            return None
        return (kind, Certainty.WEAK if after and after[0] in _OTHER_FORMS else certainty)
    return None


def _is_of_something_else(kind: str, before: list[str], after: list[str]) -> bool:
    if after and (after[-1] in _NO_SECRET_AFTER or after[0] in _NO_SECRET_AFTER):
        return True
    if kind == "key" and before and before[-1] in _NO_KEY_BEFORE:
        return True
    if after == ["id"] and kind not in ("session", "access-key", "private-key-id"):
        return True
    if not before:
        return False
    return before[-1] in _QUESTIONS or (kind == "token" and before[-1] in _NO_TOKEN_BEFORE)
