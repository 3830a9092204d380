"""Files that hold secrets by their place or name: never read, whatever any ignore file says.

Names that source code has too (`credentials.py`, `secrets.ts`, `config.json`, `settings.json`) are not denied: what
is in them is searched instead (`secrets.py`). So are files that show how such a file looks (`.env.example`).
"""

from __future__ import annotations

import re

from coderdiff.context.files.names import suffixes
from coderdiff.context.paths import suffix_of

_SHOWN = re.compile(
    r"(?:^|[._-])(?:example|sample|template|tmpl|tpl|dist|defaults?|schema|skeleton)(?:[._-]|$)"
)
"""Part of the name of a file that is there to be copied."""

_SOURCE = suffixes(
    "py pyi js jsx mjs cjs ts tsx mts cts go rs java kt kts scala c h cc cpp hpp cs fs vb rb php sh bash zsh fish"
    " ps1 swift m mm dart lua pl ex exs erl hs ml clj r jl sol zig nim md rst adoc html css scss vue svelte proto"
    " graphql"
)
_SOURCE_AFTER_ENV = suffixes("py js jsx mjs cjs ts tsx mts cts")
"""`.env.ts` is code. `.env.sh` is no more than an environment, and `.env.pl` may be the Polish one."""

_FOLDERS = {".ssh": "SSH keys", ".gnupg": "GnuPG keys", ".password-store": "password store"}
"""Folders none of whose files are read."""

_ENVIRONMENT = "environment file"
_PRIVATE_KEY = "private key"
_KEYSTORE = "keystore"
_CREDENTIALS = "credentials"
_HISTORY = "shell history"

_NAMES = {
    **dict.fromkeys((".env", ".envrc"), _ENVIRONMENT),
    **dict.fromkeys((".netrc", "_netrc", ".pgpass", "pgpass.conf", ".my.cnf", ".mylogin.cnf"), _CREDENTIALS),
    **dict.fromkeys(
        (".git-credentials", ".pypirc", ".dockercfg", ".dockerconfigjson", ".boto"), _CREDENTIALS
    ),
    **dict.fromkeys((".s3cfg", ".passwd-s3fs", ".vault-token", ".terraformrc", "terraform.rc"), _CREDENTIALS),
    **dict.fromkeys((".htpasswd", ".htdigest", "rclone.conf", "kubeconfig", ".kubeconfig"), _CREDENTIALS),
    **dict.fromkeys(("credentials", ".credentials", "credentials.tfrc.json", "kaggle.json"), _CREDENTIALS),
    **dict.fromkeys(
        ("application_default_credentials.json", "local.settings.json", "master.key"), _CREDENTIALS
    ),
    **dict.fromkeys((".vault_pass", ".vault-pass", "vault_pass.txt", ".vault_password"), _CREDENTIALS),
    **dict.fromkeys((".npmrc", ".yarnrc.yml", "nuget.config", "pip.conf", "pip.ini"), _CREDENTIALS),
    **dict.fromkeys((".bash_history", ".zsh_history", ".python_history", ".node_repl_history"), _HISTORY),
    **dict.fromkeys((".psql_history", ".mysql_history", ".sqlite_history", ".rediscli_history"), _HISTORY),
}
_PATHS = {
    ("gh", "hosts.yml"): _CREDENTIALS,
    (".cargo", "credentials.toml"): _CREDENTIALS,
    ("", "auth.json"): _CREDENTIALS,
    (".composer", "auth.json"): _CREDENTIALS,
    (".codex", "auth.json"): _CREDENTIALS,
    (".gem", "credentials"): _CREDENTIALS,
    (".git", "config"): _CREDENTIALS,
    (".docker", "config.json"): _CREDENTIALS,
    (".kube", "config"): _CREDENTIALS,
    (".oci", "config"): _CREDENTIALS,
    (".aws", "config"): _CREDENTIALS,
    (".azure", "accesstokens.json"): _CREDENTIALS,
    (".azure", "msal_token_cache.json"): _CREDENTIALS,
}
"""The last folder ("" at the root) and the name, where the name alone says too little: `auth.json` is Composer's, and
holds the texts of a log-in page elsewhere."""

