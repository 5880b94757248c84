"""Errors name the nearest that there is, and say so if there is nothing."""

from __future__ import annotations

import pytest

from faultprint.errors import ConfigError


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (["skab", "cwru"], r"^got unknown board 'skap'; expected one of 'cwru', 'skab'; did you"),
        (["azure"], r"expected one of 'azure'; choose one of these$"),
        ([], r"^got unknown board 'skap'; expected a name that is known; none is known here"),
    ],
)
def test_an_unknown_name_is_told_with_those_there_are(known: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        raise ConfigError.unknown("board", "skap", known)
