"""Files that are never read, and files of like names that are."""

from __future__ import annotations

import pytest

from coderdiff.context.safety.deny import denied, denied_folder

ENVIRONMENT = (
    ".env .env.local .env.production app.env .envrc config/.env .env_prod .env-old .ENV .env.sh .env.pl"
    " prod.env"
)
KEYS = (
    "id_rsa id_ed25519 id_ecdsa_sk deploy.pem server.key cert.p8 a.ppk privkey.pem private_key.txt private-key"
    " secring.gpg id_rsa.bak id_rsa_work keys.asc joe-private.asc release_key.asc"
    " 0xA1B2C3D4.asc secret.asc joe.gpg"
)
STORES = "cert.p12 cert.PFX release.jks debug.keystore vault.kdbx joe.keytab office.ovpn"
CREDENTIALS = (
    ".netrc .pgpass .git-credentials .pypirc .htpasswd credentials .aws/credentials .aws/config .docker/config.json"
    " .kube/config kubeconfig credentials.json aws-credentials.yml secrets.yaml secrets.toml app.secrets.json"
    " client_secret_12-a.apps.googleusercontent.com.json service-account.json shop-firebase-adminsdk-x1.json"
    " terraform.tfstate terraform.tfstate.backup prod.tfvars prod.auto.tfvars.json .s3cfg rclone.conf kaggle.json"
    " .vault-token .secret my.secret .cargo/credentials.toml gh/hosts.yml .git/config config/master.key secrets.enc"
    " .npmrc web/.yarnrc.yml NuGet.Config pip.conf pip.ini .composer/auth.json group_vars/all/vault.yml"
    " roles/db/vars/vault_prod.yaml secret-db.yaml secrets-prod.json mysecrets.yml"
    " secret.env local.settings.json application_default_credentials.json .my.cnf"
)
HISTORY = ".bash_history .zsh_history .python_history .psql_history"
FOLDERS = ".ssh/config .ssh/known_hosts .gnupg/pubring.kbx home/.SSH/a.py .password-store/shop.txt"

ALLOWED = (
    "credentials.py secrets.ts Secrets.java secret_manager.go config.json settings.json .env.example"
    " .env.sample .env.template env.example .env.dist id_rsa.pub id_ed25519.pub environment.py env.d.ts env.py"
    " keys.py keyboard.json hosts.yml config tokens.json passwords.md credentials.example.json secrets.sample.yaml"
    " terraform.tfvars.example private_key.py README.md secretary.json docs/secrets.md key monkey.toml"
    " src/ssh/config src/kube/config keystore.py default.tfvars prod.env.js"
    " .env.ts .env.d.ts .env.mjs docs/guide.asc docs/keyboard.asc shop.tar.gz.asc secret-santa.json"
    " externalsecrets.yaml external-secrets.yml sealed-secrets.yaml secret_scanning.yml"
    " .github/workflows/vault.yml deploy/vault.yaml .npmrc.example pip.py locales/en/auth.json"
)


@pytest.mark.parametrize(
    ("paths", "kind"),
    [
        (ENVIRONMENT, "environment file"),
        (STORES, "keystore"),
        (HISTORY, "shell history"),
    ],
)
def test_denied_with_their_kind(paths: str, kind: str) -> None:
    assert {path: denied(path) for path in paths.split()} == dict.fromkeys(
        paths.split(), f"may hold secrets ({kind})"
    )


@pytest.mark.parametrize("path", f"{KEYS} {CREDENTIALS} {FOLDERS}".split())
def test_denied(path: str) -> None:
    assert denied(path) is not None
    assert denied(f"some/where/{path}") == denied(path)


@pytest.mark.parametrize("path", ALLOWED.split())
def test_allowed(path: str) -> None:
    assert denied(path) is None


def test_what_counts_at_the_root_only() -> None:
    assert denied("auth.json") is not None
    assert denied("vault.yml") is not None
    assert denied("web/auth.json") is None


def test_folders() -> None:
    assert denied_folder(".ssh") == "may hold secrets (SSH keys)"
    assert denied_folder(".GnuPG") == "may hold secrets (GnuPG keys)"
    assert denied_folder("ssh") is None


def test_every_file_of_a_denied_folder_is_denied() -> None:
    for path in (".ssh/a.py", "x/.ssh/deep/.env.example", ".gnupg/README.md"):
        assert denied(path) is not None
