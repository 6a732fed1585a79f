"""Passwords and keys in addresses: URLs of every scheme, JDBC, Oracle, webhooks, and the parameters of queries."""

import re

from escalation_sensors.redaction.judging import random_looking, says_nothing, word_and_number, wordish
from escalation_sensors.redaction.kind import MARK, Begins, Kind

_LONGEST = 400
_SHORTEST_TOKEN = 20
_PORT = re.compile(r"\d{1,5}(?:[/?#;,]|$)")
_NEVER_SLASHES = re.compile(r"(?:git\+)?(?:https?|ssh)|s?ftp|git|wss?|grpc|tcp|spark|thrift|hdfs|sqlserver")
_PARAMETERS = re.compile(r"\d{1,5}(?:/[\w.-]{0,80})?[?;:][\w. ]{1,40}=")


def _no_password(found: re.Match[str]) -> bool:
    value = found["secret"]
    # host:port/path@version is an address without a password, and JDBC has the password among its parameters.
    if _PORT.match(value) and (_NEVER_SLASHES.fullmatch(found["scheme"].lower()) or _PARAMETERS.match(value)):
        return True
    return says_nothing(value)


def _ordinary_user(found: re.Match[str]) -> bool:
    value = found["secret"].replace("%40", "@")
    return len(value) < _SHORTEST_TOKEN or not random_looking(value) or wordish(value)


def _not_random(found: re.Match[str]) -> bool:
    return not random_looking(found["secret"])


def _no_likely_password(found: re.Match[str]) -> bool:
    return not random_looking(found["secret"]) and not word_and_number(found["secret"])


def _nothing(found: re.Match[str]) -> bool:
    return says_nothing(found["secret"])


# The whole run up to its last @: a password may hold /, : and @. Another :// begins another address.
_SCHEME = r"(?P<scheme>(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,40}+|(?<=\\n)[a-z][a-z0-9+.-]{1,40}+)://"
_RUN = rf"(?:[^\s\"\\`:]|:(?!//)|\\(?![\"'nrt])){{1,{_LONGEST}}}"
_RUN_IN_QUOTES = rf"(?:[^\s\"'\\`:]|:(?!//)){{1,{_LONGEST}}}"
_HOST = r"@(?=[\w\[(.%/{,*:-]|$)"
_PARAMETER = (
    r"(?i:sig|signature|x-amz-(?:signature|security-token|credential)|x-goog-(?:signature|credential)|awsaccesskeyid"
    r"|access_token|refresh_token|id_token|auth_token|token|api[_-]?key|client_secret|passw(?:or)?d|pass|pwd|pw|secret"
    r"|assertion|code_verifier|hmac|jwt|otp|ticket|subscription-key)"
)
_PARAMETERS_NEED = (
    *(
        "sig=",
        "signature=",
        "token=",
        "credential=",
        "accesskeyid=",
        "key=",
        "secret=",
        "password=",
        "passwd=",
        "pass=",
    ),
    *("pwd=", "pw=", "assertion=", "verifier=", "hmac=", "jwt=", "otp=", "ticket="),
)
_SHORT_PARAMETERS = "code|key|auth|state|session|sid|hash|nonce|k|t|s|id_token_hint"
_SHORT_PARAMETERS_NEED = tuple(
    f"{before}{name}=" for before in ("?", "&", "%26", "&amp;") for name in _SHORT_PARAMETERS.split("|")
)
_VALUE = r"(?:[^\s&\"'<>#;\\)\]},]|[;,)\]}](?![\s\"'&]|$|\w{1,40}+=)|#(?=[^\s&]))"
_HOOK = r"[^\s\"'<>)\]},;]"

