"""The page at `/`, in a real browser, with the shipped model behind it. Its Content-Security-Policy stays in force."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from coderdiff.config import ServerSettings, Token
from coderdiff.engine.engine import Engine
from coderdiff_api.service import DEFAULT_TOKENS

from .conftest import Held, Running, running, shapes

sync_api = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")
expect = sync_api.expect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (apt-get install chromium)"),
]
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECRET = "a-token-nobody-guesses"
Page = Any


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.open(None, "cpu", 1)


@pytest.fixture(scope="module")
def start(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., AbstractContextManager[Running]]:
    """Serve the shipped model, or a completer that is given."""

    def serve(completer: Any = engine, **settings: Any) -> AbstractContextManager[Running]:
        store = tmp_path_factory.mktemp("feedback") / "feedback.sqlite3"
        return running(completer, replace(ServerSettings(feedback=store), **settings))

    return serve


@pytest.fixture(scope="module")
def server(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with start(workspaces=(shapes(tmp_path_factory.mktemp("work") / "shapes"),)) as started:
        yield started


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Page]]:
    """Open the page of a server; whatever it complains of, or asks of others, fails the test."""
    contexts, faults = [], []

    def opened(server: Running, **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda said: faults.append(said.text) if "Failed to load resource" not in said.text else None,
        )
        page.on(
            "request",
            lambda request: None if request.url.startswith(server.url) else faults.append(request.url),
        )
        page.goto(server.url)
        expect(page.locator("#model")).to_have_text(f"model {server.completer.model}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [each for each in faults if not each.startswith("data:")] == []


@contextmanager
def holding(engine: Engine, start: Any) -> Iterator[tuple[Running, Held]]:
    """A server that stays at its first step until it is freed or cancelled."""
    held = Held(engine)
    with start(held) as server:
        try:
            yield server, held
        finally:
            held.free.set()


def write(page: Page, before: str, after: str = "", path: str = "") -> None:
    """Put a text into the editor and the cursor into it, with nothing asked yet."""
    page.uncheck("#auto")
    page.fill("#path", path)
    page.fill("#code", before + after)
    page.evaluate(
        "(at) => { const code = document.getElementById('code'); code.focus(); code.setSelectionRange(at, at); }",
        len(before),
    )


def complete(page: Page) -> None:
    page.press("#code", "Control+Space")
    expect(page.locator("#hint")).to_contain_text(re.compile(r"\d+ tokens? in \d+ forwards?"), timeout=20_000)


def fill(server: Running, before: str, after: str, **fields: Any) -> dict[str, Any]:
    """What the server says without the page."""
    body = {"prompt": before, "suffix": after, "max_tokens": 32} | fields
    answer: dict[str, Any] = server.http.post("/v1/completions", json=body).raise_for_status().json()
    return answer


def displayed(page: Page) -> str:
    """The text that is seen in the editor."""
    text: str = page.evaluate("document.getElementById('mirror').textContent.slice(0, -1)")
    return text


LEN = (
    "class Stack:\n    def __init__(self):\n        self.items = []\n\n    def __len__(self):\n        return ",
    "\n\n    def push(self, item):\n        self.items.append(item)\n",
)


def test_a_completion_is_seen_in_place_and_accepted(server: Running, visit: Any):
    page = visit(server)
    write(page, *LEN)
    answer = fill(server, *LEN)
    text = answer["choices"][0]["text"]
    assert text
    complete(page)
    assert page.input_value("#code") == "".join(LEN), "until it is accepted the text is as it was"
    assert displayed(page) == LEN[0] + text + LEN[1]
    assert page.inner_text("#hole .offer") == text
    figures = dict(
        zip(page.locator("dt").all_inner_texts(), page.locator("dd").all_inner_texts(), strict=True)
    )
    assert figures["tokens"] == str(answer["usage"]["completion_tokens"])
    assert figures["forwards"] == str(answer["usage"]["forwards"])
    assert float(figures["tokens a forward (TPF)"]) == pytest.approx(answer["usage"]["tpf"], abs=0.006)
    assert figures["withdrawn"] == "no"
    said = answer["coderdiff"]["completions"][0]["confidence"]
    assert figures["likely to be kept"] == f"{100 * said:.0f}%"
    page.press("#code", "Tab")
    assert page.input_value("#code") == LEN[0] + text + LEN[1] == displayed(page)
    assert page.evaluate("document.getElementById('code').selectionStart") == len(LEN[0] + text)
    page.press("#code", "Control+z")
    assert page.input_value("#code") == "".join(LEN), "one undo takes it back"


def test_a_selection_is_the_hole(server: Running, visit: Any):
    page = visit(server)
    write(page, *LEN)
    page.evaluate("document.getElementById('code').setRangeText('wrong')")
    page.evaluate("(at) => document.getElementById('code').setSelectionRange(at, at + 5)", len(LEN[0]))
    text = fill(server, *LEN)["choices"][0]["text"]
    complete(page)
    page.press("#code", "Tab")
    assert page.input_value("#code") == LEN[0] + text + LEN[1]


def test_the_slider_goes_through_the_steps(server: Running, visit: Any):
    page = visit(server)
    write(page, *LEN)
    page.fill("#most", "12")
    complete(page)
    slider, steps = page.locator("#slider"), page.locator(".film").count()
    assert steps >= 2
    slider.focus()
    page.keyboard.press("Home")
    assert displayed(page) == "".join(LEN)
    assert slider.get_attribute("aria-valuetext") == "the hole"
    seen = []
    for step in range(1, steps + 1):
        page.keyboard.press("ArrowRight")
        assert page.inner_text("#step") == f"step {step} of {steps}"
        assert page.locator(".film").nth(step - 1).get_attribute("aria-current") == "true"
        assert displayed(page).startswith(LEN[0])
        assert displayed(page).endswith(LEN[1])
        assert page.locator("#hole .token").count() > 0
        seen.append(displayed(page))
    assert len(set(seen)) > 1, "the canvas changes"
    page.keyboard.press("End")
    assert page.inner_text("#step") == "the answer"
    page.locator(".film").first.click()
    assert displayed(page) == seen[0]
    page.click("#on")
    page.click("#back")
    assert page.inner_text("#step") == f"step 1 of {steps}"
    page.click("#play")
    expect(page.locator("#step")).to_have_text("the answer", timeout=1000 * (steps + 5))
    expect(page.locator("#play")).to_have_text("Play")


def luminance(colour: str) -> float:
    red, green, blue = (int(part) / 255 for part in re.findall(r"\d+", colour)[:3])
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_confidence_has_colours_that_can_be_read_and_told_apart(server: Running, visit: Any, scheme: str):
    page = visit(server, color_scheme=scheme)
    style = "(node, name) => getComputedStyle(node)[name]"
    panel = luminance(page.locator("section").first.evaluate(style, "backgroundColor"))
    assert (panel < 0.5) == (scheme == "dark")
    bands = {}
    for band in ("very-sure", "sure", "fair", "unsure", "drafted", "masked"):
        shown = page.locator(f".legend .{band}")
        assert shown.inner_text().strip()
        colour = shown.evaluate(style, "color")
        lighter, darker = sorted((luminance(colour), panel), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, f"{band} can be read"
        others = ("fontWeight", "textDecorationLine", "backgroundImage", "backgroundColor", "fontStyle")
        bands[band] = (colour, *(shown.evaluate(style, each) for each in others))
    assert len(set(bands.values())) == len(bands)
    # Blue and orange, and something that is no colour: bold, plain, underlined, hatched.
    assert int(bands["very-sure"][1]) > int(bands["sure"][1])
    assert bands["unsure"][2] == "underline"
    assert "gradient" in bands["masked"][3]
    write(page, *LEN)
    page.select_option("#policy", "entropy")
    complete(page)
    page.locator("#slider").focus()
    page.keyboard.press("Home")
    looks = set()
    for _ in range(page.locator(".film").count()):
        page.keyboard.press("ArrowRight")
        looks |= {
            part
            for each in page.locator("#hole .token").all()
            for part in each.get_attribute("class").split()
        }
    assert "masked" in looks, "open positions are seen"
    assert looks & {"very-sure", "sure", "fair", "unsure"}


def test_a_pause_asks_and_more_typing_takes_it_back(engine: Engine, start: Any, visit: Any):
    with holding(engine, start) as (server, held):
        page = visit(server)
        page.fill("#code", "")
        page.locator("#code").press_sequentially("total = sum(")
        expect(page.locator("#hole .token").first).to_be_attached(timeout=20_000)
        assert [each.document.text for each in held.begun] == ["total = sum("]
        assert held.begun[0].limits.max_tokens == 32 != DEFAULT_TOKENS
        page.locator("#code").press_sequentially("[")
        assert displayed(page) == "total = sum(["
        expect(page.locator("#hole .token").first).to_be_attached(timeout=20_000)
        assert held.ended[0].finish_reason == "cancelled"
        assert [each.document.text for each in held.begun] == ["total = sum(", "total = sum(["]
        held.free.set()
        expect(page.locator("#hint")).to_contain_text("forward", timeout=20_000)


def test_escape_cancels_at_once(engine: Engine, start: Any, visit: Any):
    with holding(engine, start) as (server, held):
        page = visit(server)
        write(page, *LEN)
        page.press("#code", "Control+Space")
        expect(page.locator("#hole .token").first).to_be_attached(timeout=20_000)
        expect(page.locator("#hint")).to_contain_text("Denoising")
        page.press("#code", "Escape")
        assert displayed(page) == page.input_value("#code") == "".join(LEN)
        expect(page.locator("#hint")).to_have_text("Cancelled.")
        assert page.is_disabled("#accept")
        for _ in range(500):
            if not held.ended:
                page.wait_for_timeout(10)
        assert held.ended[0].finish_reason == "cancelled"
        page.press("#code", "Tab")
        assert page.input_value("#code") == "".join(LEN), "there is nothing to accept"
        assert page.evaluate("document.activeElement.id") != "code", "Tab moves on, as everywhere"


def test_only_the_answer_is_read_out(server: Running, visit: Any):
    page = visit(server)
    write(page, *LEN)
    text = fill(server, *LEN)["choices"][0]["text"]
    page.evaluate(
        "() => { window.heard = []; new MutationObserver(() => heard.push(said.textContent))"
        ".observe(said, { childList: true, characterData: true, subtree: true }); }"
    )
    complete(page)
    heard = [each for each in page.evaluate("heard") if each]
    assert heard == [f"Completion: {text}. Tab accepts, Escape dismisses."]
    assert page.locator("#mirror").get_attribute("aria-hidden") == "true"
    unnamed = page.evaluate(
        "[...document.querySelectorAll('input, select, textarea, button')]"
        ".filter((each) => !each.labels?.length && !each.ariaLabel && !each.textContent.trim()).map((each) => each.id)"
    )
    assert unnamed == []


def test_the_pack_is_shown_folded(server: Running, visit: Any):
    page = visit(server)
    before = "from circle import Circle\n\n\ndef double(circle: Circle) -> float:\n    return 2 * circle."
    write(page, before, "\n", path="double.py")
    answer = fill(server, before, "\n", path="double.py", show_context=True)
    pack = answer["coderdiff"]["completions"][0]["context"]
    assert pack
    complete(page)
    shown = page.locator("#snippets details")
    assert shown.count() == len(pack)
    for index, snippet in enumerate(pack):
        title = shown.nth(index).locator("summary").inner_text()
        assert f"{snippet['path']}:{snippet['start_line']}–{snippet['end_line']}" in title
        assert f"{snippet['resolution']} · {snippet['reason']}" in title
        assert not shown.nth(index).locator("pre").is_visible()
        shown.nth(index).locator("summary").click()
        assert shown.nth(index).locator("pre").inner_text() == snippet["text"]


def test_a_token_is_asked_for_and_kept_for_the_tab_only(start: Any, visit: Any):
    with start(tokens=(Token(SECRET),)) as server:
        page = visit(server)
        write(page, *LEN)
        assert not page.locator("#login").is_visible()
        page.press("#code", "Control+Space")
        for wrong in ("not-the-right-one", None):
            expect(page.locator("#error")).to_have_text(re.compile("^401: a token is needed"))
            expect(page.locator("#token")).to_be_focused()
            page.fill("#token", wrong or SECRET)
            page.press("#token", "Enter")
        expect(page.locator("#hint")).to_contain_text("forward", timeout=20_000)
        assert not page.locator("#login").is_visible()
        assert not page.locator("#error").is_visible()
        assert page.evaluate("Object.values({...sessionStorage})") == [SECRET]
        assert page.evaluate("[Object.keys({...localStorage}), document.cookie]") == [[], ""]
        assert SECRET not in page.content()
        page.click("#forget")
        assert page.evaluate("sessionStorage.length") == 0


def test_an_error_is_one_clear_line(server: Running, visit: Any):
    page = visit(server)
    write(page, *LEN, path="stack.py")
    page.fill("#workspace", "elsewhere")
    page.press("#code", "Control+Space")
    expect(page.locator("#error")).to_have_text(re.compile("^404: there is no workspace 'elsewhere' for you"))
    assert displayed(page) == "".join(LEN)
    page.fill("#workspace", "")
    page.fill("#most", "-1")
    page.press("#code", "Control+Space")
    expect(page.locator("#error")).to_have_text(re.compile("^400: max_tokens: "))
    page.fill("#most", "8")
    complete(page)
    assert not page.locator("#error").is_visible()


def test_a_server_that_went_away_is_said(start: Any, visit: Any):
    with start() as server:
        page = visit(server)
        write(page, *LEN)
    page.press("#code", "Control+Space")
    expect(page.locator("#error")).to_have_text("The server does not answer: is it still running?")
    assert displayed(page) == "".join(LEN)


def test_a_deadline_is_kept(server: Running, visit: Any):
    page = visit(server)
    write(page, *LEN)
    page.fill("#deadline", "0")
    complete(page)
    assert "deadline" in page.locator("dd").all_inner_texts()


def test_a_click_means_the_place_that_is_seen(server: Running, visit: Any):
    """A draft moves the text behind it; the text area under the pointer does not know."""
    page = visit(server)
    before = "def first(items):\n    if not items:\n        "
    write(page, before, "\n\nlast_line = 1\n")
    complete(page)
    assert "\n" in page.inner_text("#hole .offer"), "several lines, so that what is behind them is moved"
    target = page.evaluate(
        "() => { const range = document.createRange(), text = [...after.childNodes]"
        ".find((node) => node.textContent.includes('last_line'));"
        "const node = text.firstChild ?? text, at = node.textContent.indexOf('last_line');"
        "range.setStart(node, at); range.setEnd(node, at + 1); node.parentElement.scrollIntoView({block: 'end'});"
        "const box = range.getBoundingClientRect(); return [box.left + 1, box.top + box.height / 2]; }"
    )
    page.mouse.click(*target)
    at = page.evaluate("document.getElementById('code').selectionStart")
    assert at == page.input_value("#code").index("last_line") > len(before)
    assert displayed(page) == page.input_value("#code")


def test_examples_open_with_the_cursor_in_a_hole(server: Running, visit: Any):
    page = visit(server)
    titles = page.locator("#example option").all_inner_texts()
    assert len(titles) >= 5
    for title in titles:
        page.select_option("#example", label=title)
        assert title.startswith(page.input_value("#path"))
        at = page.evaluate("document.getElementById('code').selectionStart")
        text = page.input_value("#code")
        assert 0 < at < len(text)
        assert "‸" not in text
        numbers = page.evaluate("document.getElementById('numbers').textContent").split("\n")
        assert [int(each) for each in numbers] == list(range(1, text.count("\n") + 2))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_narrow_screen(server: Running, visit: Any, scheme: str):
    page = visit(server, viewport={"width": 360, "height": 740}, color_scheme=scheme)
    write(page, *LEN)
    complete(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for name in ("#complete", "#accept", "#cancel", "#slider", "#code"):
        box = page.locator(name).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
    page.click("#accept")
    assert page.input_value("#code") != "".join(LEN)


def test_the_cursor_stays_in_sight(server: Running, visit: Any):
    page = visit(server, viewport={"width": 700, "height": 700})
    page.uncheck("#auto")
    page.fill("#code", "x" * 300 + "\n" + "\n".join(f"line_{number} = {number}" for number in range(100)))

    def seen(marker: str) -> bool:
        where = page.evaluate(
            "(marker) => { const range = document.createRange(), walk = document.createTreeWalker(before, 4);"
            "while (walk.nextNode()) { const at = walk.currentNode.data.indexOf(marker); if (at < 0) continue;"
            "range.setStart(walk.currentNode, at); range.setEnd(walk.currentNode, at + marker.length);"
            "const inner = range.getBoundingClientRect(), outer = editor.getBoundingClientRect();"
            "return [inner.left - numbers.getBoundingClientRect().right, outer.right - inner.right,"
            "inner.top - outer.top, outer.bottom - inner.bottom]; } return [-1]; }",
            marker,
        )
        return min(where) >= 0

    page.press("#code", "Control+End")
    page.keyboard.type("!end")
    assert seen("!end")
    page.press("#code", "Control+Home")
    page.press("#code", "End")
    page.keyboard.type("!far")
    assert seen("!far")
    assert not seen("!end")
    page.press("#code", "ArrowDown")
    page.press("#code", "Home")
    assert seen("line_0")


def test_moving_the_cursor_cancels(engine: Engine, start: Any, visit: Any):
    with holding(engine, start) as (server, held):
        page = visit(server)
        write(page, *LEN)
        page.press("#code", "Control+Space")
        expect(page.locator("#hole .token").first).to_be_attached(timeout=20_000)
        page.press("#code", "ArrowUp")
        expect(page.locator("#hole .token")).to_have_count(0)
        assert displayed(page) == "".join(LEN)
        for _ in range(500):
            if not held.ended:
                page.wait_for_timeout(10)
        assert held.ended[0].finish_reason == "cancelled"


def test_tab_takes_what_stands_so_far(engine: Engine, start: Any, visit: Any):
    with holding(engine, start) as (server, held):
        page = visit(server)
        write(page, *LEN)
        page.press("#code", "Control+Space")
        expect(page.locator("#hole .token").first).to_be_attached(timeout=20_000)
        for _ in range(10):
            if page.is_enabled("#accept"):
                break
            held.free.set()  # a step
            held.free.clear()
            page.wait_for_timeout(100)
        assert held.ended == [], "it still runs"
        draft = displayed(page)
        page.press("#code", "Tab")
        taken = page.input_value("#code").removeprefix(LEN[0]).removesuffix(LEN[1])
        assert taken
        assert draft.startswith(LEN[0] + taken)
        assert page.locator("#hole .token").count() == 0
