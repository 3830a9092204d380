"""Secrets for tests, put together at run time: no line of the repository looks like one to its scanners.

`planted()` gives a value of every kind that is looked for, with the kind's name. They are random but the same every
time, and belong to nobody.
"""

from __future__ import annotations

import base64
import random
import string

_WORD = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_URL = _WORD + "-_"


def body(length: int, alphabet: str = _WORD, seed: int = 0) -> str:
    """Random characters, the same ones for the same arguments, with a digit and mixed letters early on."""
    drawn = random.Random(f"{length} {alphabet} {seed}").choices(alphabet, k=length)
    if alphabet != string.ascii_letters:
        drawn[min(3, length - 1)] = "7"
    return "".join(drawn)


def pem(name: str = "RSA PRIVATE", lines: int = 12, seed: int = 0) -> str:
    """A private key block; its body is random bytes."""
    raw = random.Random(seed).randbytes(48 * lines - 17)
    text = base64.b64encode(raw).decode()
    rows = [text[at : at + 64] for at in range(0, len(text), 64)]
    dashes = "-" * 5
    return "\n".join([f"{dashes}BEGIN {name} KEY{dashes}", *rows, f"{dashes}END {name} KEY{dashes}"])


def web_token() -> str:
    """A JSON web token."""
    return ".".join(("ey" + "J" + body(33, _URL, 1), "ey" + "J" + body(60, _URL, 2), body(43, _URL, 3)))


