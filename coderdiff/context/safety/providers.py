"""The published formats of access tokens: what their issuers and public scanners say they look like.

Most begin with letters of their own and a "_" or "-": one pass over the text stops at those signs where a long word
follows, and only there the beginnings are compared. The rest have a pattern each that begins with rare letters.
Either way a text costs about the same for ten formats and for a hundred.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from coderdiff.context.safety.looks import mean_run

_HALF_TYPED = 6
"""So many characters behind a token's beginning are enough at the end of a text."""

_LONGEST_TOKEN = 1_000
"""No more of a token is looked at."""

_LETTERS = r"A-Za-z0-9"
_WORD = r"A-Za-z0-9_\-"
_DOTTED = r"A-Za-z0-9_\-."
_BASE64 = r"A-Za-z0-9+/=_\-"


def _not_blank(body: str) -> bool:
    """Not a row of crosses or dots."""
    return len(set(body)) > 2


def _mixed(body: str) -> bool:
    """Not a name that happens to begin like a token."""
    return any(map(str.isdigit, body)) and mean_run(body) <= 3


@dataclass(frozen=True, slots=True)
class _Token:
    """A beginning that ends with "_" or "-", then `least` or more characters of a class."""

    kind: str
    body: re.Pattern[str]
    least: int
    accepts: Callable[[str], bool]
    own_word: bool


@dataclass(frozen=True, slots=True)
class _Shape:
    """A pattern that begins with rare letters. Group 1, if there is one, is the secret part.

    `head` must match what stands before it; what it takes up belongs to the token.
    """

    kind: str
    pattern: re.Pattern[str]
    accepts: Callable[[str], bool]
    head: re.Pattern[str]


def _tokens() -> Iterator[tuple[str, _Token]]:
    """Beginning and format of each; `own_word`: no letter, "_" or "-" may stand before it."""
    for kind, starts, body, least, accepts, own_word in (
        ("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", _LETTERS, 36, _not_blank, False),
        ("GitHub token", "github_pat_", r"A-Za-z0-9_", 36, _not_blank, False),
        (
            "GitLab token",
            "glpat- gldt- glrt- glft- glsoat- glcbt- glptt- glagent-",
            _DOTTED,
            20,
            _not_blank,
            False,
        ),
        ("GitLab token", "gloas- glimt- glffct- glwt-", _DOTTED, 20, _not_blank, False),
        ("Slack token", "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-", _WORD, 10, _not_blank, False),
        (
            "Stripe key",
            "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_",
            _LETTERS,
            10,
            _not_blank,
            False,
        ),
        ("Stripe key", "whsec_", _BASE64, 20, _not_blank, False),
        ("Google OAuth secret", "GOCSPX-", _WORD, 20, _not_blank, False),
        ("Anthropic key", "sk-ant-", _WORD, 20, _not_blank, False),
        ("OpenAI key", "sk-proj- sk-svcacct- sk-admin- sk-None-", _WORD, 20, _not_blank, False),
        ("OpenRouter key", "sk-or-v1-", _LETTERS, 32, _not_blank, False),
        ("OpenAI key", "sk-", _LETTERS, 20, _mixed, True),
        ("Hugging Face token", "hf_ api_org_", _LETTERS, 30, _not_blank, True),
        ("Groq key", "gsk_", _LETTERS, 40, _not_blank, True),
        ("xAI key", "xai-", _LETTERS, 40, _not_blank, True),
        ("Replicate token", "r8_", _LETTERS, 30, _not_blank, True),
        ("Perplexity key", "pplx-", _LETTERS, 30, _not_blank, False),
        ("npm token", "npm_", _LETTERS, 36, _not_blank, True),
        ("PyPI token", "pypi-", _WORD, 50, _mixed, True),
        ("RubyGems key", "rubygems_", "a-f0-9", 40, _not_blank, False),
        ("Brevo key", "xkeysib-", _WORD, 40, _not_blank, False),
        ("Mailgun key", "key-", "a-f0-9", 32, _mixed, True),
        ("DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", "a-f0-9", 40, _not_blank, False),
        ("Shopify token", "shpat_ shpca_ shppa_ shpss_", "A-Fa-f0-9", 32, _not_blank, False),
        ("Square token", "sq0atp- sq0csp-", _WORD, 22, _not_blank, False),
        ("Docker token", "dckr_pat_ dckr_oat_", _WORD, 20, _not_blank, False),
        ("Grafana token", "glc_ glsa_", _BASE64, 30, _mixed, True),
        ("New Relic key", "NRAK- NRII- NRJS-", r"A-Za-z0-9\-", 19, _not_blank, False),
        ("Sentry token", "sntrys_ sntryu_", _BASE64, 40, _not_blank, False),
        ("Postman key", "PMAK-", r"A-Fa-f0-9\-", 50, _not_blank, False),
        ("Linear key", "lin_api_ lin_oauth_", _LETTERS, 32, _not_blank, True),
        ("Notion token", "ntn_ secret_", _LETTERS, 40, _mixed, True),
        ("Heroku key", "HRKU-", _WORD, 30, _not_blank, False),
        ("Supabase key", "sbp_ sb_secret_", _WORD, 20, _mixed, True),
        ("Fly.io token", "fo1_ fm1a_ fm1r_ fm2_", _BASE64, 40, _mixed, True),
        ("PlanetScale token", "pscale_tkn_ pscale_pw_ pscale_oauth_", _DOTTED, 30, _not_blank, False),
        ("Tailscale key", "tskey- tskey-auth- tskey-api- tskey-client-", _WORD, 20, _not_blank, False),
        ("Figma token", "figd_ figo_", _WORD, 30, _mixed, True),
        ("Pulumi token", "pul-", "a-f0-9", 40, _not_blank, True),
        ("Prefect key", "pnu_ pnb_", _LETTERS, 36, _not_blank, True),
        ("1Password token", "ops_", _BASE64, 60, _mixed, True),
        ("Airtable token", "patA_", _DOTTED, 60, _mixed, True),
        ("Adobe secret", "p8e-", _LETTERS, 32, _mixed, True),
    ):
        for start in starts.split():
            yield start, _Token(kind, re.compile(f"[{body}]{{1,{_LONGEST_TOKEN}}}"), least, accepts, own_word)


