"""A refusal is one sentence at the terminal, and whole in what Prefect keeps."""

from __future__ import annotations

import io
import logging

import pytest

from faultprint.errors import SourceError
from pipelines.console import show_sentences


@pytest.mark.parametrize(
    ("error", "traced"), [(SourceError("got no file"), False), (KeyError("a bug"), True)]
)
def test_a_refusal_is_shown_without_its_traceback(error: Exception, traced: bool) -> None:
    terminal, kept = io.StringIO(), io.StringIO()
    logger = logging.Logger("flow")
    for stream in (terminal, kept):
        handler = logging.StreamHandler(stream)
        handler.setFormatter(logging.Formatter("%(levelname)s | %(message)s"))
        logger.addHandler(handler)
    first = logger.handlers[0]
    shown = logging.Logger("root")
    shown.addHandler(first)
    show_sentences(shown)

    try:
        raise error
    except Exception:
        logger.exception("the flow failed: %s", "at once")

    assert terminal.getvalue().startswith("ERROR | the flow failed: at once\n")
    assert ("Traceback" in terminal.getvalue()) is traced
    assert "Traceback" in kept.getvalue()
    assert repr(error)[:8] in kept.getvalue()
