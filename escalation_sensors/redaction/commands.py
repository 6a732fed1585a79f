"""Secrets in command lines and in SQL. Options and clauses that read `name=value` are in `named_values.py`."""

import re
from collections.abc import Callable

from escalation_sensors.redaction.judging import random_looking, says_nothing, strongly_mixed, word_and_number, wordish
from escalation_sensors.redaction.kind import Begins, Kind
from escalation_sensors.redaction.names import NAME, judged_harmless, kind_found
from escalation_sensors.redaction.secret_names import Certainty
from escalation_sensors.redaction.values import QUOTED, VALUE, value_of

_UP_TO = r"(?:\.exe)?[\"']?,?[ ](?:[^\n|;]{0,300}?[\s\"'])??"

# (programs, option, what stands between the option and the secret)
PASSWORD_OPTIONS: tuple[tuple[str, str, str], ...] = (
    (r"(?:mysql|mariadb)(?:dump|admin|import|check|sh|slap|pump|-dump|-admin|binlog)?", "-p", ""),
    ("sshpass|7z|7za|rar|unrar", "-p", ""),
    ("sshpass|beeline|cqlsh|rabbitmqadmin|clickhouse-client|ipmitool|cypher-shell|nzsql|nzload|rmq", "-[pw]w?", "GAP"),
    ("(?:docker|podman|oc|buildah|skopeo|crane|az|cf|helm|ibmcloud)[\"']?,?[ ][\"']?(?:registry )?login", "-p", "GAP"),
    ("mongo(?:sh|dump|restore|export|import|stat|top)?", "-p", "GAP"),
    ("twine|snowsql|snow|influx|couchbase-cli|cbq|trino|presto|sqoop|neo4j-admin|dsbulk", "-p", "GAP"),
    ("hdbsql|impala-shell|exaplus", "-p", "GAP"),
    ("redis-cli|redis-benchmark|valkey-cli", "-a", "GAP"),
    ("sqlcmd|bcp|osql|isql|unzip|zip|tsql", "-P", "GAP?"),
    ("ldap(?:search|modify|add|delete|whoami|passwd)|kadmin", "-w", "GAP"),
    ("vault", "login", "GAP"),
    ("curl|wget|http|https|xh", "(?:-u|--user|-a|--auth|-U|--proxy-user)", r"GAP?=?[\"']?[^\s:\"']{0,100}:"),
    ("smbclient|mount|rpcclient|smbget", "-U", r"GAP?[\"']?[^\s%\"']{1,100}%"),
    ("lftp|ftp", "-u", r"GAP?[\"']?[^\s,\"']{1,100},"),
    ("openssl", "-pass(?:in|out)?", r"GAP[\"']?pass:"),
    ("keytool|jarsigner|apksigner", "-(?:store|key|src|dest|srcstore|deststore)pass", "GAP"),
    ("htpasswd", "-\\w{0,4}b\\w{0,4}", r"GAP[^\s]{1,100}[ ][^\s]{1,60}[ ]"),
)  # fmt: skip
_OPTION = re.compile(r"--?[a-z]+(?:-[a-z]+)*(?:=|$)|-[A-Za-z]$")
_ADDRESS = re.compile(r"(?:[\w-]+\.)+\w+(?::\d+)?|.*://.*")
_GAP = r"[\"']?,?[ ]{1,4}"


def _no_option(found: re.Match[str]) -> bool:
    form, value = value_of(found)
    return (
        says_nothing(value)
        or bool(_OPTION.match(value))
        or (form == "bare" and bool(re.fullmatch(r"\$\w+|\$[{(].*", value)))
    )


def _no_long_option(found: re.Match[str]) -> bool:
    form, value = value_of(found)
    # -PASSWORD = "..." is a line of a difference.
    if _OPTION.match(value) or not re.match(r"[^=:,;)\]]", value):
        return True
    following = found.string[found.end(form) : found.end(form) + 40].split("\n", 1)[0]
    if form == "bare" and wordish(value) and not word_and_number(value) and not re.match(r"\s+-|$", following):
        return True
    called = "(" in found.string[max(0, found.start() - 16) : found.start()]
    return judged_harmless(found["name"], form, value, following, at_most=Certainty.WEAK if called else Certainty.SURE)


def _no_clause(found: re.Match[str]) -> bool:
    form, value = value_of(found)
    return judged_harmless(found["name"], form, value, "")


def _nothing(found: re.Match[str]) -> bool:
    return says_nothing(value_of(found)[1])


def _no_likely_password(found: re.Match[str]) -> bool:
    value = value_of(found)[1]
    return not random_looking(value) and not word_and_number(value)


