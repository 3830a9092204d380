"""No secret outlives redaction, in any surroundings; the text keeps its shape; ordinary code keeps its bytes."""

from __future__ import annotations

import ast
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.safety.secrets import redact, secret_spans

from .planted import body, pem, planted

PASSWORD = "k7#Vq" + "2mZ!x"
TOKENS = [value for _, value in planted()]
NAMELESS = [body(40), body(24, seed=4), body(40, "0123456789abcdef")]
"""Values that only the name they are given tells."""

PLANTED = [*TOKENS, *NAMELESS, PASSWORD]
LINE_ENDS = ("\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")

FORMS = {
    "python": "import client\n\npassword = '{}'\n\n\ndef connect():\n    return client(password)\n",
    "python, comment": 'TOKEN = "{}"  # rotate\n',
    "python, block string": 'token = """\n{}\n"""\n',
    "python, bytes": "client = Client(secret=b'{}', retries=3)\n",
    "python, f-string": 'headers = {{"X-Api-Key": f"{}"}}\n',
    "javascript": "const config = {{ apiKey: `{}`, retries: 3 }};\n",
    "javascript, environment": "process.env.API_SECRET ||= '{}';\n",
    "typescript": "private readonly apiToken: string = '{}';\n",
    "go": 'const apiKey = "{}"\n',
    "rust": 'static SECRET: &str = "{}";\n',
    "java": 'private static final String CLIENT_SECRET = "{}";\n',
    "c#": 'var options = new Options {{ Password = @"{}" }};\n',
    "ruby": "config.secret_key = '{}'\n",
    "php": "define('AUTH_KEY', '{}');\n",
    "sql": "ALTER USER joe IDENTIFIED BY PASSWORD '{}';\n",
    "json": '{{"secret": "{}", "n": [1, 2]}}\n',
    "json in a string": 'body = "{{\\"password\\": \\"{}\\"}}"\n',
    "yaml": "secret_token: {}\nother: 1\n",
    "yaml, quoted": "db:\n  password: '{}'  # of the database\n",
    "yaml, list": "environment:\n  - API_SECRET={}\n  - DEBUG=1\n",
    "env": "SECRET_KEY={}\nDEBUG=1\n",
    "env, exported": 'export API_TOKEN="{}"\n',
    "toml": '[auth]\napi-key = "{}"\nretries = 3\n',
    "ini": "[db]\npassword = {}\nhost = localhost\n",
    "properties": "spring.datasource.password={}\nspring.profile=a\n",
    "terraform": '  admin_password = "{}"\n',
    "shell": "mysql --user=root --password={} shop\n",
    "shell, apart": "deploy --user root --password {} shop\n",
    "shell, quoted": "deploy --api-key '{}' shop\n",
    "dockerfile": "FROM python\nENV API_SECRET={}\nRUN make\n",
    "dockerfile, argument": 'ARG PASSWORD="{}"\n',
    "xml": "<user>\n  <password>{}</password>\n</user>\n",
    "xml, attribute": '<add key="ClientSecret" value="{}" />\n',
    "header": "GET / HTTP/1.1\nX-Api-Key: {}\nAccept: */*\n",
    "connection string": 'text = "Server=db;User Id=sa;Password={};Encrypt=true"\n',
    "url": "DATABASE = 'postgres://joe:{}@db.example.org/shop'\n",
    "url, query": "https://api.example.org/v1?access_token={}&page=2\n",
    "javascript, otherwise": "const a = process.env.JWT_SECRET || '{}';\n",
    "rust, otherwise": 'let a = env::var("API_TOKEN").unwrap_or("{}".into());\n',
    "ruby, otherwise": "ENV.fetch('API_TOKEN', '{}')\n",
    "kubernetes": "  - name: DB_PASSWORD\n    value: '{}'\n  - name: DEBUG\n",
    "dockerfile, apart": "FROM python\nENV API_SECRET {}\nRUN make\n",
    "short name": "SMTP_PASS={}\nSMTP_HOST=mail\n",
    "among logins": 'const auth = {{ user: "joe", pass: "{}" }};\n',
    "libpq": 'connect("host=db user=joe password={} dbname=shop")\n',
    "sql, user": "CREATE USER joe IDENTIFIED BY '{}';\n",
    "curl": "curl -s -u 'joe:{}' https://example.org\n",
    "a pair": "requests.get(url, auth=('joe', '{}'))\n",
    "a line's end": "SECRET = \\\n    '{}'\n",
    ".net": '{{"Jwt": {{"Issuer": "shop", "Key": "{}"}}}}\n',
    "redis": 'Connect("cache:6380,password={},ssl=True")\n',
    "list": "PASSWORDS = [\n    '{}',\n    'changeme',\n]\n",
    "kubectl": "kubectl create secret generic db --from-literal=password={}\n",
    "helm": "helm install db ./chart --set db.user=joe,db.password={}\n",
    "command": "docker login -u joe -p '{}' example.org\n",
    "command, attached": "mysql -u root -p'{}' shop\n",
    "cut off": 'client = connect(password="{}',
}
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
INNOCENT = (
    # Hashes of commits and files stay: nobody gets in anywhere with one, and code that pins them is worth reading.
    f'rev = "{HASH[:40]}"',
    f"resolved git+https://example.org/a.git#{HASH[:40]}",
    f'source = "git+https://example.org/a?rev=abc#{HASH[:40]}"',
    f'name = "aiohttp"  sha256:{HASH}',
    f"    --hash=sha256:{HASH}",
    f'"integrity": "sha512-{body(86)}=="',
    f"uses: actions/checkout@{HASH[:40]}",
    f"FROM python:3.12@sha256:{HASH}",
    f'assert digest == "{HASH}"',
    f"Fixes regression of {HASH[:12]}",
    'id: "123e4567-e89b-42d3-a456-426614174000"',
    # Names of secrets where none is given.
    "password = getpass.getpass()",
    'password = os.environ["DB_PASSWORD"]',
    'API_KEY = os.getenv("API_KEY", "")',
    "const apiKey = process.env.API_KEY_V2;",
    'api_key = "YOUR_API_KEY_HERE"',
    "API_KEY=<your-api-key>",
    "SECRET_KEY=changeme",
    "DB_PASSWORD=${DB_PASSWORD}",
    "password: ${{ secrets.DB_PASSWORD }}",
    "token: {{ vault_token }}",
    'password = "********"',
    'secret = "xxxxxxxxxxxxxxxx"',
    'token = "..."',
    "def login(user: str, password: str, token: str | None = None) -> Session:",
    "password: string;",
    "private readonly token: CancellationToken;",
    "let token = self.tokens.next();",
    "token = next(tokens)",
    'if token == "identifier":',
    'TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_]+")',
    'tokenizer = AutoTokenizer.from_pretrained("Qwen2.5-Coder-1.5B")',
    "max_tokens = 4096",
    "pad_token_id: 151643",
    'eos_token = "<|endoftext|>"',
    "primary_key = models.AutoField(primary_key=True)",
    'sort_key = "created_at"',
    "for key, value in sorted(mapping.items()):",
    "key = (path, line, column)",
    'cache_key = f"{user.id}:{page}"',
    "public_key = load_public_key(path)",
    'error = "The password must have 8 characters and a digit"',
    'label = _("Confirm your password")',
    'secret_name = "projects/shop/secrets/db"',
    "from secrets import token_hex, compare_digest",
    "return secrets.token_urlsafe(32)",
    "PasswordHasher.verify(hash, password)",
    "self.assertRaises(InvalidPassword2Error)",
    'reset_url = "/accounts/password/reset/done/"',
    "tool --password-file /run/secrets/db1 --token-file ~/.token2",
    "    --password <password>    the password to log in with",
    "    --token TOKEN  --api-key=KEY  --password PASSWORD1",
    # Addresses and headers.
    "http://localhost:8080/@vite/client",
    "see https://example.org:8443/users/@joe for more",
    "https://{user}:{password}@example.org/",
    "postgres://user:password@localhost:5432/test",
    'headers = {"Authorization": f"Bearer {token}"}',
    "Authorization: Bearer <token>",
    "git@github.com:joe/shop.git",
    'email = "joe.bloggs+shop@example.org"',
    # What looks like a token's beginning, or is random for another reason.
    '<div class="sk-toggleable__content sk-estimator">',
    "hf_hub_download(repo_id, filename)",
    "npm_config_registry = registry",
    'ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"',
    'icon = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"',
    "COLOR_BG_PRIMARY_HOVER = 0x1f2937ff",
    "x = 0xDEADBEEFCAFEBABE0123456789ABCDEF",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7k2mQvR4tYw8sXzB1nC5dF6gH9jK0lP3oI joe@laptop",
    "-----BEGIN CERTIFICATE-----",
    '    if line.startswith("-----BEGIN RSA PRIVATE KEY-----"):',
    "UTF8_TO_UTF16_SURROGATES_V2 = (0xD800, 0xDC00)",
    "std::vector<std::pair<uint32_t, int64_t>> a1b2c3;",
    "M12.5 3.2c1.1-2.4 3.8-4.1 6.9-4.1z",
)


