"""Values given to a secret's name, in the manner of many languages and files; and what is no secret there."""

from __future__ import annotations

import pytest

from coderdiff.context.safety.assignments import assigned_spans

from .planted import body

PASSWORD = "k7#Vq" + "2mZ!x"
TOKEN = body(32)


def found(text: str) -> list[str]:
    return sorted({text[start:end] for start, end, _ in assigned_spans(text)})


QUOTED = (
    'password = "{}"',
    "password='{}'",
    'const password: string = "{}";',
    'val password: String = "{}"',
    'password: str | None = "{}"',
    'const char *db_password = "{}";',
    'String dbPassword = "{}";',
    'password := "{}"',
    "let password = `{}`;",
    '  "password": "{}",',
    "  'password' => '{}',",
    ":password => '{}'",
    'conn = connect(user="joe", password="{}")',
    'os.environ["DB_PASSWORD"] = "{}"',
    'os.environ.setdefault("DB_PASSWORD", "{}")',
    "define('DB_PASSWORD', '{}');",
    'config.setPassword("{}")',
    '.password("{}")',
    'if password == "{}":',
    'password = (\n    "{}"\n)'.replace("(\n    ", "").replace("\n)", ""),
    'password =\n    "{}"',
    'PASSWORD = b"{}"',
    'PASSWORD = rb"{}"',
    'password = """{}"""',
    'password: "{}"',
    'export DB_PASSWORD="{}"',
    "password_prod = '{}'",
    'adminPassword2: "{}"',
    '<user password="{}"/>',
    "<password>{}</password>",
    '<add key="DbPassword" value="{}" />',
    'json = "{{\\"password\\": \\"{}\\"}}"',
    'password = "{}',
    'passwd="{}"',
    'passphrase = "{}"',
    'pwd: "{}"',
    'client_secret = "{}"',
    'DB_PASS = "{}"',
    'smtpPass: "{}"',
    'ENV.fetch("SMTP_PASS", "{}")',
    'db_pw = "{}"',
    'pw = "{}"',
    'wifi_psk="{}"',
    'auth: {{ user: "joe", pass: "{}" }}',
    "$login = ['user' => 'joe', 'pass' => '{}'];",
    'connect("host=db user=joe password={}")',
    'connect("password={} user=joe host=db")',
    'connect("dbname=shop password={} port=5432")',
    'ENV.fetch("DB_PASSWORD", "{}")',
    'process.env.DB_PASSWORD || "{}"',
    'process.env["DB_PASSWORD"] ?? "{}"',
    'os.environ.get("DB_PASSWORD") or "{}"',
    'os.getenv("DB_PASSWORD", "{}")',
    'env::var("DB_PASSWORD").unwrap_or("{}".into())',
    'env::var("DB_PASSWORD")\n    .unwrap_or_else(|_| "{}".to_string())',
    'System.getenv("DB_PASSWORD") ?: "{}"',
    'Optional.ofNullable(password).orElse("{}")',
    "- name: DB_PASSWORD\n  value: '{}'\n",
    '"name": "DB_PASSWORD",\n    "value": "{}"',
    'name  = "DB_PASSWORD"\n  value = "{}"',
    "CREATE USER joe IDENTIFIED BY '{}';",
    "alter user joe identified with caching_sha2 by '{}';",
    "curl --user 'joe:{}' https://example.org",
    'password = (\n    "{}"\n)',
    'password: str = ("{}")',
    'password = \\\n    "{}"\n',
    'PASSWORDS = ["{}"]',
    'PASSWORDS: list[str] = [\n    "changeme",\n    "{}",\n]',
    'passwords = {{"joe": "{}", "ann": "password"}}',
    'passwords := []string{{"{}"}}',
    'String[] passwords = {{"{}"}};',
    "const secrets: string[] = [`{}`];",
    '"passwords": ["password", "{}"]',
    'passwords = frozenset(("{}",))',
    'requests.get(url, auth=("admin", "{}"))',
    'auth = ("admin", "{}")',
    "auth = (\n    'admin',\n    '{}',\n)",
    'session.auth = (USER, "{}")',
    'auth=HTTPBasicAuth("admin", "{}")',
    '"auth": ["admin", "{}"]',
)
PLAIN = (
    "DB_PASSWORD={}\n",
    "export DB_PASSWORD={}\n",
    "  - DB_PASSWORD={}\n",
    "ENV DB_PASSWORD={}\n",
    "password: {}\n",
    "    db_password: {}  # comment\n",
    "db.password = {}\n",
    "db.password={}\n",
    "mysql --password={} -u root\n",
    "Server=db;User Id=sa;Password={};Encrypt=true",
    "jdbc:postgresql://db/app?user=joe&password={}&ssl=true",
    "postgres://joe:{}@db.example.org/app".replace("{}", "{}"),
    "PASSWORD={}",
    "https://example.org/?user=joe&password={}&page=2",
    "deploy --db-password {} --verbose\n",
    "SMTP_PASS={}\n",
    "ansible_ssh_pass: {}\n",
    "joe ansible_host=db ansible_ssh_pass={}\n",
    "host: db\nuser: joe\npass: {}\n",
    "ENV DB_PASSWORD {}\n",
    "  - name: DB_PASSWORD\n    value: {}\n",
    "docker login --username joe --password {} example.org\n",
    "curl -s -u joe:{} https://example.org\n",
    "curl \\\n  -u joe:{} \\\n  https://example.org\n",
    'Connect("cache:6380,password={},ssl=True")',
    'Connect("cache.example.org,ssl=True,password={}")',
    "redis: cache.example.org:6380,password={},ssl=True,abortConnect=False\n",
    "sshpass -p {} ssh joe@db\n",
    "sshpass -p{} ssh joe@db\n",
    "sshpass -p '{}' ssh joe@db\n",
    'run(["sshpass", "-p", "{}", "ssh", host])\n',
    "docker login -u joe -p {}\n",
    "docker login registry.example.org \\\n  -u joe \\\n  -p {}\n",
    "RUN podman login -u=joe -p={} example.org\n",
    "helm registry login -u joe -p {} example.org\n",
    "mysql -u root -p{} shop\n",
    "subprocess.run(['mysqldump', '-uroot', '-p{}', 'shop'])\n",
    'mariadb-dump -u root -p"{}" shop\n',
    "redis-cli -h cache -a {} ping\n",
    "kubectl create secret generic db --from-literal=password={}\n",
    "kubectl create secret generic db --from-literal=user=joe --from-literal password={} -n shop\n",
    "helm install db ./chart --set db.password={}\n",
    "helm install db ./chart --set db.user=joe,db.password={},db.port=5432\n",
    "docker run -e db_password={} postgres\n",
    "java -Ddb.password={} -jar shop.jar\n",
)


