"""The page in a real browser: signing in, pops as text, coming back without loss."""

from __future__ import annotations

from typing import Any

import pytest

from cti.errors import UsageError
from cti.web.feed import Fresh, Missed
from cti.web.push import Hub
from cti.web.server import WebServer

pytestmark = pytest.mark.timeout(300)  # the first one waits for the browser
HOSTILE = [
    '"><svg/onload=alert(1)>',
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "</strong><script>alert(1)</script>",
    "{{7*7}} ${7*7} __proto__",
    "\u202e31415\u200b\u0663",
]


def pop(**more: Any) -> dict[str, Any]:
    return {
        "call": "c1",
        "agent": "1001",
        "queue": "sales",
        "number": "+86 138 0013 8000",
        "name": "周先生",
        "customer": "C-7",
        "language": "zh",
        "path": "language>main>sales",
        "digits": [["order", "88213"]],
        "waited_seconds": 75,
        "offered_at": "2026-10-01T08:00:00Z",
        **more,
    }


async def sign_in(page: Any, server: WebServer, token: str = "boss-token-1") -> None:
    await page.go(f"{server.url}#token={token}")
    await page.until("return document.querySelector('#line').dataset.state === 'live'")


async def test_signing_in_by_hand_and_out_again(page: Any, server: WebServer) -> None:
    await page.go(server.url)
    assert await page.do("return document.activeElement.id") == "token"
    submit = "document.querySelector('#token').value = '{}'; document.querySelector('#login-form').requestSubmit()"
    await page.do(submit.format("wrong-token"))
    assert await page.shows("#login-error:not(:empty)", "This token is not accepted.")
    await page.do(submit.format("boss-token-1"))
    assert await page.shows("body[data-view=floor] .queue h3", "sales")
    assert await page.do("return sessionStorage['cti.token']") == "boss-token-1"
    await page.do("document.querySelector('#leave').click()")
    await page.until("return document.body.dataset.view === 'login'")
    assert await page.do("return Object.keys(sessionStorage).length + document.querySelectorAll('.never').length") == 0


async def test_a_token_in_the_address_leaves_it_at_once(page: Any, server: WebServer) -> None:
    await sign_in(page, server)
    assert await page.do("return location.href") == server.url
    assert "token" not in await page.do(
        "return document.documentElement.outerHTML.match(/boss-token-1/) ? 'token' : ''"
    )


async def test_a_pop_appears_with_everything_an_agent_needs(page: Any, server: WebServer, hub: Hub) -> None:
    await sign_in(page, server, "anna-token-1")
    hub.publish("pop", pop())
    assert await page.shows(".pop .number", "+86 138 0013 8000")
    shown = await page.do("return document.querySelector('.pop').innerText")
    for part in (
        "周先生",
        "sales",
        "1:15",
        "Chinese",
        "language › main › sales",
        "C-7",
        "order 88213",
        "Incoming call",
    ):
        assert part in shown
    assert "138 0013 8000" in await page.do("return document.title")
    hub.publish("presence", {"agent": "1001", "name": "Anna", "presence": "talking", "since": "2026-10-01T08:00:09Z"})
    await page.until("return document.querySelector('.pop').dataset.presence === 'talking'")
    hub.publish("pop_end", {"call": "c1", "agent": "1001"})
    await page.until("return !document.querySelector('.pop')")


async def test_a_neighbours_pop_does_not_appear(page: Any, server: WebServer, hub: Hub) -> None:
    await sign_in(page, server, "anna-token-1")
    hub.publish("pop", pop(agent="1002", call="c2"))
    hub.publish("pop", pop())
    await page.text(".pop .number")
    assert await page.do("return document.querySelectorAll('.pop').length") == 1


