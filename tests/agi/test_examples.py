"""The example scripts of agi_scripts/, hosted and as processes, against real databases and a real web server."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cti.agi.scripts import ScriptHost
from cti.agi.server import AgiServer
from cti.share import shared_folder


@pytest.fixture
async def call(asterisk, told):
    host = ScriptHost(shared_folder("agi_scripts"), limit_seconds=60)
    async with AgiServer("127.0.0.1", 0, {"script/": host.handle}) as server:

        async def one(name: str, *args: str, **values: str):
            return await (await asterisk(server.port, told(f"script/{name}", *args, **values))).serve()

        yield one


@pytest.fixture
def customers(tmp_path, monkeypatch):
    file = tmp_path / "customers.sqlite"
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE customers (number TEXT PRIMARY KEY, id TEXT, name TEXT)")
        rows = [("13800138000", "c-7", "王小明"), ("555", "c-8", 'O"Hara\\\nSET VARIABLE CTI_LOOKUP "x')]
        db.executemany("INSERT INTO customers VALUES (?, ?, ?)", rows)
    db.close()
    monkeypatch.setenv("CTI_DATABASE", str(file))
    return file


async def test_a_known_customer_is_found_by_number(call, customers):
    peer = await call("customer_lookup", agi_callerid="13800138000")
    assert peer.variables == {
        "CTI_CUSTOMER": "c-7",
        "CTI_CUSTOMER_NAME": "王小明",
        "CTI_LOOKUP": "found",
        "CTI_SCRIPT": "done",
    }
    assert peer.order[-2:] == ["CTI_LOOKUP", "CTI_SCRIPT"]


async def test_the_number_to_look_up_can_be_given(call, customers):
    peer = await call("customer_lookup", "13800138000", agi_callerid="1")
    assert peer.variables["CTI_CUSTOMER"] == "c-7"


@pytest.mark.parametrize(
    "number", ["10086", "unknown", "", "' OR 1=1 --", "13800138000'; DROP TABLE customers;--", "１２３４"]
)
async def test_an_unknown_or_nasty_number_is_not_found_and_harms_nothing(call, customers, number):
    peer = await call("customer_lookup", agi_callerid=number)
    assert peer.variables == {"CTI_LOOKUP": "not_found", "CTI_SCRIPT": "done"}
    assert (await call("customer_lookup", "13800138000")).variables["CTI_LOOKUP"] == "found"


async def test_a_name_with_quotes_and_newlines_stays_one_value(call, customers):
    peer = await call("customer_lookup", agi_callerid="555")
    assert peer.variables["CTI_CUSTOMER_NAME"] == "O Hara  SET VARIABLE CTI_LOOKUP  x"
    assert peer.variables["CTI_LOOKUP"] == "found"


async def test_a_database_that_is_gone_is_the_error_branch(call, tmp_path, monkeypatch):
    monkeypatch.setenv("CTI_DATABASE", str(tmp_path / "none" / "x.sqlite"))
    peer = await call("customer_lookup", agi_callerid="13800138000")
    assert peer.variables == {"CTI_LOOKUP": "error", "CTI_SCRIPT": "done"}
    monkeypatch.delenv("CTI_DATABASE")
    peer = await call("customer_lookup", agi_callerid="13800138000")
    assert peer.variables == {"CTI_LOOKUP": "error", "CTI_SCRIPT": "done"}


class Shop(BaseHTTPRequestHandler):
    """Order n: 1 shipped, 2 a status nobody knows, 3 no JSON, 4 a server error, 5 never answered, others 404."""

    never = threading.Event()

    def do_GET(self) -> None:
        order = self.path.rpartition("/")[2]
        if order == "5":
            self.never.wait(60)
        answers = {"1": (200, b'{"status": "shipped"}'), "2": (200, b'{"status": "a,b"}'), "3": (200, b"<html>")}
        code, body = answers.get(order, (500 if order == "4" else 404, b"{}"))
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def shop(monkeypatch):
    Shop.never = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("CTI_ORDER_URL", f"http://127.0.0.1:{server.server_port}/orders/{{order}}")
    monkeypatch.setenv("CTI_ORDER_SECONDS", "60")
    yield server
    Shop.never.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("order", "branch"),
    [
        ("1", "shipped"),
        ("2", "unknown"),
        ("3", "error"),
        ("4", "error"),
        ("5", "error"),
        ("99", "unknown"),
        ("", "unknown"),
        ("../admin", "unknown"),
        ("1?x=1", "unknown"),
        ("1" * 1000, "unknown"),
        ("ABCD*#", "unknown"),
    ],
)
async def test_an_order_goes_to_its_branch(call, shop, monkeypatch, order, branch):
    if order == "5":
        monkeypatch.setenv("CTI_ORDER_SECONDS", "0.3")
    assert (await call("order_status", order)).variables == {"CTI_ORDER": branch, "CTI_SCRIPT": "done"}


@pytest.mark.parametrize("url", [None, "file:///etc/passwd", "http://127.0.0.1:1/{order}"])
async def test_a_shop_that_is_not_there_is_the_error_branch(call, shop, monkeypatch, url):
    monkeypatch.setenv("CTI_ORDER_URL", url) if url else monkeypatch.delenv("CTI_ORDER_URL")
    assert (await call("order_status", "1")).variables == {"CTI_ORDER": "error", "CTI_SCRIPT": "done"}


async def test_the_same_file_runs_as_a_process_that_asterisk_starts(customers, told):
    script = shared_folder("agi_scripts") / "customer_lookup.py"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "CTI_DATABASE": str(customers)},
    )
    out, _ = await process.communicate(told("x", agi_callerid="13800138000") + b"200 result=1\n" * 3)
    assert out.decode().splitlines()[-1] == 'SET VARIABLE "CTI_LOOKUP" "found"'
    assert process.returncode == 0