@pytest.mark.parametrize("form", QUOTED)
def test_quoted_passwords(form: str) -> None:
    value = "k7Vq2mZxT9"
    for secret in (value, PASSWORD):
        assert found(form.format(secret)) == [secret], form


@pytest.mark.parametrize("form", PLAIN)
def test_unquoted_passwords(form: str) -> None:
    secret = "k7Vq2mZ!xT9"
    assert secret in found(form.format(secret)), form


@pytest.mark.parametrize(
    "form",
    [
        "POSTGRES_PASSWORD: {}\n", "PASSWORD: {}\n", "  password: {}\n", "- password: {}\n",
        "db:\n  user: joe\n  password: {}\n\n  port: 5432\n", "services:\n\n  # of the mail\n  password: {}   # old\n",
        "spring.datasource.password={}\n", "# database\ndb.user=joe\ndb.password={}\ndb.url=jdbc:h2:mem\n",
        "[db]\nuser = joe\npassword = {}\nhost = localhost\n",
        "[rpc]\nrpcuser=joe\nrpcpassword={}\n", "```yaml\npassword: {}\n```\n", "  - db_password={}\n",
        "{{% if x %}}\npassword: {}\n{{% endif %}}\n", "password: {}",
    ],
)  # fmt: skip
def test_passwords_in_settings_files_need_no_quotes(form: str) -> None:
    for secret in ("Zebra" + "2024xx", "hunter" + "2"):
        assert found(form.format(secret)) == [secret], form


