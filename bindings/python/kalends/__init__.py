"""Kalends: keep calendars in step, and mirror them onto each other.

    async with kalends.open(folder, storage=FileStorage(path)) as engine:
        await engine.add_caldav_account("work", url, user, password)
        report = await engine.sync_now(30_000)

Names, shapes and errors are those of the generated module; what is here keeps an app's own
mistakes from hanging the engine, and brings an HTTP client and a storage for scripts.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import http.client
import json
import os
import ssl
import urllib.parse
from typing import AsyncIterator, Callable, Optional, ParamSpec, TypeVar

from ._contract import CONTRACT
from ._native import kalends as _generated
from ._native.kalends import *  # noqa: F403 - the whole API is here

__all__ = [*_generated.__all__, "FileStorage", "StandardHttp", "open"]

_Host = _generated.HostError
_Given = ParamSpec("_Given")
_Got = TypeVar("_Got")


class StandardHttp(_generated.HttpClient):
    """HTTP by the standard library, in threads."""

    def __init__(self, context: Optional[ssl.SSLContext] = None) -> None:
        self._given = context

    @functools.cached_property
    def _context(self) -> ssl.SSLContext:
        """Made when the first secure request is sent: to read whom the machine trusts takes longer than
        to open a graph."""
        return self._given or ssl.create_default_context()

    async def send(self, request: _generated.HttpRequest) -> _generated.HttpResponse:
        try:
            return await asyncio.to_thread(self._send, request)
        except TimeoutError:
            raise _Host.Timeout() from None
        except (ConnectionRefusedError, OSError) as error:
            sent = isinstance(error, (ConnectionResetError, BrokenPipeError))
            raise (_Host.Network() if sent else _Host.Offline()) from None
        except http.client.HTTPException:
            raise _Host.Network() from None

    def _send(self, request: _generated.HttpRequest) -> _generated.HttpResponse:
        url = urllib.parse.urlsplit(request.url)
        timeout = max(request.timeout_ms, 1) / 1000
        if url.scheme == "https":
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                url.hostname or "", url.port, timeout=timeout, context=self._context
            )
        else:
            connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=timeout)
        with contextlib.closing(connection):
            path = url.path or "/"
            target = f"{path}?{url.query}" if url.query else path
            headers = {field.name: field.value for field in request.headers}
            connection.request(request.method, target, request.body or None, headers)
            answer = connection.getresponse()
            # One byte more than allowed tells the engine that there was more.
            body = answer.read(request.answer_bytes_max + 1)
            fields = [_generated.Header(name=n, value=v) for n, v in answer.getheaders()]
            return _generated.HttpResponse(status=answer.status, headers=fields, body=body)


class FileStorage(_generated.SecureStorage):
    """Secrets in a file that only its owner may read: for scripts on a machine of one's own."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)

    def get(self, key: str) -> Optional[bytes]:
        kept = self._read().get(key)
        return None if kept is None else base64.b64decode(kept)

    def put(self, key: str, value: bytes) -> bool:
        return self._write({**self._read(), key: base64.b64encode(value).decode()})

    def delete(self, key: str) -> bool:
        return self._write({name: kept for name, kept in self._read().items() if name != key})

    def _read(self) -> dict[str, str]:
        try:
            with os.fdopen(os.open(self._path, os.O_RDONLY)) as file:
                kept: dict[str, str] = json.load(file)
                return kept
        except FileNotFoundError:
            return {}

    def _write(self, kept: dict[str, str]) -> bool:
        new = f"{self._path}.new"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self._path)
        return True


class _SafeHttp(_generated.HttpClient):
    """Lets nothing but the declared errors out: the engine would wait for ever otherwise."""

    def __init__(self, app: _generated.HttpClient) -> None:
        self._app = app

    async def send(self, request: _generated.HttpRequest) -> _generated.HttpResponse:
        try:
            return await self._app.send(request)
        except _Host:
            raise
        except BaseException as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task and task.cancelling():
                raise
            raise _Host.Host(reason=type(error).__name__) from None


class _SafeStorage(_generated.SecureStorage):
    def __init__(self, app: _generated.SecureStorage) -> None:
        self._app = app

    def get(self, key: str) -> Optional[bytes]:
        return _safely(self._app.get, key)

    def put(self, key: str, value: bytes) -> bool:
        return _safely(self._app.put, key, value) is True

    def delete(self, key: str) -> bool:
        return _safely(self._app.delete, key) is True


def _safely(
    call: Callable[_Given, _Got], *given: _Given.args, **named: _Given.kwargs
) -> _Got:
    try:
        return call(*given, **named)
    except _Host:
        raise
    except BaseException as error:
        raise _Host.Host(reason=type(error).__name__) from None


@contextlib.asynccontextmanager
async def open(  # noqa: A001 - as in tarfile and gzip
    folder: str | os.PathLike[str],
    *,
    storage: _generated.SecureStorage,
    http: Optional[_generated.HttpClient] = None,
    timer: Optional[_generated.HostTimer] = None,
    bundle: Optional[str] = None,
    notices_at: Optional[str] = None,
) -> AsyncIterator[_generated.Engine]:
    """Opens the graph of a folder, which is made where it is missing; a sync under way is stopped
    at the end."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    config = _generated.EngineConfig(
        folder=os.fspath(folder), contract=CONTRACT, bundle=bundle, notices_at=notices_at
    )
    client = _SafeHttp(http or StandardHttp())
    engine = _generated.Engine.open(config, client, _SafeStorage(storage), timer)
    try:
        yield engine
    finally:
        engine.stop(True)
