"""Rates by address, slow bodies, and a page that can load nothing from elsewhere."""

import asyncio
import socket
import urllib.request

import pytest
from l1000_rnaseq.app.guard import HEADERS, Limit, Rates


def test_a_bucket_empties_and_fills_again():
    rates = Rates({"api": Limit(burst=3, a_minute=60)})
    assert [rates.wait("api", "a", now=0) for _ in range(4)] == [0, 0, 0, 1]  # one a second
    assert rates.wait("api", "b", now=0) == 0  # another address
    assert rates.wait("api", "a", now=0.5) == pytest.approx(0.5)
    assert rates.wait("api", "a", now=1.5) == 0
    assert [rates.wait("api", "a", now=100) for _ in range(4)] == [0, 0, 0, 1]  # never more than the burst


def test_addresses_are_forgotten_so_that_memory_is_bounded():
    rates = Rates({"api": Limit(1, 1)}, most=10)
    for n in range(1000):
        rates.wait("api", str(n), now=n)
    assert len(rates.left) == 10 and ("api", "999") in rates.left


def test_too_many_from_one_address_are_refused():
    web, server_of = pytest.importorskip("aiohttp.web"), pytest.importorskip("aiohttp.test_utils")
    from l1000_rnaseq.app.guard import guard

    async def hello(_request):
        return web.Response(text="hello")

    async def statuses() -> list[tuple[int, str]]:
        app = web.Application(middlewares=[guard(Rates({"api": Limit(2, 60), "search": Limit(1, 60)}))])
        app.router.add_route("*", "/{path:.*}", hello)
        async with server_of.TestClient(server_of.TestServer(app)) as client:
            seen = []
            for address in ("1.1.1.1", "1.1.1.1", "1.1.1.1", "2.2.2.2"):
                answer = await client.get("/api/x", headers={"X-Forwarded-For": f"9.9.9.9, {address}"})
                seen.append((answer.status, answer.headers.get("Retry-After", "")))
            return seen

    assert asyncio.run(statuses()) == [(200, ""), (200, ""), (429, "1"), (200, "")]


def test_bodies_that_never_end_hold_nothing_up(server):
    host, port = server[0].removeprefix("http://").split(":")
    slow = [socket.create_connection((host, int(port))) for _ in range(80)]  # more than threads
    for connection in slow:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx")
    with urllib.request.urlopen(server[0], timeout=20) as answer:
        assert answer.status == 200
        assert all(answer.headers[name] == value for name, value in HEADERS.items())
    for connection in slow:
        connection.close()