def lines(text: str) -> list[int]:
    return [len(line) for line in text.splitlines()]


def leaks(value: str, cleaned: str) -> bool:
    return any(value[at : at + 8] in cleaned for at in range(len(value) - 7))


def test_the_corpora_are_large() -> None:
    assert len({kind for kind, _ in planted()}) >= 60
    assert len(FORMS) >= 30
    assert len(set(INNOCENT)) >= 60


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_planted_corpus_does_not_leak(form: str) -> None:
    leaked = []
    for value in PLANTED:
        text = form.format(value)
        cleaned = redact(text)
        if leaks(value, cleaned):
            leaked.append(value)
        assert len(cleaned) == len(text)
        assert lines(cleaned) == lines(text)
    assert not leaked


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Basic"])
def test_authorization_headers(scheme: str) -> None:
    for value in [*TOKENS, *NAMELESS]:
        assert not leaks(value, redact(f"curl -H 'Authorization: {scheme} {value}' https://example.org\n")), (
            value
        )


@pytest.mark.parametrize(
    "name", ["RSA PRIVATE", "PRIVATE", "EC PRIVATE", "OPENSSH PRIVATE", "ENCRYPTED PRIVATE"]
)
@pytest.mark.parametrize("form", ["{}\n", 'KEY = """{}"""\n', "const key = `{}`;\n", '"key": "{}",\n'])
def test_no_line_of_a_private_key_is_left(name: str, form: str) -> None:
    block = pem(name)
    shown = block.replace("\n", "\\n") if form.startswith('"') else block
    cleaned = redact(form.format(shown))
    assert not [line for line in block.splitlines()[1:-1] if line in cleaned]