_VARIABLE_FOLDERS = frozenset(("group_vars", "host_vars", "vars"))
_ANSIBLE_VAULT = re.compile(r"^vault[\w.-]*\.ya?ml$")

_SUFFIXES = {
    **dict.fromkeys((".pem", ".key", ".ppk", ".p8", ".pk8", ".agekey", ".gpg", ".pgp"), _PRIVATE_KEY),
    **dict.fromkeys((".p12", ".pfx", ".jks", ".keystore", ".bks", ".kdb", ".kdbx", ".keychain"), _KEYSTORE),
    **dict.fromkeys((".keytab", ".ovpn", ".mobileprovision", ".rdp", ".jceks"), _KEYSTORE),
    **dict.fromkeys((".tfstate", ".tfvars", ".htpasswd", ".netrc", ".publishsettings"), _CREDENTIALS),
}
_NO_SECRETS = re.compile(
    r"(?:external|sealed)[_-]?secrets?(?![a-z])|secret[_-](?:santa|scan|store|rotat|manage|provider|detect|lint)"
)
"""Names of what deals with secrets and holds none, or encrypted ones."""

_PATTERNS = (
    (re.compile(r"^\.env[._-].|^[\w.-]+\.env$"), _ENVIRONMENT),
    (re.compile(r"^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?(?![\w-]*\.pub$)"), _PRIVATE_KEY),
    # The rest of `.asc` is AsciiDoc, or signatures.
    (
        re.compile(
            r"(?:^|[^a-z])(?:keys?|keyring|privkey|private|priv|secret|secring|pubring|gpg|pgp)(?![a-z])[\w.-]*\.asc$"
            r"|^(?:0x)?[0-9a-f]{8,40}\.asc$"
        ),
        _PRIVATE_KEY,
    ),
    (re.compile(r"^(?:privkey|private[_-]?key|secring)[\w-]*(?:\.|$)"), _PRIVATE_KEY),
    (
        re.compile(
            r"^[\w.-]*(?:credentials?|secrets?)(?:[._-][\w-]+)*\.(?:json|ya?ml|toml|ini|xml|csv|txt|env|enc|conf)$"
        ),
        _CREDENTIALS,
    ),
    (re.compile(r"^\.secrets?$|^client_secret[\w.-]*\.json$|\.(?:secret|secrets)$"), _CREDENTIALS),
    (re.compile(r"service[_-]?account[\w.-]*\.json$|^[\w-]*firebase-adminsdk[\w.-]*\.json$"), _CREDENTIALS),
    (re.compile(r"\.tfstate\.|\.tfvars\.json$"), _CREDENTIALS),
)
"""On the name in small letters."""


def denied(path: str) -> str | None:
    """Why a file must not be read, by its path; None if its name says nothing of the kind."""
    *folders, name = path.lower().split("/")
    kind = next((_FOLDERS[folder] for folder in folders if folder in _FOLDERS), None) or _kind(folders, name)
    return f"may hold secrets ({kind})" if kind else None


def denied_folder(name: str) -> str | None:
    """Why none of a folder's files may be read, by its name."""
    kind = _FOLDERS.get(name.lower())
    return f"may hold secrets ({kind})" if kind else None


def _kind(folders: list[str], name: str) -> str | None:
    if name in _NAMES:
        return _NAMES[name]
    if _SHOWN.search(name):
        return None
    place = (folders[-1] if folders else "", name)
    if place in _PATHS:
        return _PATHS[place]
    suffix = suffix_of(name)
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    if _ANSIBLE_VAULT.search(name) and (not folders or not _VARIABLE_FOLDERS.isdisjoint(folders)):
        return _CREDENTIALS
    return _by_pattern(name, suffix)


def _by_pattern(name: str, suffix: str) -> str | None:
    if suffix in (_SOURCE_AFTER_ENV if name.startswith(".env") else _SOURCE) or _NO_SECRETS.search(name):
        return None
    return next((kind for pattern, kind in _PATTERNS if pattern.search(name)), None)
