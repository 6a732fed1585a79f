"""Texts without a secret: tracebacks, SQL, logs, hashes, documentation, and sentences about passwords and keys."""

import ast
import base64
import hashlib
import importlib.util
import random
import traceback
import uuid
from collections.abc import Iterator
from pathlib import Path

SENTENCES = (
    'psycopg2.OperationalError: FATAL:  password authentication failed for user "etl"',
    'the password authentication failed for user "etl"',
    "Access denied for user 'etl'@'10.0.0.1' (using password: YES)",
    "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: NO)",
    "fe_sendauth: no password supplied",
    "KeyError: 'password'",
    'KeyError: "token"',
    "AttributeError: 'NoneType' object has no attribute 'token'",
    "SyntaxError: Unexpected token } in JSON at position 12",
    "Unexpected token: punc (()",
    "sqlglot.errors.ParseError: Invalid expression / Unexpected token. Line 1, Col: 15.",
    "Error tokenizing data. C error: Expected 3 fields in line 4, saw 5",
    "syntax error at or near token: SELECT",
    "expected token ',', got 'string'",
    "jinja2.exceptions.TemplateSyntaxError: expected token 'end of print statement', got 'password'",
    "the token bucket is empty, waiting 5 seconds",
    "sort key: day, partition key: month",
    "foreign key (id) references orders (id)",
    "ALTER TABLE orders ADD CONSTRAINT pk PRIMARY KEY (order_id, line)",
    'Constraint Error: Duplicate key "id: 42" violates primary key constraint',
    "DETAIL:  Key (user_id)=(12345) already exists.",
    "key=value pairs are separated by commas",
    "key=raw/2026/01/01/orders.csv size=1234 etag=9e107d9d372bb6826bd81d3542a419d6",
    "cache key: assets/daily_orders/2026-01-01",
    "asset_key=AssetKey(['marts', 'daily_orders']) partition_key=2026-01-01",
    "op_key: daily_orders, run_key=2026-01-01|orders, step_key=marts__daily_orders",
    "partition_key='2026-01-01' backfill=abcdefgh tags={'dagster/partition': '2026-01-01'}",
    "concurrency_key: warehouse, pool: default",
    "max_tokens=4096 completion_tokens: 512 prompt_tokens: 1800 total_tokens=2312",
    "next_page_token=CAUQAA continuation_token: null",
    "token_type=bearer expires_in=3600 scope=read",
    "password_file=/run/secrets/db_password",
    "secret_name: db-credentials, secretKeyRef: {name: db, key: password}",
    'secrets "db-credentials" not found',
    'Error: secret "prod-warehouse-login" not found in namespace "data"',
    "Error from server (NotFound): secrets 'etl-token' not found",
    'MountVolume.SetUp failed for volume "kube-api-access-x7k2p" : failed to fetch token',
    "DB_PASSWORD=${DB_PASSWORD}",
    "password: ${{ secrets.DB_PASSWORD }}",
    "password: \"{{ env_var('DBT_PASSWORD') }}\"",
    "PASSWORD=$(cat /run/secrets/db)",
    "password=******** user=etl host=db",
    "postgresql://etl:***@db.example.com:5432/prod",
    "postgresql://etl@db.example.com:5432/prod",
    'engine = create_engine(f"postgresql://{user}:{password}@{host}:{port}/{name}")',
    "    conn = psycopg2.connect(host=host, user=user, password=password, dbname=name)",
    "    return self._connect(password=self.password, token=self.token, auth=self._auth)",
    '    password = os.environ["DB_PASSWORD"]',
    '    token = response.json()["access_token"]',
    "    api_key = config.get('api_key')",
    "    def __init__(self, user: str, password: str, token: str | None = None) -> None:",
    "    session = requests.Session()",
    "    with Session(engine) as session:",
    "    auth=HTTPBasicAuth(user, password),",
    "    signature = inspect.signature(function)",
    "TypeError: connect() got an unexpected keyword argument 'password'",
    "TypeError: connect() missing 2 required positional arguments: 'user' and 'password'",
    "TypeError: __init__() missing 1 required keyword-only argument: 'secret'",
    "pydantic.ValidationError: 1 validation error for Settings\npassword\n  Field required [type=missing]",
    "Settings(user='etl', password=SecretStr('**********'))",
    "  password: The password of the user. Never logged.",
    "  token: str, the token to send with each request.",
    ":param password: the password to connect with",
    "api_key (str): The key of the service.",
    "Invalid token: expired",
    "invalid_grant: Token has been expired or revoked.",
    "The provided token is malformed or otherwise invalid.",
    "botocore.exceptions.NoCredentialsError: Unable to locate credentials",
    "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.",
    "SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided.",
    'WWW-Authenticate: Bearer realm="api", error="invalid_token"',
    "Authorization: required",
    "Missing header: Authorization: Bearer <token>",
    "the Authorization header is missing",
    "Set the Cookie header to continue",
    "Basic authentication is not supported",
    "Bearer authentication failed: unauthorized",
    "--password option is required",
    "usage: psql [--username USER] [--password] [--host HOST]",
    "  --password PASSWORD   the password to use",
    "  --token TOKEN, -t TOKEN  API token",
    "mysql: [Warning] Using a password on the command line interface can be insecure.",
    "mysql -h db -u root -p shop",
    "mysql -P 3306 -h db --protocol=tcp",
    "docker run -p 8080:80 nginx",
    "mkdir -p data/landing && cp -p a b",
    "curl -u etl https://api.example.com",
    "curl -X POST https://api.example.com/v1/runs?limit=5&page=2&code=404",
    "http://localhost:8080/users/@me",
    "https://registry.example.com:443/@types/node/-/node-20.tgz",
    "ssh://git@github.com:22/acme/repo.git",
    "git@github.com:acme/repo.git",
    "s3://bucket/key=2026-01-01/part-0000.parquet",
    "pass: 12, fail: 3, skip: 1",
    "PASS: test_login_2 (0.03s)",
    "passed=12 failed=3",
    "bypass=true compass: north",
    "author: Jane Doe <jane@example.com>",
    "authority=localhost:8080",
    "author=jane oauth_url=https://example.com/oauth",
    "auth_type: scram-sha-256",
    "pin_memory=True, pinned: false",
    "session: 3 hours, idle",
    "session_parameters={'TIMEZONE': 'UTC'}",
    "signature: (self, x: int) -> str",
    "SELECT password FROM users WHERE id = 1",
    "SELECT token, secret FROM keys ORDER BY created_at",
    "CREATE TABLE users (id INT, password VARCHAR(255) NOT NULL, token TEXT)",
    'column "password" does not exist',
    'relation "secrets" does not exist',
    "CREATE SECRET (TYPE s3, PROVIDER credential_chain)",
    "threads are identified by number",
    "Please enter your password:",
    "Password: ",
    "password:",
    "Forgot your password? Reset it here.",
    "Passwords must be at least 12 characters long.",
    "AWS Secrets Manager: secret arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
    "kms_key_id=arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "primary_key=id sort_keys=True key_columns=['a', 'b']",
    '{"type": "object", "properties": {"password": {"type": "string"}, "token": {"type": "string"}}}',
    "Traceback: Object of type Token is not JSON serializable",
    "-----BEGIN CERTIFICATE----- is missing",
    "could not deserialize key data: expected -----BEGIN PRIVATE KEY-----",
    "keyboard=us monkey=1 turkey: 5 hockey: yes",
    "connection string is empty",
    "Login failed for user 'sa'. Reason: Password did not match that for the login provided.",
    "ORA-01017: invalid username/password; logon denied",
    "snowflake.connector.errors.DatabaseError: 250001 (08001): Incorrect username or password was specified.",
    "Server error: 'PWD' is not a valid key",
    "credit card 4111 1111 1111 1111",
    "spark-token-provider started on host worker-12",
    "csrf token missing or incorrect",
    "tokens: ['select', 'from', 'where']",
    "Token(type='NAME', value='x', line=1)",
    "lineage: secret_santa -> gifts; pass_count -> metrics",
    "SECRET_SANTA=yes",
    "access: denied, role: reader",
    '_MAY_HOLD_A_SECRET = frozenset({"s3_access_key_id", "s3_secret_access_key", "catalog_url"})',
    "            access_key_id=self.s3_access_key_id,",
    "export DATA_PLATFORM_S3_ACCESS_KEY_ID=… DATA_PLATFORM_S3_SECRET_ACCESS_KEY=…",
    'read(connection="Driver={PostgreSQL};Server=h;Uid=u;Pwd=",\n    options={"size": 512})',
    "    password (str): The password of the user.",
    "Authentication: SASL mechanism SCRAM-SHA-256",
)  # fmt: skip