def _shape(
    kind: str, pattern: str, accepts: Callable[[str], bool] = _not_blank, head: str = rf"(?<![{_LETTERS}])"
) -> _Shape:
    return _Shape(kind, re.compile(pattern), accepts, re.compile(rf"{head}\Z"))


_NO_BASE64 = "(?<![A-Za-z0-9+/])"
_NO_NAME = r"(?<![\w.-])"
_LONGEST_HEAD = 40

_SHAPES = (
    _shape("AWS access key id", rf"IA[A-Z0-9]{{16}}(?![{_LETTERS}])", head=f"{_NO_BASE64}A[KSB]"),
    _shape("AWS Bedrock key", r"ABSK[A-Za-z0-9+/]{100,}={0,2}", _mixed),
    _shape("Alibaba key id", r"LTAI[A-Za-z0-9]{20,}", _mixed),
    _shape("GitLab token", rf"GR1348941[{_WORD}]{{20,}}"),
    _shape("Google API key", rf"AIza[{_WORD}]{{35}}"),
    _shape("Google OAuth token", rf"ya29\.[{_DOTTED}]{{20,}}"),
    _shape("Google refresh token", rf"1//0[{_WORD}]{{30,}}", _mixed),
    _shape("JSON web token", rf"eyJ(?<![{_WORD}]eyJ)[{_WORD}]{{8,}}\.eyJ[{_WORD}]{{8,}}(?:\.[{_WORD}]*)?"),
    _shape("SendGrid key", rf"SG\.(?<!\wSG\.)[{_WORD}]{{16,}}\.[{_WORD}]{{30,}}", head=_NO_NAME),
    _shape("Twilio key", rf"SK[0-9a-f]{{32}}(?![{_LETTERS}])", _mixed),
    _shape("Databricks token", rf"dapi[0-9a-f]{{32}}(?![{_LETTERS}])", _mixed),
    _shape("Mailchimp key", rf"-us[0-9]{{1,2}}(?![{_LETTERS}])", head=rf"(?<![{_LETTERS}])[0-9a-f]{{32}}"),
    _shape("Telegram bot token", rf":AA[{_WORD}]{{32,}}", _mixed, head=rf"(?<![{_LETTERS}])[0-9]{{8,12}}"),
    _shape(
        "webhook",
        rf"hook(?:s\.slack\.com/(?:services|workflows|triggers)/|s/[0-9]{{8,24}}/|\.office\.com/\w{{1,20}}/)"
        rf"([{_WORD}/@]{{20,}})",
        head=r"(?<=[/\w.])",
    ),
    _shape("Azure key", r"Key=([A-Za-z0-9+/]{40,}={0,2})", _mixed, head="(?<=[a-z])"),
    _shape("Azure signature", r"sig=([A-Za-z0-9%+/]{30,}={0,2})", _mixed, head="(?<=[?&;])"),
    _shape("Azure client secret", r"Q~[A-Za-z0-9_~.\-]{31,34}", _mixed, head=r"(?<![\w~.])[\w~.\-]{3}[0-9]"),
    _shape("Terraform token", r"\.atlasv1\.[A-Za-z0-9_=\-]{60,70}", _mixed, head=r"[A-Za-z0-9]{14}"),
    _shape("HashiCorp Vault token", rf"hv[sbr]\.[{_WORD}]{{24,}}", _mixed, head=_NO_NAME),
    _shape("Doppler token", rf"dp\.[a-z]{{2,5}}\.[{_DOTTED}]{{30,}}", _mixed, head=_NO_NAME),
    _shape("Dynatrace token", rf"dt0c01\.[{_DOTTED}]{{60,}}"),
    _shape("Facebook token", r"EAA[A-Za-z0-9]{60,}", _mixed, head=_NO_BASE64),
    _shape("Atlassian token", r"AT(?:ATT3|CTT3|BB)[A-Za-z0-9_=\-]{28,}", _mixed, head=_NO_BASE64),
    _shape("age key", r"AGE-SECRET-KEY-1[A-Z0-9]{50,}"),
    _shape(
        "password hash",
        r"\$(?:2[abxy]\$[0-9]{2}\$[A-Za-z0-9./]{40,}|argon2(?:id|i|d)\$[A-Za-z0-9./$+,=]{30,}"
        r"|(?:[156y]|apr1)\$[A-Za-z0-9./$=]{30,})",
    ),
)
_TOKENS = dict(_tokens())
STARTS = tuple(_TOKENS)
"""How tokens begin."""