ADDRESSES = (
    Kind(
        "webhook",
        rf"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/(?P<secret>{_HOOK}++)",
        needs=("hooks.slack",),
    ),
    Kind(
        "webhook",
        rf"discord(?:app)?\.com/api/(?:v\d{{1,2}}/)?webhooks/\d{{5,25}}/(?P<secret>{_HOOK}++)",
        needs=("discord",),
    ),
    Kind("webhook", rf"webhook\.office\.com/webhookb?\d?/(?P<secret>{_HOOK}++)", needs=("webhook.office.com/",)),
    Kind("webhook", rf"outlook\.office(?:365)?\.com/webhook/(?P<secret>{_HOOK}++)", needs=("outlook.office",)),
    Kind(
        "webhook", rf"hooks\.zapier\.com/hooks/(?:catch|standard)/(?P<secret>{_HOOK}++)", needs=("hooks.zapier.com/",)
    ),
    Kind(
        "webhook",
        rf"(?:maker\.ifttt\.com/trigger/[^\s/]{{1,80}}/with/key|hook\.\w{{2,4}}\d?\.make\.com)/(?P<secret>{_HOOK}++)",
        needs=("maker.ifttt.com/", ".make.com/"),
    ),
    Kind(
        "url-token",
        rf"{_SCHEME}(?P<secret>[^\s:/@\"'<>\[;?=]{{20,300}}+)(?=(?::[^\s/@\"']{{0,200}})?@)",
        _ordinary_user,
        needs=("@",),
        begins=Begins.AT_A_SCHEME,
    ),
    Kind("webhook", rf"events\.pagerduty\.com/integration/(?P<secret>{_HOOK}++)", needs=("events.pagerduty.com/",)),
    Kind(
        "url-password",
        rf"(?<=['])(?:jdbc:)?{_SCHEME}(?:{MARK}|[^\s:/\"'<>\[;?]{{0,200}}):(?P<secret>{_RUN_IN_QUOTES}){_HOST}",
        _no_password,
        needs=("@",),
        begins=Begins.AT_A_SCHEME,
    ),
    Kind(
        "url-password",
        rf"{_SCHEME}(?:{MARK}|[^\s:/\"'<>\[;?]{{0,200}}):(?P<secret>{_RUN}){_HOST}",
        _no_password,
        needs=("@",),
        begins=Begins.AT_A_SCHEME,
    ),
    # An address without its scheme; name:tag@sha256: is an image.
    Kind(
        "url-password",
        r"(?<![\w.:@-])(?!mailto:|sips?:|acct:|xmpp:)[\w.-]{1,60}:(?P<secret>(?!\w{0,20}://|//)[^\s\"'<>`|]{6,200})@(?!sha\d)"
        r"(?=[\w.-]{1,80}[:/'\"])",
        _no_likely_password,
        needs=("@",),
    ),
    Kind(
        "url-password",
        r"(?<![\w.:@-])[\w.-]{1,60}:(?P<secret>[^\s\"'<>`]{1,200})@(?=(?:tcp|unix)\()",
        _nothing,
        needs=("@tcp(", "@unix("),
    ),
    Kind(
        "password",
        r"(?i:\bconnect(?:[ ]|\([\"']))\w[\w$]{0,30}/(?P<secret>[^\s\"'<>/]{1,200})@(?=(?://)?\w)",
        _nothing,
        needs=("connect ", "connect('", 'connect("'),
    ),
    # user/password@host as Oracle and its tools take it.
    Kind(
        "password",
        rf"(?i:oracle:(?:thin|oci8?)):[^\s/@:]{{1,60}}/(?P<secret>[^\s\"'<>]{{1,{_LONGEST}}})@",
        _nothing,
        needs=("oracle:",),
    ),
    Kind(
        "password",
        r"(?<![\w/.-])(?i:sqlplus|sqlldr|expdp|impdp|exp|imp|rman|sqlcl|sql)[ ](?:-\w+[ ]){0,4}[\"']?\w[\w$]{0,40}/"
        r"(?P<secret>[^\s\"'<>]{1,200})@(?=\w|//)",
        _nothing,
        needs=("sqlplus ", "sqlldr ", "expdp ", "impdp ", "exp ", "imp ", "rman ", "sqlcl ", "sql "),
    ),
    Kind(
        "password",
        r"(?<![\w/.:@-])\w[\w$]{0,30}/(?P<secret>[^\s\"'<>/]{6,200})@(?=(?://)?[\w.-]{1,80}:\d{2,5}(?!\d))",
        _not_random,
        needs=("@",),
    ),
    Kind(
        "query-parameter",
        rf"(?:[?&]|%26|%3F|&amp;){_PARAMETER}=(?P<secret>{_VALUE}++)",
        _nothing,
        needs=_PARAMETERS_NEED,
    ),
    Kind(
        "query-parameter",
        rf"(?:%26|%3F|%3B){_PARAMETER}%3D(?P<secret>(?:[^\s&\"'<>#;%]|%(?!(?:26|3B)(?:\w{{1,40}}%3D|[\s\"']|$)))++)",
        _nothing,
        needs=("%3d",),
    ),
    Kind(
        "query-parameter",
        rf"(?:[?&]|%26|&amp;)(?i:{_SHORT_PARAMETERS})=(?P<secret>[^\s&\"'<>#]{{12,}}+)",
        _not_random,
        needs=_SHORT_PARAMETERS_NEED,
    ),
    Kind(
        "query-parameter",
        r"(?<![\w])code=(?P<secret>[^\s&\"'<>#]{12,}+)(?=&(?:grant|redirect|client|state))",
        _not_random,
        needs=("code=",),
    ),
    Kind(
        "query-parameter",
        r"[?&]app_?id=(?P<secret>[0-9a-f]{32})(?![0-9a-f])",
        needs=("appid=", "app_id="),
    ),
    Kind(
        "query-parameter",
        r"(?<=authorization_code&)code=(?P<secret>[^\s&\"'<>#]{6,}+)",
        needs=("authorization_code&code=",),
    ),
    # host:port:database:user:password, a line of .pgpass.
    Kind(
        "password",
        r"^[\w.*-]{1,80}:(?:\d{4,5}|\*):[\w*-]{1,60}:[\w*-]{1,60}:(?P<secret>[^\s]{6,200})$",
        _no_likely_password,
        begins=Begins.ON_A_LINE,
    ),
)