@pytest.mark.parametrize(
    "text",
    [
        "login({\n  user: joe,\n  password: hash256\n})\n",
        "const a = {\n  password: hash256\n};\n",
        "interface A {\n  name: string\n  password: Base64Text\n}\n",
        "interface A {\n  password: Argon2Hash?\n  port: number\n}\n",
        "class A:\n    password: Argon2Hash\n    port: int\n",
        "connect(\n    user=joe,\n    password=hash256\n)\n",
        "user.name=joe\nuser.password=hash256\nuser.save()\n",
        "const user = find(1)\nuser.password=hash256\n",
        "this.password=hash256;\n",
        "    self.password=hash256\n",
        "a: &base\n  password: *secret2x\n",
        "create :user, password: hash256\n",
        "password: string\nusername: string\n",
        "password: str\nusername: str\n",
        "password: ${DB_PASSWORD2}\n",
        "secret: shop-tls1\n",
        "db.password=${env.DB_PASS2}\n",
        "messages.password.wrong2=Wrong\n",
        "user: Nutzer\npassword: Passwort?\n",
        "passwordSecret: db12\n",
        "user = joe\npassword = hash256\nhost = local\n",
        "[db]\nuser.name=joe\nuser.find(password = hash256)\n",
        "[HttpPost]\npassword = hash256\nsave(password)\n",
    ],
)
def test_expressions_in_the_manner_of_settings_stay(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "form",
    [
        'api_key = "{}"', 'apiKey: "{}"', '"apikey": "{}"', 'X_API_KEY={}\n', 'token = "{}"', 'auth_token: {}\n',
        'access_token="{}"', '"accessKey": "{}"', 'aws_secret_access_key = {}\n', 'SECRET_KEY = "{}"',
        'SECRET_KEY_BASE={}\n', 'privateKey: "{}"', 'signing_key = "{}"', 'headers = {{"X-Api-Key": "{}"}}',
        'Authorization: Bearer {}', '"Authorization": "Basic {}"', '<ApiKey>{}</ApiKey>', '"auth": "{}"',
        'token="{}', 'client-secret: {}\n', 'npm config set //registry.npmjs.org/:_authToken={}\n',
        '//registry.npmjs.org/:_authToken={}\n', 'JWT_KEY="{}"', 'jwtKey: "{}"', 'curl -H "X-Api-Key: {}"',
        "'PRIVATE-TOKEN: {}'", '"Authorization: token {}"', '"Authorization": "ApiKey {}"',
        'headers["Authorization"] = "{}"', 'ENV API_KEY {}\n', 'process.env.JWT_SECRET || "{}"', '_auth={}\n',
        '"Jwt": {{\n    "Key": "{}",\n    "Issuer": "shop"\n  }}\n', '"JwtSettings": {{"Issuer": "shop", "Key": "{}"}}',
        '"Jwt:Key": "{}"', "Jwt__Key={}\n", '_auth = "{}"\n', 'https://{}@o1.ingest.sentry.io/2',
        "  - name: API_KEY\n    value: {}  # old\n",
    ],
)  # fmt: skip
def test_tokens_and_keys(form: str) -> None:
    assert TOKEN in found(form.format(TOKEN)), form


@pytest.mark.parametrize(
    "form",
    [
        'token: str = "{}"', "export API_TOKEN={}\n", 'apiKey: "{}"', "auth_token={}\n", "deploy --token {} shop\n",
    ],
)  # fmt: skip
def test_short_tokens(form: str) -> None:
    for secret in ("q8Zk41mm" + "VpT2", "q8Zk41mm" + "VpT2sh"):
        assert found(form.format(secret)) == [secret], form
    for word in ("identifier12", "HTTPSCONNECT", "a1", "IndexToken2x", "q8Zk41mm"):
        assert found(form.format(word)) == [], form