_LONGEST = max(map(len, STARTS))
_ENDS = frozenset(start[-3:] for start in STARTS)
_WORD_FOLLOWS = (re.compile(r"_(?=[A-Za-z0-9][\w+/-]{9})"), re.compile(r"-(?=[A-Za-z0-9][\w-]{9})"))
"""What may end a token's beginning."""

_TOKEN_CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+/=."
_CUT_OFF = re.compile(
    rf"(?<![{_LETTERS}])(?:{'|'.join(map(re.escape, sorted(STARTS, key=len, reverse=True)))}"
    rf"|AKIA|ASIA|AIza|ya29\.|eyJ|SG\.|hvs\.)([{_BASE64}.]{{{_HALF_TYPED},}})\Z"
)


def token_spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of every token, in no order; spans may overlap."""
    yield from begun_spans(text, 0, len(text))
    for shape in _SHAPES:
        for match in shape.pattern.finditer(text):
            part = match.lastindex or 0
            head = shape.head.search(text, max(0, match.start() - _LONGEST_HEAD), match.start())
            if head and shape.accepts(match[part]):
                yield match.start(1) if part else head.start(), match.end(part), shape.kind
    yield from cut_off(text)


def begun_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Those of the tokens that have one of the `STARTS`, whose last sign and ten characters behind it are in
    `text[start:end]`."""
    for signs in _WORD_FOLLOWS:
        done = 0
        for sign in signs.finditer(text, start, end):
            body_start = sign.start() + 1
            if body_start > done and text[max(0, body_start - 3) : body_start] in _ENDS:
                found = _token_at(text, body_start)
                if found:
                    done = found[1]
                    yield found


def cut_off(text: str) -> Iterator[tuple[int, int, str]]:
    """The token that the text's end cuts off."""
    if text[-1:] not in _TOKEN_CHARS:
        return  # as nearly all texts, which end with a line
    last_word = len(text) - len(text[-_LONGEST_TOKEN:]) + len(text[-_LONGEST_TOKEN:].rstrip(_TOKEN_CHARS))
    if len(text) - last_word > _HALF_TYPED:
        found = _CUT_OFF.search(text, last_word)
        if found and _mixed(found[1]):
            yield found.start(), len(text), "token, cut off"


def _token_at(text: str, body_start: int) -> tuple[int, int, str] | None:
    """The token whose beginning ends at `body_start`."""
    head = text[max(0, body_start - _LONGEST) : body_start]
    if not head.endswith(STARTS):
        return None
    start = max((start for start in STARTS if head.endswith(start)), key=len)
    token = _TOKENS[start]
    at = body_start - len(start)
    ahead = text[at - 1 : at] if at else ""
    if ahead and (ahead.isalnum() or (token.own_word and ahead in "_-")):
        return None
    body = token.body.match(text, body_start)
    if body is None or len(body[0]) < token.least or not token.accepts(body[0]):
        return None
    return at, body.end(), token.kind
