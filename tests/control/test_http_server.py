"""Connections of the HTTP server: what is sent on them, and when they end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from trio.testing import wait_all_tasks_blocked

from irodsfs.control.http_server import Server

REQUEST = b"GET / HTTP/1.1\r\nHost: irods\r\n\r\n"
PATIENCE = 60
"""Seconds, less than hypercorn keeps an idle connection."""


@asynccontextmanager
async def serving(
    content: bytes, client_timeout: float | None = None
) -> AsyncIterator[tuple[Server, trio.SocketStream]]:
    """A server that answers `content`, and a connection to it."""

    async def answer(request: Request) -> Response:
        return Response(content, headers={"X-Method": request.method})

    server = Server(Starlette(routes=[Route("/", answer)]), client_timeout)
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.serve, listeners)
        stream = await trio.open_tcp_stream(*listeners[0].socket.getsockname()[:2])
        async with stream:
            with trio.fail_after(PATIENCE):
                yield server, stream
        nursery.cancel_scope.cancel()


async def receive_until(stream: trio.SocketStream, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        received += await stream.receive_some()
    return received


async def test_a_connection_ends_with_its_client() -> None:
    async with serving(b"content") as (server, stream):
        await stream.send_all(REQUEST)
        await receive_until(stream, b"content")
        await wait_all_tasks_blocked()
        assert len(server.connections) == 1
        await stream.aclose()
        while server.connections:
            await wait_all_tasks_blocked()


async def test_a_small_answer_comes_in_one_piece() -> None:
    async with serving(b"content") as (_, stream):
        for _ in range(3):
            await stream.send_all(REQUEST)
            answer = await stream.receive_some()
            assert (answer[:12], answer[-11:]) == (b"HTTP/1.1 200", b"\r\n\r\ncontent")


@pytest.mark.parametrize(("method", "content", "end"), [(b"HEAD", b"content", b"\r\n\r\n"), (b"GET", b"", b"\r\n\r\n")])
async def test_an_answer_that_is_a_head_only_is_not_held_back(method: bytes, content: bytes, end: bytes) -> None:
    async with serving(content) as (_, stream):
        await stream.send_all(REQUEST.replace(b"GET", method))
        assert b"x-method" in await receive_until(stream, end)


async def test_content_that_looks_like_a_head_comes_as_it_is() -> None:
    content = b"HTTP/1.1 200 OK\r\n"
    async with serving(content) as (_, stream):
        for _ in range(2):
            await stream.send_all(REQUEST)
            assert (await receive_until(stream, content)).count(b"HTTP/1.1 200") == 2


async def test_who_takes_nothing_of_an_answer_is_cut_off() -> None:
    async with serving(bytes(64 * 1024 * 1024), client_timeout=0.1) as (server, stream):
        await stream.send_all(REQUEST)
        await stream.receive_some(1)
        while server.connections:
            await wait_all_tasks_blocked(0.01)


async def test_where_nothing_else_is_said_an_answer_waits_for_its_client() -> None:
    content = bytes(64 * 1024 * 1024)
    async with serving(content) as (server, stream):
        await stream.send_all(REQUEST)
        received = len((await stream.receive_some()).partition(b"\r\n\r\n")[2])
        await wait_all_tasks_blocked()
        assert len(server.connections) == 1
        while received < len(content):
            received += len(await stream.receive_some())
