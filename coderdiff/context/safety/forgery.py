"""Text from a repository that cannot pretend to be the prompt's own structure, nor show people what is not there.

Replaced, each character by one that can be seen, so that length and lines stay as they are:

* control characters but tab and line end, by their pictures (an escape sequence loses its escape: "␛[31m");
* characters that are not drawn or that turn the reading direction (Unicode's Bidi_Control and
  Default_Ignorable_Code_Point: "Trojan Source"), line ends that only some readers see, and lone surrogates;
* in text that spells a special token of a model, the brackets or bars at its ends: "<|endoftext|>" is shown as
  "‹¦endoftext¦›". Ours cannot be reached by text (`model/tokenizer.py`), others' and other servers' can.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_BREAKS = "\x85\u2028\u2029"
_GOOD_BYTES = bytes(range(0x20, 0x7F)) + b"\t\n\r"
_BAD = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_BREAKS}{_UNSEEN}\ud800-\udfff]|\r(?!\n)")
_REPLACEMENT = "\ufffd"
_NEW_LINE_PICTURE = "\u2424"
_DELETE_PICTURE = "\u2421"
_PICTURES = 0x2400

_LOOK_ALIKES = dict(zip("<>[]|＜＞｜", "‹›⟦⟧¦‹›¦", strict=True))
_STAND_INS = "\ufffd\u25a1\u00bf\u00a4\u2020"
_PATTERNS = (
    re.compile(r"<[|｜][^\s|｜<>'\"]{1,64}[|｜]>"),
    re.compile(r"＜[|｜][^\s|｜＜＞'\"]{1,64}[|｜]＞"),
    re.compile(
        r"<(?:/?(?:s|pad|unk|mask|bos|eos|eot|sep|cls|eod|start_of_turn|end_of_turn|start_of_image)"
        r"|(?:fim_|fim-|file_sep|filename|reponame|repo_name|gh_stars|issue_|jupyter_|commit_|empty_output|code_to_"
        r"|intermediate_to_|pr_|extra_id_|sentinel_|unused)[\w:-]{0,40}"
        r"|PRE|SUF|MID|EOT|EOD|END|MASK|PAD|BOS|EOS|UNK|SEP|CLS|</?SYS>)>"
    ),
    re.compile(
        r"\[(?=[A-Z/gseu])(?:MASK|PAD|UNK|CLS|SEP|BOS|EOS|gMASK|sMASK|eMASK|sop|eop|/?INST|/?SYSTEM_PROMPT|/?TOOL_CALLS"
        r"|/?AVAILABLE_TOOLS|PREFIX|SUFFIX|MIDDLE|unused[0-9]{1,4})\]"
    ),
)
"""How the special tokens of published models are spelled: Qwen, DeepSeek, Llama, StarCoder, CodeLlama, Mistral, GLM,
Gemma, T5, BERT and what is built on them."""

_MARKS = tuple(
    (sign, frozenset(follows), pattern)
    for sign, follows, pattern in zip(
        "<＜<[", ("|｜", "|｜", "/<spumbecfrgijPSMEBUC", "/gseuMPUCSBEIAT"), _PATTERNS, strict=True
    )
)
"""Each with its first sign and what may stand behind that: both are looked for before a pattern is tried."""


def is_plain(content: bytes) -> bool:
    """Whether bytes are nothing but printable ASCII, tabs and line ends."""
    return not content.translate(None, _GOOD_BYTES)


def neutral(text: str, specials: Iterable[str] = (), plain: bool = False) -> str:
    """`text` without forgeries: as long, with as many lines; a second time changes nothing.

    `specials` are the special tokens of the model at hand, as its tokenizer spells them; well-known ones are always
    replaced. A "\r" before "\n" is part of the line end and stays. `plain` promises that the text was made from bytes
    that are (`is_plain`), and that no "\r" is left but these.
    """
    if not plain and _has_bad(text):
        text = _BAD.sub(_picture, text)
    for sign, follows, mark in _MARKS:
        if _has_mark(text, sign, follows, mark):
            text = mark.sub(_disarmed_mark, text)
    given = frozenset(special for special in specials if special.strip())
    if not given:
        return text
    pattern, signs = _spellings(given)
    while (disarmed := pattern.sub(lambda found: _disarmed(found, signs), text)) != text:
        text = disarmed
    return text


def neutral_path(path: str, specials: Iterable[str] = ()) -> str:
    """A path for one line of a prompt: `neutral`, and without line ends and tabs."""
    return neutral(re.sub(r"[\t\n\r]", _picture, path), specials)


def _has_bad(text: str) -> bool:
    """Whether there is anything to replace by a picture: bytes that are surely good are taken out first, in one go."""
    if "\r" in text and text.count("\r") != text.count("\r\n"):
        return True
    rest = text.encode("utf-8", "surrogatepass").translate(None, _GOOD_BYTES)
    return bool(rest) and _BAD.search(rest.decode("utf-8", "surrogatepass")) is not None


def _has_mark(text: str, sign: str, follows: frozenset[str], mark: re.Pattern[str]) -> bool:
    """Whether a text spells a special token: searching for one sign takes a tenth of the time that a pattern does."""
    at = text.find(sign)
    while at >= 0:
        if text[at + 1 : at + 2] in follows and mark.match(text, at):
            return True
        at = text.find(sign, at + 1)
    return False


def _picture(found: re.Match[str]) -> str:
    """What is shown for a character that must not be there."""
    code = ord(found[0])
    if code < 0x20:
        return chr(_PICTURES + code)
    if code == 0x7F:
        return _DELETE_PICTURE
    return _NEW_LINE_PICTURE if found[0] in _BREAKS else _REPLACEMENT


@dataclass(frozen=True, slots=True)
class _Signs:
    """What special tokens are disarmed with: no special token has one of these signs in it."""

    look_alikes: dict[str, str]
    stand_in: str


_SIGNS = _Signs(_LOOK_ALIKES, _REPLACEMENT)


@lru_cache(maxsize=16)
def _spellings(specials: frozenset[str]) -> tuple[re.Pattern[str], _Signs]:
    """A pattern for any of the special tokens, the longest that fits, and signs to disarm them with."""
    used = frozenset("".join(specials))
    pattern = "|".join(map(re.escape, sorted(specials, key=len, reverse=True)))
    look_alikes = {sign: other for sign, other in _LOOK_ALIKES.items() if other not in used}
    stand_in = next((sign for sign in _STAND_INS if sign not in used), _DELETE_PICTURE)
    return re.compile(pattern), _Signs(look_alikes, stand_in)


def _disarmed_mark(found: re.Match[str]) -> str:
    return _disarmed(found, _SIGNS)


def _disarmed(found: re.Match[str], signs: _Signs) -> str:
    """A special token that is none any more: brackets and bars at its ends replaced, or else its first letter."""
    text = found[0]
    ends = min(2, len(text) // 2)
    first, last = text[:ends], text[len(text) - ends :]
    disarmed = "".join(
        [
            *(signs.look_alikes.get(char, char) for char in first),
            text[ends : len(text) - ends],
            *(signs.look_alikes.get(char, char) for char in last),
        ]
    )
    if disarmed != text:
        return disarmed
    at = next(at for at, char in enumerate(text) if not char.isspace())
    return text[:at] + signs.stand_in + text[at + 1 :]