@pytest.mark.parametrize("text", INNOCENT)
def test_innocent_lines_stay(text: str) -> None:
    assert redact(text) == text
    assert redact(f"a = 1\n{text}\nb = 2\n") == f"a = 1\n{text}\nb = 2\n"


def test_everything_around_a_secret_stays() -> None:
    value = "gh" + "p_" + body(36)
    text = f"a = 1\nurl = 'https://joe:{value}@example.org/x.git'  # b\nc = [2]\n"
    assert redact(text) == text.replace(value, "x" * len(value))


def test_spans_are_in_order_and_apart() -> None:
    text = "\n".join(f"token_{at} = '{value}'" for at, value in enumerate(PLANTED)) + "\n" + pem()
    spans = secret_spans(text)
    assert all(one.end <= two.start for one, two in itertools.pairwise(spans))
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert "AWS access key id" in {span.kind for span in spans}


def test_redacted_sources_still_parse() -> None:
    for value in PLANTED:
        for source in (
            f"password = {value!r}\nx = 1\n",
            f"f(password={value.encode()!r}, y=(2,))\n",
            f'token = """\n{value}\n"""\n',
            f"d = {{'api_key': {value!r}, 'b': 2}}\n",
            f"secret = f'{value}'\n",
        ):
            try:
                ast.parse(source)
            except SyntaxError:
                continue  # the value itself has a quote or brace
            cleaned = redact(source)
            ast.parse(cleaned)
            assert cleaned != source
        assert json.loads(redact(json.dumps({"secret": value, "n": 1})))["n"] == 1


def test_escaped_quotes_and_continued_lines() -> None:
    source = 'password = "k7V\\"q2mZxT9"\nsecret = "a1B2c3D4\\\ne5F6g7"\n'
    cleaned = redact(source)
    ast.parse(cleaned)
    assert "q2mZ" not in cleaned
    assert "a1B2" not in cleaned
    assert "e5F6" not in cleaned