def _no_likely_argument(found: re.Match[str]) -> bool:
    value = value_of(found)[1]
    if word_and_number(value):
        return False
    return _no_likely_password(found) or " " in value or _ADDRESS.fullmatch(value) is not None


def _no_generated_token(found: re.Match[str]) -> bool:
    value = found["secret"]
    return not (strongly_mixed(value) or re.fullmatch(r"[0-9a-f]{8}-[0-9a-f-]{27}", value))


def _not_random(found: re.Match[str]) -> bool:
    return not random_looking(value_of(found)[1])


def _not_identified_by(found: re.Match[str]) -> bool:
    form, value = value_of(found)
    if says_nothing(value):
        return True
    before = found.string[max(0, found.start() - 120) : found.start()]
    if found[0].isupper() or re.search(r"(?i:\b(?:user|role|grant|login|alter|create)\b)", before):
        return form == "bare" and not random_looking(value) and not found[0].isupper()
    # A revision or a node may be identified by something, too.
    return True


def _option(programs: str, option: str, gap: str) -> Kind:
    # A program by how its name begins; where one of many has to log in, by that.
    beginnings = re.sub(r"(?<=[\w)])\(\?:[^()]*\)\??", "", programs)
    needs = ("login",) if programs.endswith("login") else tuple(re.findall(r"[a-z0-9][a-z0-9-]+", beginnings))
    before = rf"(?<![\w.-])(?:{programs}){_UP_TO}{option}"
    return Kind("password", rf"{before}{gap.replace('GAP', f'(?:{_GAP})')}(?={VALUE})", _no_option, needs=needs)


def _password(pattern: str, *needs: str, unless: Callable[[re.Match[str]], bool] = _nothing) -> Kind:
    return Kind("password", pattern, unless, needs=needs)