_MODULES = (
    "argparse", "asyncio.tasks", "base64", "calendar", "collections", "concurrent.futures._base", "configparser",
    "csv", "dataclasses", "datetime", "email.message", "ftplib", "functools", "getpass", "hashlib", "http.client",
    "http.cookiejar", "imaplib", "inspect", "json.decoder", "logging.handlers", "netrc", "poplib", "secrets", "shlex",
    "smtplib", "socket", "ssl", "subprocess", "tarfile", "tempfile", "threading", "tokenize", "traceback", "typing",
    "urllib.parse", "urllib.request", "uuid", "xmlrpc.client", "zipfile",
)  # fmt: skip
_LINES = 8


def _source_of(module: str) -> str:
    spec = importlib.util.find_spec(module)
    return Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""


def _from_sources(chance: random.Random) -> Iterator[str]:
    for module in _MODULES:
        source = _source_of(module)
        lines = source.splitlines()
        starts = [chance.randrange(max(1, len(lines) - _LINES)) for _ in range(24)]
        yield from ("\n".join(lines[start : start + _LINES]) for start in starts)
        nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        yield from [text for text in map(ast.get_docstring, nodes) if text][:15]


def _made_up(chance: random.Random, count: int) -> Iterator[str]:
    for _ in range(count):
        data = chance.randbytes(48)
        digest, run = hashlib.sha256(data).hexdigest(), uuid.UUID(bytes=data[:16], version=4)
        yield f"commit {digest[:40]}\nAuthor: Jane <jane@example.com>\n\n    Keys and tokens are named"
        yield f"sha256:{digest}  dist/package-1.{chance.randrange(99)}.tar.gz"
        yield f"Run {run} failed in step marts__orders (pid {chance.randrange(10**5)})"
        yield f'md5={digest[:32]} etag="{digest[:32]}" size={chance.randrange(10**9)}'
        yield f'<img src="data:image/png;base64,{base64.b64encode(data * 6).decode()}"/>'
        yield f'{{"run_id": "{run}", "checksum": "{digest}", "payload": "{base64.b64encode(data).decode()}"}}'
        yield f"/var/lib/data/{digest[:8]}/part-{run}.snappy.parquet: No such file or directory"
        yield f"SELECT * FROM orders WHERE id = '{run}' AND hash = '{digest}' LIMIT {chance.randrange(100)}"
        yield f"2026-01-0{chance.randrange(1, 9)}T10:00:00Z INFO [worker-3] took {chance.random():.3f}s"
        yield f"numpy==2.{chance.randrange(9)} --hash=sha256:{digest}"


def _tracebacks() -> Iterator[str]:
    for expression in ("{}['password']", "int('token')", "open('/no/such/key')", "[].secret", "b'x'.decode(5)", "1/0"):
        try:
            eval(expression)  # noqa: S307 - written above
        except Exception as error:  # noqa: BLE001 - any will do
            yield "".join(traceback.format_exception(error))


def harmless(seed: int) -> list[str]:
    """More than 2,000 texts that must stay as they are."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    texts = [*SENTENCES, *_tracebacks(), *_from_sources(chance), *_made_up(chance, 80)]
    return [text for text in texts if text.strip()]