@pytest.mark.parametrize(
    "text",
    [
        'password = "password"',
        'password = "changeme"',
        'password = getpass("Password: ")',
        'password = os.environ["DB_PASSWORD_V2"]',
        "password = config.db_password2\n",
        "tool --password password2 --verbose\n",
        "tool --password-file secrets1.txt\n",
        "https://example.org/?password=reset&token=page2",
        'raise TokenError("token Aa1&")',
        "password: string\n",
        "password: Uint8Array;\n",
        "password=password2\n",
        "    password=hashed_password_v2,\n",
        'fields = ("username", "password1", "password2")',
        'password_field = "k7Vq2mZxT9"',
        'password_hasher = "pbkdf2_sha256"',
        'help = {"password": "Your password, at least 8 characters"}',
        'token = "IDENTIFIER"',
        'token_type = "a1B2c3D4e5F6g7H8i9J0"',
        'tokenizer = "Qwen2TokenizerFast3b7B2a"',
        "token: keyword.operator.arithmetic.python\n",
        "token = self.tokens[self.index1]\n",
        'TOKEN_RE = r"[A-Za-z0-9_]+"',
        "api_key = settings.API_KEY\n",
        'api_key = "${API_KEY_1A2B3C4D5E6F7A8B}"',
        'primary_key = "a1B2c3D4e5F6g7H8i9J0"',
        'key = "a1B2c3D4e5F6g7H8i9J0"',
        'secret_name = "projects/a1B2c3/secrets/d4E5f6"',
        "PWD=/home/joe/src1\n",
        'checksum = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
        'integrity = "sha512-a1B2c3D4e5F6g7H8i9J0"',
        "http://user:password@example.org/",
        "https://{user}:{password}@example.org/",
        "https://${USER}:${TOKEN_1A2B}@example.org/",
        "see https://example.org:8080/a@b",
        "Authorization: Bearer <token>",
        "the bearer of this is_responsible_for_all",
        "if not secret:\n    raise ValueError1(x)\nmode = 'iso9660'\n",
        "secrets: inherit\n",
        'render_pass = "shadow2"',
        'bypass = "shadow2x"',
        "you can pass 'shadow2x' to the user's host",
        "if not user:\n    pass\nhost = 'db1x'\n",
        '[\n  "PW",\n  "alpha_3b"\n]',
        'compass: "north2x"',
        "httpwww = 'shadow2x'",
        'spw = "shadow2x"',
        'the password or "user2name"',
        'type === "password" || "shadow2x"',
        "password || getPassword2()",
        "for password, value in pairs2x:",
        '{ name: "token", value: "first2" }',
        "  - name: DB_PASSWORD\n    valueFrom: {}\n",
        "  - name: DB_PASSWORD\n    value: $(DB_PASSWORD2)\n",
        "ENV PASSWORD_FILE /run/db2\n",
        "ENV TOKEN_PATH a1b2c3d4e5f6a7b8\n",
        '"host=db user=joe password=%(password)s"',
        'f"host={host} user={user} password={password2}"',
        "ssh://687fb701029421ae5549d998@ssh.example.org",
        "https://someone-with-a-long-name@dev.example.org/",
        "https://${TOKEN_A1B2C3D4E5F6}@example.org/",
        '"Authorization: token <your token>"',
        "authorization = AuthorizationConfiguration2(x)",
        '"X-Api-Key: <your key>"',
        '"token: identifier or keyword"',
        "identified by 'the user'",
        "identified by '%s'",
        "curl -u user:password https://example.org",
        'curl -u "$USER:$DB_PASS2" https://example.org',
        "curl -L https://example.org:8443/a1 -o a1\n",
        "self._auth = BasicAuthentication2(x)",
        '"Jwt": {"Key": "your-256-bit-secret-key"}',
        '"Jwt": {"Issuer": "a"}, "Other": {"Key": "a1B2c3D4e5F6g7H8i9J0"}',
        'auth=("user", "password")',
        'auth=("user", "pass1")',
        "auth=(user, password2)",
        'auth = ("basic2x", "digest2x", "bearer2x")',
        'auth("read", "no such file: db2x")',
        "sshpass -p $DB_PASS2 ssh joe@db",
        "sshpass -p <password2> ssh joe@db",
        "docker login -u joe -p\nmake all2x\n",
        "docker login && docker run -p a1b2c3:80 shop",
        "docker run -p a1b2c3:80 shop",
        "mysql -u root -p shop2x",
        "mysql -u root -ppassword",
        "find / -name mysql -print0",
        "import mysql.connector as a, b\nx -pk7Vq2mZ\n",
        "redis-cli --scan a1b2c3",
        "helm install db --set image.pullSecret=shop-tls1",
        "kubectl create secret generic db --from-literal=password=$DB_PASS2",
        "make(user=joe,password=hash256,port=1)",
        "x=password=hash256",
        '"password": "form2-field-name",',
        '"passwordLabel": "login2-form-label", "user": "Nutzer"',
        "'password' => ['required', 'min:8', 'confirmed']",
        'password: ["required", "min2x"]',
        'PASSWORDS = ["password", "changeme", ""]',
        'tokens = ["first2", "end_of_text3", "a1"]',
        "tokens = [self.index1, 'k7Vq2mZxT9aB']",
        "passwords = [hash256, salt2x]",
        'api keys = ["a1B2c3D4e5F6g7H8i9J0"]',
        'keys = ["a1B2c3D4e5F6g7H8i9J0"]',
        'tokenizers = ["a1B2c3D4e5F6g7H8i9J0"]',
        "from secrets import token_hex2x",
        'connect("db", port=5432,password=hash256,ssl=True)',
        "cut(x[1:20],password=hash256)",
        'Connect("cache:6380,password={password2},ssl=True")',
        'Connect("cache:6380,password=$DB_PASS2,ssl=True")',
        "password = (\n    get_password2()\n)",
        'password = prompt("Password: ") or ""',
        "def f(password: str = '', token: Optional[str] = None): ...",
    ],
)
def test_what_is_no_secret(text: str) -> None:
    assert found(text) == []


def test_letters_that_grow_when_made_small_do_not_shift_places() -> None:
    text = "# İİİİİ ẞ ΑΣ\npassword = '" + PASSWORD + "'\n"
    assert found(text) == [PASSWORD]


def test_only_one_letter_changes_its_length_when_made_small() -> None:
    assert [char for char in map(chr, range(0x110000)) if len(char.lower()) != 1] == ["\u0130"]
