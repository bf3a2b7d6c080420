"""Pages, headers, starting and stopping."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aiohttp import ClientSession

from cti.errors import ConfigError
from cti.web.push import Hub
from cti.web.server import UI, WebServer

PATHS = ["/", "/ui/app.js", "/ui/style.css", "/api/health", "/api/floor", "/api/nothing", "/nothing"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_carries_the_headers_that_keep_a_page_honest(client: ClientSession, path: str) -> None:
    async with client.get(path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Server"] == "cti"
        assert answer.headers.get("Cache-Control") == (
            "no-store" if path.startswith("/api/") else answer.headers.get("Cache-Control")
        )


async def test_the_page_has_no_inline_script_or_style_and_nothing_from_elsewhere(client: ClientSession) -> None:
    async with client.get("/") as answer:
        text = await answer.text()
    assert answer.content_type == "text/html"
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=|https?://", text)
    for name in re.findall(r'(?:src|href)="(/[^"]+)"', text):
        async with client.get(name) as asset:
            assert asset.status == 200


def test_the_screen_never_turns_text_into_markup() -> None:
    for script in UI.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", script.read_text()
        )


def test_both_languages_say_the_same_things() -> None:
    english, chinese = (UI / "words.js").read_text().split("  zh: {")
    names = r'(?:[{,]\s+|^\s+)("[^"]+"|\w+): "'
    assert sorted(re.findall(names, english.split("  en: {")[1], re.M)) == sorted(
        re.findall(names, chinese.split("let chosen")[0], re.M)
    )


async def test_an_unchanged_file_is_not_sent_again(client: ClientSession) -> None:
    async with client.get("/ui/app.js") as first:
        tag = first.headers["ETag"]
    async with client.get("/ui/app.js", headers={"If-None-Match": tag}) as second:
        assert (second.status, await second.read()) == (304, b"")


async def test_a_host_header_changes_nothing_in_the_answer(client: ClientSession) -> None:
    async with client.get("/", headers={"Host": "evil.example"}) as answer:
        assert answer.status == 200
        assert "evil.example" not in await answer.text() + str(answer.headers)


async def test_a_port_that_is_taken_is_told_in_one_line(server: WebServer, backend: Any, tokens: Any) -> None:
    second = WebServer("127.0.0.1", server.port, hub=Hub(backend.snapshot), backend=backend, verify=tokens.verify)
    with pytest.raises(ConfigError, match="cannot listen on"):
        await second.__aenter__()