SECRETS = st.sampled_from(
    [*PLANTED, pem(lines=3), "password = '", '"token": "', "://a:", "@b", "SECRET=", "${", "}"]
)
GLUE = st.one_of(
    st.text(max_size=6), st.sampled_from([*LINE_ENDS, '"', "'", "`", "\\", " ", "=", ":", "x" * 20, "\\n"])
)


@given(st.lists(st.one_of(SECRETS, GLUE), max_size=14).map("".join))
def test_redaction_keeps_the_shape_and_is_done_at_once(text: str) -> None:
    cleaned = redact(text)
    assert len(cleaned) == len(text)
    assert [char if char in LINE_ENDS else "" for char in cleaned] == [
        char if char in LINE_ENDS else "" for char in text
    ]
    assert redact(cleaned) == cleaned


@given(st.text())
def test_any_text_can_be_redacted(text: str) -> None:
    assert len(redact(text)) == len(text)


@given(st.sampled_from(TOKENS), st.text(alphabet=" \n\t'\"`=:,;()[]{}<>#/", max_size=3), st.booleans())
def test_published_formats_are_found_wherever_they_stand(value: str, around: str, behind: bool) -> None:
    text = f"{around} {value} {around if behind else ''}"
    assert value not in redact(text)


def test_real_code_has_next_to_none() -> None:
    root = Path(ast.__file__).parent
    text = "".join(
        (root / f"{name}.py").read_text("utf-8") for name in ("ast", "argparse", "inspect", "typing")
    )
    text += "".join(path.read_text("utf-8") for path in sorted((root / "email").glob("*.py")))
    assert redact(text) == text


ATTACKS: tuple[Callable[[int], str], ...] = (
    lambda size: "sk" * size,
    lambda size: "password=" * size,
    lambda size: "password='" * size,
    lambda size: "token: " * size,
    lambda size: "secret" + " " * size,
    lambda size: "eyJ" * size,
    lambda size: "://a:" * size,
    lambda size: "glc_aaaaaaaaaa=" * size,
    lambda size: "_" * size,
    lambda size: "-" * size,
    lambda size: ("-" * 5 + "BEGIN RSA PRIVATE KEY" + "-" * 5) * size,
    lambda size: ("-" * 5 + "BEGIN RSA PRIVATE KEY" + "-" * 5) + "\nA1b2C3d4E5f6G7h8" * size,
    lambda size: ("-" * 5 + "END RSA PRIVATE KEY" + "-" * 5 + "\n") * size,
    lambda size: '"kty":' * size,
    lambda size: "a" * 20 * size,
    lambda size: "x = " + "'" * size,
    lambda size: "key key key = " * size,
    lambda size: "password" + "\\" * size,
    lambda size: "DB_PASSWORD=a1 " * size,
    lambda size: "password: a1\n" * size,
    lambda size: "password: hunter2\n\n" * size,
    lambda size: "a.password=hunter2\n" + "\n" * size,
    lambda size: "pass= " * size,
    lambda size: "user pw: " * size,
    lambda size: "curl -u " * size,
    lambda size: "curl " + "\\\n" * size,
    lambda size: "mysql -p" * size,
    lambda size: "secrets = ['a1'," * size,
    lambda size: "secrets = [" + "'k7Vq2mZxT9'," * size,
    lambda size: "'a" + ",password=a1" * size,
    lambda size: "docker login " * size,
    lambda size: "--set a=b," + "password=a1," * size,
    lambda size: "identified by " * size,
    lambda size: "authorization: " * size,
    lambda size: "https://" + "a1" * size,
    lambda size: "name: DB_PASSWORD\nvalue: " * size,
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_time_grows_with_the_text_and_no_faster(attack: Callable[[int], str]) -> None:
    def seconds(size: int) -> float:
        text = attack(size)
        taken = []
        for _ in range(2):
            start = time.process_time()
            secret_spans(text)
            taken.append(time.process_time() - start)
        return min(taken)

    small, large = seconds(1_500), seconds(12_000)
    assert large < 40 * small + 0.05, f"8 times the text took {large / small:.0f} times as long"