def planted() -> list[tuple[str, str]]:
    """Kind and value of a token of each published format."""
    upper = string.ascii_uppercase + string.digits
    return [
        ("AWS access key id", "AK" + "IA" + body(16, upper)),
        ("AWS temporary key id", "AS" + "IA" + body(16, upper)),
        ("AWS Bedrock key", "AB" + "SK" + body(120)),
        ("Alibaba key id", "LT" + "AI" + body(20)),
        *(("GitHub token " + sort, f"gh{sort}_" + body(36)) for sort in "pousr"),
        ("GitHub fine-grained token", "github" + "_pat_" + body(22) + "_" + body(59)),
        ("GitLab token", "gl" + "pat-" + body(20, _URL)),
        ("GitLab routable token", "gl" + "pat-" + body(27, _URL) + ".01." + body(9, _HEX)),
        ("GitLab runner token", "gl" + "rt-" + body(20, _URL)),
        ("GitLab registration token", "GR" + "1348941" + body(20)),
        (
            "Slack bot token",
            "xo" + "xb-" + body(12, string.digits) + "-" + body(12, string.digits) + "-" + body(24),
        ),
        (
            "Slack user token",
            "xo" + "xp-" + "-".join(body(11, string.digits, at) for at in range(3)) + "-" + body(32, _HEX),
        ),
        (
            "Slack app token",
            "xa" + "pp-1-" + body(11, upper) + "-" + body(13, string.digits) + "-" + body(64, _HEX),
        ),
        ("Stripe live key", "sk" + "_live_" + body(24)),
        ("Stripe test key", "sk" + "_test_" + body(99)),
        ("Stripe restricted key", "rk" + "_live_" + body(24)),
        ("Stripe webhook secret", "wh" + "sec_" + body(32)),
        ("Google API key", "AI" + "za" + body(35, _URL)),
        ("Google OAuth token", "ya" + "29." + body(60, _URL)),
        ("Google OAuth secret", "GOC" + "SPX-" + body(28, _URL)),
        ("Google refresh token", "1/" + "/0" + body(40, _URL)),
        ("OpenAI key", "sk" + "-" + body(20) + "T3Blbk" + "FJ" + body(20)),
        ("OpenAI project key", "sk" + "-proj-" + body(74, _URL) + "T3Blbk" + "FJ" + body(74, _URL)),
        ("OpenAI service key", "sk" + "-svcacct-" + body(58, _URL)),
        ("OpenRouter key", "sk" + "-or-v1-" + body(64, _HEX)),
        ("Anthropic key", "sk" + "-ant-api03-" + body(93, _URL) + "AA"),
        ("Anthropic admin key", "sk" + "-ant-admin01-" + body(93, _URL) + "AA"),
        ("Hugging Face token", "hf" + "_" + body(34, string.ascii_letters)),
        ("Groq key", "gs" + "k_" + body(52)),
        ("xAI key", "xa" + "i-" + body(80)),
        ("Replicate token", "r" + "8_" + body(37)),
        ("Perplexity key", "pp" + "lx-" + body(48)),
        ("npm token", "np" + "m_" + body(36)),
        ("PyPI token", "py" + "pi-AgEIcHlwaS5vcmc" + body(70, _URL)),
        ("RubyGems key", "ruby" + "gems_" + body(48, _HEX)),
        ("SendGrid key", "S" + "G." + body(22, _URL) + "." + body(43, _URL)),
        ("Twilio key", "S" + "K" + body(32, _HEX)),
        ("Mailgun key", "ke" + "y-" + body(32, _HEX)),
        ("Mailchimp key", body(32, _HEX) + "-u" + "s14"),
        ("Brevo key", "xkey" + "sib-" + body(64, _HEX) + "-" + body(16)),
        ("Telegram bot token", body(10, string.digits) + ":A" + "A" + body(33, _URL)),
        ("DigitalOcean token", "do" + "p_v1_" + body(64, _HEX)),
        ("Databricks token", "da" + "pi" + body(32, _HEX)),
        ("Shopify token", "sh" + "pat_" + body(32, _HEX)),
        ("Square token", "sq" + "0atp-" + body(22, _URL)),
        ("Docker token", "dck" + "r_pat_" + body(27, _URL)),
        ("Vault token", "hv" + "s." + body(95, _URL)),
        ("Grafana token", "gl" + "sa_" + body(32) + "_" + body(8, _HEX)),
        ("New Relic key", "NR" + "AK-" + body(27, upper)),
        ("Sentry token", "sn" + "tryu_" + body(64, _HEX)),
        ("Postman key", "PM" + "AK-" + body(24, _HEX) + "-" + body(34, _HEX)),
        ("Linear key", "lin" + "_api_" + body(40)),
        ("Notion token", "nt" + "n_" + body(46)),
        ("Atlassian token", "ATA" + "TT3xFfGF0" + body(180, _URL)),
        ("Doppler token", "dp" + ".pt." + body(43)),
        ("Dynatrace token", "dt0" + "c01." + body(24, upper) + "." + body(64, upper)),
        ("Heroku key", "HR" + "KU-AA" + body(58, _URL)),
        ("Supabase key", "sb" + "p_" + body(40, _HEX)),
        ("PlanetScale token", "pscale" + "_tkn_" + body(43, _URL)),
        ("Tailscale key", "ts" + "key-auth-" + body(12) + "-" + body(32)),
        ("Figma token", "fi" + "gd_" + body(40, _URL)),
        ("Pulumi token", "pu" + "l-" + body(40, _HEX)),
        ("Prefect key", "pn" + "u_" + body(36)),
        ("Facebook token", "EA" + "AC" + body(120)),
        ("Terraform token", body(14) + ".atl" + "asv1." + body(66, _URL)),
        ("Azure client secret", body(3) + "8Q" + "~" + body(33)),
        ("age key", "AGE-" + "SECRET-KEY-1" + body(58, upper)),
        ("bcrypt hash", "$2" + "b$12$" + body(53, _WORD + "./")),
        ("crypt hash", "$6" + "$" + body(16) + "$" + body(86, _WORD + "./")),
        ("Argon2 hash", "$arg" + "on2id$v=19$m=65536,t=3,p=4$" + body(22) + "$" + body(43)),
        ("JSON web token", web_token()),
    ]
