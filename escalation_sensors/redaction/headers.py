"""Secrets in HTTP headers and cookies. Headers that are named like a secret (`X-Api-Key`) are in `named_values.py`."""

import base64
import binascii
import re
from collections.abc import Callable

from escalation_sensors.redaction.judging import prose, random_looking, says_nothing, word_and_number, wordish
from escalation_sensors.redaction.kind import Kind

_AUTHORIZATION = r"(?:(?<![A-Za-z0-9-])|(?<=[ ]-H))(?i:(?:proxy-|x-(?:amz-|forwarded-)?|http_|http_x_)?authorization)"
_COOKIE = r"(?<![A-Za-z0-9-])(?i:(?:http_)?(?:set-)?cookie2?)"
_SCHEMES = (
    r"(?i:bearer|basic|digest|token|api-?key|apitoken|aws4-hmac-sha256|aws|ssws|negotiate|ntlm|hmac|genie-?key|splunk|"
    r"snowflake|sharedkey(?:lite)?|sharedaccesssignature|oauth|key|hawk|googlelogin|bot|signature|aws4|discord-bot|"
    r"x-api-key|dapi|session|jwt|kerberos|scram-sha-256|dpop|privatekey|klaviyo-api-key|sso-key|zoho-oauthtoken|mac)"
)
_DOUBLE = r"(?:[^\"\\\n]|\\[^\n])"
_SINGLE = r"(?:[^'\\\n]|\\[^\n])"
_ESCAPED = r"(?:[^\"\\\n]|\\(?!\\{0,2}[\"'](?=[\s,}\])]|$))[^\n])"
_QUOTE_IN_QUOTES = r"\\{1,3}[\"']"
_ASCII = range(32, 127)


def _no_header_value(found: re.Match[str]) -> bool:
    value = found["secret"]
    if word_and_number(value):
        return False
    return says_nothing(value) or wordish(value) or prose(value) or not re.search(r"[A-Za-z0-9]{4}", value)


def _no_cookie(found: re.Match[str]) -> bool:
    return not re.search(r"[^\s=;]{1,80}=[^\s;=]{4}", found["secret"][:2000]) or says_nothing(found["secret"])


def _no_user_and_password(found: re.Match[str]) -> bool:
    value = found["secret"]
    try:
        decoded = base64.b64decode(value[:400] + "=" * (-len(value[:400]) % 4), validate=True)
    except (binascii.Error, ValueError):
        return True
    return b":" not in decoded or (wordish(value) and not all(byte in _ASCII for byte in decoded))


def _no_jar(found: re.Match[str]) -> bool:
    return not re.search(r":\s?[\"'][^\"']{6}", found["secret"])


def _not_random(found: re.Match[str]) -> bool:
    return not random_looking(found["secret"])


def _listed(name: str, scheme: str, kind: str, harmless: Callable[[re.Match[str]], bool]) -> tuple[Kind, ...]:
    """The header as a dictionary, JSON or a list of pairs has it, and as one quoted argument of a command."""
    needs = ("authorization",) if kind == "authorization" else ("cookie",)
    between = r"\]?\s{0,4}[:,=]\s{0,4}[\[(]?b?"
    return (
        Kind(kind, rf"{name}\"{between}\"{scheme}(?P<secret>{_DOUBLE}++)", harmless, needs=needs),
        Kind(kind, rf"{name}'{between}'{scheme}(?P<secret>{_SINGLE}++)", harmless, needs=needs),
        Kind(kind, rf"{name}[\"']{between}[\"']{scheme}(?P<secret>[^\"'\\\n]++)", harmless, needs=needs),
        Kind(
            kind,
            rf"{name}{_QUOTE_IN_QUOTES}[ ]?:[ ]?{_QUOTE_IN_QUOTES}{scheme}(?P<secret>{_ESCAPED}++)",
            harmless,
            needs=needs,
        ),
        Kind(kind, rf"(?<=\"){name}\s?:\s?{scheme}(?P<secret>{_DOUBLE}++)", harmless, needs=needs),
        Kind(kind, rf"(?<='){name}\s?:\s?{scheme}(?P<secret>{_SINGLE}++)", harmless, needs=needs),
    )


HEADERS = (
    *_listed(_AUTHORIZATION, rf"(?:{_SCHEMES}[ ])?+", "authorization", _no_header_value),
    # Schemes whose value has parts with spaces between them.
    Kind(
        "authorization",
        rf"{_AUTHORIZATION}[ ]?[:=][ ]?[\"'\[]?(?i:digest|aws4-hmac-sha256|hmac|hawk|signature|oauth|mac|snowflake|"
        r"negotiate|sharedaccesssignature|token)[ ](?P<secret>\w{1,30}\s?=(?:[^\n\\]|\\(?![nr]))++)",
        _no_header_value,
        needs=("authorization",),
    ),
    Kind(
        "authorization",
        rf"{_AUTHORIZATION}[ ]?(?:[:=]|%3A)[ ]{{0,4}}[\"'\[<]?(?:{_SCHEMES}(?:\\?[ ]|%20|\+)[\"']?)?+"
        r"(?P<secret>[^\s\"',;)\]}\\]{6,}+(?:=\"[^\"\s]{1,400}\")?)",
        _no_header_value,
        needs=("authorization",),
    ),
    Kind(
        "bearer-token",
        r"(?<![A-Za-z0-9_])(?i:bearer|apikey)(?:[ ]|%20|\+)[\"']?(?!\w{1,30}=[\w\"])"
        r"(?P<secret>[A-Za-z0-9._~+/=:-]{8,}+)",
        _not_random,
        needs=("bearer", "apikey"),
    ),
    Kind(
        "basic-credentials",
        r"(?<![A-Za-z0-9_])(?i:basic)(?:[ ]|%20)(?P<secret>[A-Za-z0-9+/_-]{8,}+={0,2})",
        _no_user_and_password,
        needs=("basic",),
    ),
    Kind(
        "credentials",
        r"\bAUTH (?:PLAIN|LOGIN|XOAUTH2|CRAM-MD5)[ ]?(?:\\r\\n)?(?P<secret>[A-Za-z0-9+/]{8,}+={0,2})",
        needs=("auth ",),
    ),
    *_listed(_COOKIE, "", "cookie", _no_cookie),
    Kind("cookie", rf"{_COOKIE}[ ]?[:=][ ]{{0,4}}(?P<secret>(?:[^\n\\]|\\(?![nr]))++)", _no_cookie, needs=("cookie",)),
    Kind("cookie", r"(?i:cookies?)[\"']?\s{0,2}[:=]\s{0,2}\{(?P<secret>[^{}\n]{4,2000})\}", _no_jar, needs=("cookie",)),
    Kind("cookie", r"<Cookie [^\s=]{1,80}=(?P<secret>[^\s>]++)", needs=("<cookie ",)),
)
