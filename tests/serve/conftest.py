"""A learnt release, and the service on a real socket."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from faultprint.faults.release import Release
from tests.serve import plant

Serve = Callable[[FastAPI], contextlib.AbstractContextManager[httpx.Client]]


@pytest.fixture(scope="session")
def release() -> Release:
    return plant.learn()


@pytest.fixture
def release_dir(release: Release, tmp_path: Path) -> Path:
    folder = tmp_path / "models" / "release"
    plant.publish(release, folder)
    return folder


@contextlib.contextmanager
def serve(app: FastAPI) -> Iterator[httpx.Client]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none"))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(name="serve")
def serving() -> Serve:
    return serve
