"""Secrets that are known by their own look, wherever they stand: one row each for what a service hands out."""

import re

from escalation_sensors.redaction.kind import Kind

_B62 = "[A-Za-z0-9]"
_B64 = "[A-Za-z0-9+/=]"
_WEB = "[A-Za-z0-9_-]"
_BEGINNING = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=%[0-9A-F][0-9A-F]))"

# (kind, what it looks like); nothing alphanumeric stands before it. Longer beginnings stand before shorter ones.
TOKEN_LOOKS: tuple[tuple[str, str], ...] = (
    ("jwt", rf"(?:p\.)?eyJ{_WEB}{{8,}}+(?:\.{_WEB}{{8,}}+)(?:\.{_WEB}*+){{0,3}}+"),
    ("google-token", r"ya29\.[A-Za-z0-9_.-]{10,}+|1//0[A-Za-z0-9_-]{20,}+|1//[A-Za-z0-9_-]{30,}+"),
    ("google-token", rf"GOCSPX-{_WEB}{{16,}}+|4/0A{_WEB}{{20,}}+|GOOG1?[A-Z0-9]{{20,}}+"),
    ("google-api-key", rf"AIza{_WEB}{{30,}}+|AAAA{_WEB}{{7}}:{_WEB}{{100,}}+"),
    ("aws-secret-key", rf"(?:AKIA|ASIA)[A-Z2-7]{{16}}[\s,:;|]{{1,4}}{_B64}{{40}}(?!{_B64})"),
    ("aws-access-key", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("aws-session-token", rf"(?:FwoGZXIvYXdzE|IQoJb3JpZ2lu|AQoDYXdzE){_B64}{{16,}}+"),
    ("github-token", rf"gh[opusr]_{_B62}{{16,}}+|github_pat_{_WEB}{{20,}}+"),
    (
        "gitlab-token",
        (rf"gl(?:pat|ptt|dt|rt|cbt|ft|imt|agent|soat|oas|ffct)-[A-Za-z0-9_.-]{{16,}}+"
        rf"|GR1348941{_WEB}{{16,}}+"),
    ),
    ("slack-token", r"xox[abceoprs](?:[.-][A-Za-z0-9-]{4,}+)++|xapp-[A-Za-z0-9-]{10,}+|xwfp-[A-Za-z0-9-]{10,}+"),
    ("stripe-key", rf"(?:sk|rk)_(?:live|test|prod)_{_B62}{{10,}}+|whsec_[A-Za-z0-9+/=]{{16,}}+"),
    ("twilio-key", r"SK[0-9a-f]{32}(?![0-9a-f])"),
    ("sendgrid-key", rf"SG\.{_WEB}{{16,}}+\.{_WEB}{{16,}}+"),
    ("mailgun-key", r"(?:pub)?key-[0-9a-zA-Z]{32}(?![0-9a-zA-Z])|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}(?![0-9a-f-])"),
    ("mailchimp-key", r"[0-9a-f]{32}-us\d{1,2}(?!\d)"),
    ("npm-token", rf"npm_{_B62}{{30,}}+"),
    ("pypi-token", rf"pypi-{_WEB}{{30,}}+"),
    ("anthropic-key", rf"sk-ant-{_WEB}{{16,}}+"),
    ("openai-key", rf"sk-(?:proj|svcacct|admin|or-v1|None)-{_WEB}{{20,}}+|sk-(?=[A-Za-z]{{0,40}}[0-9]){_B62}{{20,}}+"),
    ("huggingface-token", rf"(?:hf|api_org)_{_B62}{{20,}}+"),
    ("ai-service-key", rf"(?:gsk_|r8_|xai-|pplx-|lsv2_(?:pt|sk)_|nvapi-|fw_|tvly-){_WEB}{{20,}}+"),
    ("databricks-token", r"(?:dapi|dkea|dose|dsapi|ddapi)[0-9a-f]{32}(?:-\d{1,2})?+(?![0-9a-f])"),
    ("snowflake-token", r"ver:\d{1,2}-hint:\d{1,20}-[A-Za-z0-9+/=%_-]{16,}+"),
    ("azure-client-secret", r"[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{28,}+"),
    (
        "azure-key",
        (rf"{_B62}{{52}}JQQJ99{_B62}{{20,}}+|{_B62}{{76}}AZDO{_B62}{{4}}"
        rf"|[A-Za-z0-9+/]{{76}}\+?AStA{_B64}{{6,}}+"),
    ),
    ("digitalocean-token", r"do[opr]_v1_[0-9a-fA-F]{32,}+"),
    ("heroku-key", rf"HRKU-{_WEB}{{30,}}+"),
    ("shopify-token", r"shp(?:at|ca|pa|ss|ua|tka|tkn)_[0-9a-zA-Z_]{24,}+"),
    ("square-token", rf"sq0[a-z]{{3}}-{_WEB}{{20,}}+|EAAA{_WEB}{{50,}}+"),
    ("telegram-token", rf"(?:bot)?\d{{8,10}}:{_WEB}{{35}}(?!{_WEB})"),
    ("discord-token", rf"(?:mfa\.{_WEB}{{60,}}+|{_WEB}{{23,28}}\.{_WEB}{{6}}\.{_WEB}{{27,38}}(?!{_WEB}))"),
    ("datadog-key", r"dd(?:api|app|pub|pat)_?[0-9a-zA-Z]{32,}+"),
    ("newrelic-key", rf"NR(?:AK|AL|BR|II|IQ|JS|AA|RA|SP|MA)-{_WEB}{{16,}}+|[0-9a-f]{{36}}NRAL|[0-9a-zA-Z]{{36}}NRAL"),
    ("sentry-token", r"sntry[sua]_[A-Za-z0-9+/=_-]{20,}+"),
    ("airtable-token", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}|pat[A-Za-z0-9]{14}\.[0-9a-zA-Z]{40,}+"),
    ("notion-token", rf"secret_{_B62}{{40,}}+|ntn_{_B62}{{30,}}+"),
    ("linear-key", rf"lin_(?:api|oauth|wh)_{_B62}{{20,}}+"),
    ("okta-token", rf"SSWS[ ]{_WEB}{{20,}}+"),
    ("vault-token", rf"hv[sbr]\.{_WEB}{{20,}}+|[sbr]\.(?=[A-Za-z]{{0,23}}[0-9]){_B62}{{24}}(?![\w.])"),
    ("terraform-token", rf"{_B62}{{14}}\.atlasv1\.{_WEB}{{40,}}+"),
    ("docker-token", rf"dckr_(?:pat|oat)_{_WEB}{{20,}}+"),
    (
        "doppler-token",
        (rf"dp\.(?:pt|ct|sa|scim|audit|said)\.{_B62}{{30,}}+"
        rf"|dp\.st\.(?:[a-z0-9_-]{{2,35}}\.)?{_B62}{{30,}}+"),
    ),
    ("grafana-token", rf"glsa_[A-Za-z0-9_]{{30,}}+|glc_{_B64}{{30,}}+|eyJrIjoi{_B64}{{40,}}+"),
    ("dbt-token", r"dbt[cusa]_[A-Za-z0-9_-]{20,}+"),
    ("dagster-token", r"(?:agent:[\w-]{1,60}:|user:|agent:)[0-9a-f]{32}(?![0-9a-f])"),
    ("atlassian-token", r"AT(?:ATT|CTT|BB)[A-Za-z0-9_=-]{20,}+"),
    ("confluent-secret", r"cflt[A-Za-z0-9+/=]{40,}+"),
    (
        "cloud-token",
        (rf"(?:pul-[0-9a-f]{{40}}|fo1_{_WEB}{{30,}}+"
        rf"|FlyV1[ ]fm2_[A-Za-z0-9+/=,_-]{{30,}}+|nfp_{_B62}{{30,}}+)"),
    ),
    ("cloud-token", rf"(?:tskey-[a-z]{{2,12}}-[A-Za-z0-9-]{{16,}}+|sb[ps]_{_WEB}{{30,}}+|sb_secret_{_WEB}{{16,}}+)"),
    ("cloud-token", r"(?:pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{30,}+|v1\.0-[0-9a-f]{24}-[0-9a-f]{100,}+)"),
    (
        "ci-token",
        (rf"(?:CCI(?:PAT|PRJ)_{_WEB}{{20,}}+|bk(?:ua|aj|ct)_{_WEB}{{20,}}+"
        rf"|sq[aup]_[0-9a-f]{{40}}|cio{_B62}{{32}})"),
    ),
    (
        "package-token",
        (rf"(?:rubygems_[0-9a-f]{{40,}}+|AKCp[0-9A-Za-z]{{60,}}+"
        rf"|cmVmdGtu{_B62}{{50,}}+|oy2[a-z0-9]{{43}})"),
    ),
    (
        "workflow-token",
        (rf"(?:pn[ub]_{_B62}{{30,}}+|PMAK-[0-9a-f]{{24}}-[0-9a-f]{{34}}"
        rf"|figd_{_WEB}{{20,}}+|sgp_{_WEB}{{40,}}+)"),
    ),
    (
        "mail-key",
        (rf"(?:xkeysib-[0-9a-f]{{64}}-{_B62}{{16}}"
        rf"|xsmtpsib-[0-9a-f]{{64}}-{_B62}{{16}}|re_{_B62}{{8}}_{_B62}{{20,}}+)"),
    ),
    ("app-token", rf"pat-(?:na|eu|ap)\d-[0-9a-f-]{{36}}|shippo_(?:live|test)_[0-9a-f]{{40}}|tfp_{_WEB}{{40,}}+"),
    ("dropbox-token", rf"sl\.(?:u\.)?{_WEB}{{60,}}+"),
    ("facebook-token", rf"EAA[A-Za-z]{_B62}{{80,}}+"),
)  # fmt: skip

_LOOKS = tuple((name, re.compile(look)) for name, look in TOKEN_LOOKS)


def _name_of(found: re.Match[str]) -> str:
    """The name of the first look that fits."""
    return next(name for name, look in _LOOKS if look.match(found.string, found.start("secret")))


# One pattern for all: each would read the text once more. No group for each look: before a group, the first letters of
# what is in it are not compared.
_ALL = "|".join(look for _, look in TOKEN_LOOKS)

TOKENS = (Kind("token", rf"{_BEGINNING}(?=[\w.:/+~-]{{12}}|SSWS|FlyV1)(?P<secret>{_ALL})", name_of=_name_of),)
