"""Errors as problem JSON (RFC 9457), and a limit on the size of a body."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from faultprint.errors import FaultprintError, ReleaseError, StoreError, listed

MEDIA_TYPE = "application/problem+json"

_NOT_READY = (ReleaseError, StoreError)
"""Errors that are ours or pass by themselves; every other one is in what was sent."""


def problem(status: int, got: str, expected: str, do: str) -> dict[str, Any]:
    """Describe an error for machines and people.

    Parameters
    ----------
    status : int
        HTTP status.
    got : str
        What was found.
    expected : str
        What should have been there.
    do : str
        What the caller can do next.

    Returns
    -------
    dict[str, Any]
        Problem details.
    """
    title = HTTPStatus(status).phrase
    return {"title": title, "status": status, "got": got, "expected": expected, "do": do}


def problem_of(error: FaultprintError) -> dict[str, Any]:
    """Describe one of our own errors.

    Parameters
    ----------
    error : FaultprintError
        The error.

    Returns
    -------
    dict[str, Any]
        Problem details.
    """
    status = 503 if isinstance(error, _NOT_READY) else 422
    return problem(status, error.got or str(error), error.expected, error.do)


def answer(details: dict[str, Any]) -> JSONResponse:
    """Answer with a problem.

    Parameters
    ----------
    details : dict[str, Any]
        Problem details.

    Returns
    -------
    JSONResponse
        With the problem's status.
    """
    headers = {"Retry-After": "5"} if details["status"] == 503 else None
    return JSONResponse(details, details["status"], headers, MEDIA_TYPE)


def _own(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, FaultprintError)
    return answer(problem_of(error))


def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    said = [f"{'.'.join(map(str, e['loc'][1:])) or 'body'}: {e['msg']}" for e in error.errors()]
    expected = "JSON with asset, equipment_class, readings and, if there are any, events"
    got = f"{len(said)} errors: {listed(said).replace(chr(39), '')}"
    return answer(problem(422, got, expected, "see /openapi.json for the fields"))


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    got = f"{request.method} {request.url.path}: {error.detail}"
    expected = "POST /score, GET /release, GET /assets/{asset}/state or GET /health"
    return answer(problem(error.status_code, got, expected, "see /openapi.json"))


def _unexpected(_: Request, error: Exception) -> JSONResponse:
    got = f"an unexpected {type(error).__name__}"
    return answer(problem(500, got, "an answer", "report it with the log of the service"))


def add_problems(app: FastAPI) -> None:
    """Make an application answer every error as problem JSON.

    Parameters
    ----------
    app : FastAPI
        The application.
    """
    app.add_exception_handler(FaultprintError, _own)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


class BodyLimit:
    """Refuses a body above a size, before it is parsed, whether or not its length was announced.

    Parameters
    ----------
    app : ASGIApp
        The application.
    max_bytes : int
        Largest body [bytes].
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        too_long = announced.isdigit() and int(announced) > self._max
        body = None if too_long else await self._read(receive)
        if body is None:
            details = problem(
                413,
                f"a body of more than {self._max} bytes",
                f"at most {self._max} bytes",
                "send fewer readings at a time, or use batch scoring",
            )
            await answer(details)(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    async def _read(self, receive: Receive) -> list[Message] | None:
        messages: list[Message] = []
        size = 0
        while not messages or messages[-1].get("more_body", False):
            messages.append(await receive())
            size += len(messages[-1].get("body", b""))
            if size > self._max:
                return None
        return messages


def _replay(messages: list[Message], receive: Receive) -> Receive:
    waiting = iter(messages)

    async def replayed() -> Message:
        for message in waiting:
            return message
        return await receive()

    return replayed
