"""Triggers that keep the rows of a table as they were written."""

from __future__ import annotations

from collections.abc import Iterable

from alembic import op


def freeze(names: Iterable[str]) -> None:
    """Let the database refuse to change or remove rows.

    Parameters
    ----------
    names : Iterable[str]
        Tables. On PostgreSQL the function of the first migration must be there.
    """
    for name in names:
        for action, each in _actions():
            if _postgresql():
                op.execute(
                    f"CREATE TRIGGER {name}_no_{action} BEFORE {action.upper()} ON {name} "
                    f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
                )
            else:
                op.execute(
                    f"CREATE TRIGGER {name}_no_{action} BEFORE {action.upper()} ON {name} "
                    f"BEGIN SELECT RAISE(ABORT, 'rows of {name} are immutable'); END"
                )


def thaw(names: Iterable[str]) -> None:
    """Remove the triggers again, so that a migration can rebuild a table.

    Parameters
    ----------
    names : Iterable[str]
        Tables.
    """
    for name in names:
        for action, _ in _actions():
            where = f" ON {name}" if _postgresql() else ""
            op.execute(f"DROP TRIGGER {name}_no_{action}{where}")


def _postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _actions() -> tuple[tuple[str, str], ...]:
    both = (("update", "ROW"), ("delete", "ROW"))
    return (*both, ("truncate", "STATEMENT")) if _postgresql() else both