COMMANDS = (
    *(_option(*row) for row in PASSWORD_OPTIONS),
    Kind(
        "secret",
        rf"(?<![\w-])(?=--?[A-Za-z]){NAME}{_GAP}b?(?={VALUE})",
        _no_long_option,
        kind_found,
        begins=Begins.AT_A_NAME,
    ),
    Kind(
        "secret",
        rf"(?i:(?<![\w-])(?:env|arg|setx|configure[ ]set|config[ ]set)[ ]){NAME}[ ](?={VALUE})",
        _no_clause,
        kind_found,
        needs=("env ", "arg ", "setx ", "configure set ", "config set "),
        begins=Begins.BEFORE_A_NAME,
    ),
    _password(
        r"(?:echo|printf)[ ](?:-n[ ])?[\"']?(?P<secret>[^\s\"']{6,200})[\"']?[ ]?\|[^\n]{0,200}?(?:stdin|sudo -S)",
        "stdin",
        "sudo -s",
    ),
    _password(
        rf"(?i:\b(?:requirepass|masterauth|bindpw|rootpw)[ ]|\buser\s+\S{{1,60}}\s+on\s+>)[ ]{{0,2}}(?={VALUE})",
        "requirepass ",
        "masterauth ",
        "bindpw ",
        "rootpw ",
        "user",
    ),
    _password(r"(?i:\blogin\s{1,20}[\w.@+-]{1,100}\s{1,20}password\s{1,20})(?P<secret>[^\s]++)", "login"),
    _password(
        r"(?:^|(?<=[>'\"]|\s))(?:PASS|AUTH)[ ](?P<secret>[^\s'\"\\]{6,200})(?=\\r|['\"\s]|$)",
        "pass ",
        "auth ",
        unless=_not_random,
    ),
    _password(
        r"\bLOGIN[ ]\"?[\w.@+-]{1,80}\"?[ ]\"?(?P<secret>[^\s\"']{6,200})\"?(?=\s|$|\\r)", "login ", unless=_not_random
    ),
    _password(
        rf"(?i:--(?:proxy-|http-)?user(?:[ ]|=))[\"']?[^\s:\"']{{1,100}}:(?={VALUE})",
        "--user",
        "--proxy-user",
        "--http-user",
        unless=_no_likely_password,
    ),
    _password(rf"(?i:ConvertTo-SecureString)[ ](?:-String[ ])?(?={QUOTED})", "convertto-securestring"),
    _password(r"(?i:\bnet[ ]user)[ ]\S{1,60}[ ](?P<secret>[^\s/*][^\s]{3,200})", "net user"),
    _password(
        r"(?:echo|printf)[ ](?:-e[ ])?[\"']?[\w.-]{1,60}:(?P<secret>[^\s\"']{1,200})[\"']?[ ]?\|[^\n]{0,60}?chpasswd",
        "chpasswd",
    ),
    _password(r"(?i:\bdb2[ ][^\n]{0,200}?[ ]user[ ]\S{1,60}[ ]using[ ])(?P<secret>[^\s]++)", "db2 "),
    _password(r"(?i:\.logon[ ])[^\s,]{1,100},(?P<secret>[^\s;]++)", ".logon "),
    Kind(
        "token",
        r"(?<=[ ])(?:auth|login|-t|-k)[ ](?P<secret>[A-Za-z0-9_-]{20,200}+)",
        _no_generated_token,
        needs=(" auth ", " login ", " -t ", " -k "),
    ),
    # connect("user", "password") and its kin.
    *(
        _password(
            rf"(?i:connect|connection|log(?:in|on)|bind(?:_s)?|pdo)\([^()\"'\n]{{0,80}}(?:[\"'][^\"'\n]{{0,100}}[\"'],\s{{0,4}}){{{before}}}(?={QUOTED})",
            "connect(",
            "connection(",
            "login(",
            "logon(",
            "bind(",
            "bind_s(",
            "pdo(",
            unless=_no_likely_argument,
        )
        for before in (1, 2)
    ),
    # The second of two arguments, after an identifier that was redacted or is one.
    Kind("secret", r"(?:(?<=\])|'[A-Z0-9]{4,24})',\s{0,4}'(?P<secret>[A-Za-z0-9+/]{40})'", needs=("',",)),
    _password(rf"(?i:sp_addlinkedsrvlogin)\s[^\n;]{{0,300}},\s{{0,4}}N?(?={QUOTED})", "sp_addlinkedsrvlogin"),
    Kind("secret", r"::add-mask::(?P<secret>[^\n]++)", needs=("::add-mask::",)),
    _password(
        rf"(?i:\b(?:add_user|change_password)[ ]|/user:)\S{{1,60}}[ ](?={VALUE})",
        "add_user ",
        "change_password ",
        "/user:",
        unless=_no_likely_password,
    ),
    _password(rf"[ ]-U[ ]?[\"']?[\w.@-]{{1,60}}%(?={VALUE})", " -u", unless=_not_random),
    _password(rf"\bAUTH[ ][\w.-]{{1,60}}[ ](?={VALUE})", "auth ", unless=_not_random),
    _password(
        rf"\.(?:login|authenticate)\(\s{{0,4}}[\"'][^\"'\n]{{0,100}}[\"'],\s{{0,4}}(?={QUOTED})",
        ".login(",
        ".authenticate(",
        unless=_not_random,
    ),
    # SQL.
    _password(
        rf"(?i:sp_(?:addlogin|password))\s{{1,20}}N?'[^'\n]{{0,100}}',\s{{0,20}}N?(?={QUOTED})",
        "sp_addlogin",
        "sp_password",
    ),
    _password(
        rf"(?i:\bset\s{{1,20}}password\s{{1,20}}for\s{{1,20}}\S{{1,100}}\s{{0,20}}=\s{{0,20}})(?={QUOTED})", "password"
    ),
    _password(
        r"(?i:identified\s{1,20}(?:(?:with|via)\s{1,20}['\"]?[\w-]{1,40}['\"]?\s{1,20})?(?:by|as|using)\s{1,20}"
        rf"(?:password\s{{1,20}}|values\s{{1,20}}|random\s{{1,20}})?)(?={VALUE})",
        "identified",
        unless=_not_identified_by,
    ),
    _password(
        r"(?i:password\s{0,4}\(\s{0,4})(?=(?:'(?P<single>(?:[^'\\\n]|\\.|'')++)'|\"(?P<double>[^\"\n]++)\"))",
        "password",
    ),
    Kind("access-key", r"(?i:(?<![\w])key_id)\s{0,4}=?\s{0,4}'(?P<secret>[^'\n]++)'", _nothing, needs=("key_id",)),
    Kind(
        "key",
        r"(?i:pgp_sym_(?:en|de)crypt(?:_bytea)?\([^()'\n]{0,200}(?:'[^'\n]{0,200}')?,\s{0,4})'(?P<secret>[^'\n]++)'",
        _nothing,
        needs=("pgp_sym_",),
    ),
    _password(r"(?i:(?:en|de)cryptbypassphrase\(\s{0,4})N?'(?P<secret>(?:[^'\n]|'')++)'", "cryptbypassphrase"),
    # auth=("user", "password") and its kin in code.
    _password(
        r"(?:auth[\"']?\s{0,2}[=:]\s{0,2}|(?:Auth|Credentials?))\(\s{0,4}[\"'][^\"'\n]{0,100}[\"'],\s{0,4}(?:password=)?"
        rf"(?={QUOTED})",
        "auth",
        "credential",
    ),
)