@pytest.mark.parametrize("text", HOSTILE)
async def test_what_a_caller_sends_stays_text(page: Any, server: WebServer, hub: Hub, text: str) -> None:
    await sign_in(page, server)
    everywhere = {"number": text, "name": text, "queue": text, "language": text, "path": text, "customer": text}
    hub.publish("pop", pop(**everywhere, digits=[[text, text]]))
    hub.publish("call", {"call": text, "queue": text, "number": text, "name": text, "state": text, "agent": "1001"})
    hub.publish("queue", {"queue": text, "waiting": 1, "ready": 0, "oldest": None})
    hub.publish("presence", {"agent": text, "name": text, "presence": text, "reason": text, "since": text})
    await page.until("return document.querySelectorAll('.agent').length === 3 && document.querySelector('.row')")
    assert await page.do("return document.querySelector('.pop .number').textContent") == text
    assert await page.do("return document.querySelector('.row .caller strong').textContent") == text
    assert await page.do("return document.querySelectorAll('main svg, main img, main script').length") == 0
    assert (await page.command("GET", "alert/text"))["error"] == "no such alert"


async def test_a_dropped_line_comes_back_and_nothing_is_lost(
    page: Any, server: WebServer, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Missed | Fresh] = []
    connect = hub.feed.connect
    monkeypatch.setattr(hub.feed, "connect", lambda *args: answers.append(connect(*args)) or answers[-1])
    await sign_in(page, server)
    for round_ in range(3):
        hub.publish("call", {"call": f"before-{round_}", "number": "1", "state": "waiting"})
        await page.until(f"return document.querySelectorAll('.row').length === {2 * round_ + 1}")
        for screen in list(hub._supervisors):
            screen.abort()
        hub.publish("call", {"call": f"while-{round_}", "number": "2", "state": "waiting"})
        await page.until(f"return document.querySelectorAll('.row').length === {2 * round_ + 2}")
        await page.until("return document.querySelector('#line').dataset.state === 'live'")
    assert [type(answer) for answer in answers] == [Fresh, Missed, Missed, Missed]


async def test_a_screen_whose_token_was_revoked_asks_to_sign_in(page: Any, server: WebServer, hub: Hub) -> None:
    await sign_in(page, server)
    for screen in list(hub._supervisors):
        await screen.socket.close(code=4401)
    assert await page.shows("#login-error:not(:empty)", "This token is not accepted.")
    assert await page.do("return sessionStorage['cti.token'] ?? ''") == ""


async def test_an_agent_pauses_with_a_button(page: Any, server: WebServer, hub: Hub, backend: Any) -> None:
    since = "2026-10-01T08:00:00Z"
    backend.answer = lambda agent, reason: hub.publish(
        "presence", {"agent": agent, "name": "Anna", "presence": "paused", "reason": reason, "since": since}
    )
    await sign_in(page, server, "anna-token-1")
    await page.until("return document.querySelectorAll('.me .verbs button').length === 4")
    await page.do("document.querySelectorAll('.me .verbs button')[1].click()")
    await page.until("return document.querySelector('.me .presence').textContent === 'Paused · Lunch'")
    assert backend.asked == [("1001", "pause", "lunch")]


async def test_a_refusal_is_told_in_the_engines_own_words(page: Any, server: WebServer, backend: Any) -> None:
    def refuse(agent: str, reason: str) -> None:
        raise UsageError("no <b>such</b> reason")

    backend.answer = refuse
    await sign_in(page, server, "anna-token-1")
    await page.until("return document.querySelector('.me .verbs button')")
    await page.do("document.querySelector('.me .verbs button').click()")
    assert await page.shows("#notice:not(:empty)", "That did not work: no <b>such</b> reason")


async def test_the_page_speaks_both_languages(page: Any, server: WebServer) -> None:
    await sign_in(page, server)
    assert await page.shows("#agents-title", "Agents")
    await page.do("document.querySelector('#language').click()")
    assert await page.shows("#agents-title", "坐席")
    assert await page.shows(".agent .presence", "空闲")
    assert await page.do("return document.documentElement.lang") == "zh"


async def test_clocks_run(page: Any, server: WebServer, hub: Hub) -> None:
    await sign_in(page, server)
    first = await page.text(".agent .timer")
    await page.until(f"return document.querySelector('.agent .timer').textContent !== '{first}'")
