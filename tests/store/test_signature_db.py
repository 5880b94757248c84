"""Releases are immutable, the pointer moves in transactions, and the past can be asked for."""

from __future__ import annotations

import dataclasses
import multiprocessing
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from faultprint.errors import ReleaseError, StoreError
from faultprint.records import (
    JudgedIncident,
    LeadTime,
    Opinion,
    Origin,
    Performance,
    Proportion,
    Prototype,
    Signature,
    Symptom,
)
from faultprint.store import engine as access
from faultprint.store import schema
from faultprint.store.bundle import read_bundle
from faultprint.store.engine import migrate, open_engine, pending
from faultprint.store.migrations.versions import r0001_releases, r0002_opinions
from faultprint.store.signature_db import SignatureDatabase
from faultprint.store.versions import bump, compare, level_of, ordered

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
OPINION = Opinion("i1", "known_fault", "seal", 0.8, "wet", "replace it", "ada", START)
INCIDENT = asdict(
    JudgedIncident("i1", "P-1", "pump", START, START, None, "known", "seal", "1.0.0+a")
)
PARTS = {
    "scoring.json": b'{"equipment": {}, "detect": {"significance": 0.05}}',
    "classes/pump/booster.txt": b"tree 1",
    "signatures/pump/seal.yaml": b"title: Seal leak\naccept_distance: 1.5\n",
}
BETTER = {**PARTS, "classes/pump/booster.txt": b"tree 2"}
WORDED = {**PARTS, "signatures/pump/seal.yaml": b"title: Leaking seal\naccept_distance: 1.5\n"}
WIDER = {**PARTS, "scoring.json": b'{"equipment": {"fan": {}}, "detect": {"significance": 0.05}}'}


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def advance(self, hours: float) -> None:
        self.time += timedelta(hours=hours)


def signature(mode: str = "seal") -> Signature:
    symptom = Symptom("pressure.mean", "bar", "down", -3.1, 0.1 + 0.2, 1.0, 3.0, 4.0, 0.97)
    return Signature(
        id=f"id-{mode}",
        version="1",
        status="stable",
        title="Undichte Gleitringdichtung",
        equipment_class="pump",
        failure_mode=mode,
        item="seal",
        severity=3,
        recommended_action="replace",
        symptoms=(symptom,),
        prototypes=(Prototype((1.5, -2.0), 1.0),),
        accept_distance=1.5,
        required_sensors=("pressure",),
        conditions={"speed": (900.0, 1500.0)},
        performance=Performance(
            "other assets",
            Proportion(0.8, 0.4, 0.97, 4, 5),
            3,
            1,
            22.5,
            LeadTime(4, 30.0, 10.0, None),
        ),
        confused_with={"bearing": 0.1},
        origin=Origin("a", "b", "c", ("P1@2026-01-01",), ()),
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(url: str, clock: Clock) -> SignatureDatabase:
    return SignatureDatabase(url, clock)


def publish(database: SignatureDatabase, parts: dict[str, bytes]) -> str:
    return database.publish(parts, [signature()], {"code": "abc"}, "ada").version


def test_the_first_release_is_1_0_0_and_current(database: SignatureDatabase) -> None:
    release = database.publish(PARTS, [signature()], {"code": "abc"}, "ada")
    assert (release.version, release.parent, release.level) == ("1.0.0", "", "first")
    assert (release.author, release.created, release.header) == ("ada", START, {"code": "abc"})
    assert database.current() == release
    assert database.releases() == (release,)
    assert database.pending() == []


def test_signatures_and_parts_come_back_as_they_were(database: SignatureDatabase) -> None:
    given = [signature("seal"), signature("bearing")]
    database.publish(PARTS, given, {}, "ada")
    assert database.signatures("1.0.0") == (given[1], given[0])
    assert database.parts("1.0.0") == PARTS


def test_equal_content_is_published_once(url: str, clock: Clock) -> None:
    first = SignatureDatabase(url, clock).publish(PARTS, [signature()], {"code": "abc"}, "ada")
    clock.advance(1)
    again = SignatureDatabase(url, clock).publish(PARTS, [signature()], {"code": "new"}, "bob")
    assert again == first
    assert len(SignatureDatabase(url).audit()) == 1


@pytest.mark.parametrize(
    ("parts", "version", "level"),
    [
        (WORDED, "1.0.1", "patch"),
        (BETTER, "1.1.0", "minor"),
        (WIDER, "2.0.0", "major"),
        ({**WORDED, "classes/fan/booster.txt": b"t"}, "1.1.0", "minor"),
        ({"scoring.json": PARTS["scoring.json"]}, "2.0.0", "major"),
    ],
)
def test_versions_follow_what_changed(
    database: SignatureDatabase, parts: dict[str, bytes], version: str, level: str
) -> None:
    publish(database, PARTS)
    release = database.publish(parts, [], {}, "ada")
    assert (release.version, release.parent, release.level) == (version, "1.0.0", level)
    assert level_of(release.changes) == level


def test_changes_name_part_and_fields() -> None:
    text = b"title: B\naccept_distance: 2\n"
    changes = compare(PARTS, {**BETTER, "signatures/pump/seal.yaml": text, "new": b""})
    assert [(c.what, c.part, c.fields, c.level) for c in changes] == [
        ("changed", "classes/pump/booster.txt", (), "minor"),
        ("added", "new", (), "minor"),
        ("changed", "signatures/pump/seal.yaml", ("accept_distance", "title"), "minor"),
    ]
    assert compare(PARTS, PARTS) == ()


def test_unreadable_parts_do_not_pass_for_words() -> None:
    broken = {**PARTS, "signatures/pump/seal.yaml": b"{", "scoring.json": b"\xff"}
    assert [change.level for change in compare(PARTS, broken)] == ["major", "minor"]


def test_versions_sort_as_numbers() -> None:
    assert ordered("1.10.0") > ordered("1.9.9")
    assert bump("1.9.9", "minor") == "1.10.0"
    with pytest.raises(ValueError, match=r"not MAJOR\.MINOR\.PATCH: '1\.0'"):
        ordered("1.0")


def test_rolling_back_goes_one_further_each_time(database: SignatureDatabase, clock: Clock) -> None:
    for parts in (PARTS, BETTER, WIDER):
        clock.advance(1)
        publish(database, parts)
    assert database.rollback("bob", "false alarms").version == "1.1.0"
    assert database.rollback("bob").version == "1.0.0"
    with pytest.raises(ReleaseError, match="1 releases that were ever current"):
        database.rollback("bob")
    assert database.current().version == "1.0.0"
    assert [(a.action, a.version, a.previous, a.reason) for a in database.audit()][3:] == [
        ("rollback", "1.1.0", "2.0.0", "false alarms"),
        ("rollback", "1.0.0", "1.1.0", ""),
    ]


def test_a_repeated_run_does_not_undo_a_rollback(database: SignatureDatabase) -> None:
    publish(database, PARTS)
    publish(database, BETTER)
    database.rollback("bob")
    assert publish(database, BETTER) == "1.1.0"
    assert database.current().version == "1.0.0"


def test_no_version_is_used_twice_after_a_rollback(database: SignatureDatabase) -> None:
    publish(database, PARTS)
    publish(database, BETTER)
    database.rollback("bob")
    assert publish(database, {**PARTS, "classes/pump/booster.txt": b"tree 3"}) == "1.2.0"
    assert database.current().parent == "1.0.0"


def test_pointing(database: SignatureDatabase) -> None:
    publish(database, PARTS)
    publish(database, BETTER)
    assert database.point("1.0.0", "bob", "calmer").version == "1.0.0"
    database.point("1.0.0", "bob", "again")
    assert [a.reason for a in database.audit()] == ["", "", "calmer"]
    assert database.rollback("bob").version == "1.1.0"
    with pytest.raises(ReleaseError, match=r"unknown release '1\.0\.9'.*did you mean '1\.0\.0'"):
        database.point("1.0.9", "bob", "")


def test_the_past_can_be_asked_for(database: SignatureDatabase, clock: Clock) -> None:
    publish(database, PARTS)
    clock.advance(1)
    publish(database, BETTER)
    clock.advance(1)
    database.rollback("bob")
    hours = {0: "1.0.0", 0.99: "1.0.0", 1: "1.1.0", 1.99: "1.1.0", 2: "1.0.0", 99: "1.0.0"}
    for hour, version in hours.items():
        assert database.as_of(START + timedelta(hours=hour)).version == version
    elsewhere = timezone(timedelta(hours=-5))
    assert database.as_of((START + timedelta(hours=1.5)).astimezone(elsewhere)).version == "1.1.0"
    with pytest.raises(ReleaseError, match="before the first release"):
        database.as_of(START - timedelta(seconds=1))
    with pytest.raises(StoreError, match="without a zone"):
        database.as_of(datetime(2027, 1, 1))  # noqa: DTZ001 - the naive time is the point


def test_a_clock_that_is_set_back_keeps_the_order(
    database: SignatureDatabase, clock: Clock
) -> None:
    publish(database, PARTS)
    clock.advance(-5)
    publish(database, BETTER)
    assert database.as_of(START).version == "1.1.0"
    assert [a.time for a in database.audit()] == [START, START]


def test_exports_are_verified_folders(database: SignatureDatabase, tmp_path: Path) -> None:
    publish(database, PARTS)
    release = database.publish(BETTER, [], {"code": "def"}, "ada")
    manifest = database.export("1.1.0", tmp_path / "release")
    assert read_bundle(tmp_path / "release") == (manifest, BETTER)
    assert (manifest.version, manifest.parent) == ("1.1.0", "1.0.0")
    assert manifest.content_hash == release.content_hash
    assert manifest.label == release.label
    assert manifest.provenance == {"code": "def"}
    before = (tmp_path / "release/manifest.json").read_bytes()
    database.export("1.1.0", tmp_path / "release")
    assert (tmp_path / "release/manifest.json").read_bytes() == before


def test_an_empty_database_has_no_release(database: SignatureDatabase, tmp_path: Path) -> None:
    assert database.releases() == ()
    with pytest.raises(ReleaseError, match="without a current release"):
        database.current()
    with pytest.raises(ReleaseError, match="unknown release"):
        database.export("1.0.0", tmp_path / "r")
    with pytest.raises(ReleaseError, match="0 releases that were ever current"):
        database.rollback("bob")


ROWS = {
    "incidents": INCIDENT,
    "opinions": {**asdict(OPINION), "id": OPINION.id},
    "markings": {"incident": "i", "mark": "open", "author": "a", "time": START, "note": ""},
    "release_notes": {"release_id": 1, "kind": "changelog", "body": "{}", "time": START},
}


@pytest.mark.parametrize("table", sorted({*r0001_releases.FROZEN, *r0002_opinions.FROZEN}))
@pytest.mark.parametrize("action", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_published_rows_cannot_be_changed(url: str, table: str, action: str) -> None:
    publish(SignatureDatabase(url), PARTS)
    engine = open_engine(url)
    columns = schema.METADATA.tables[table].columns
    column = next(iter(columns)).name
    if table in ROWS:
        row = {**ROWS[table], "recorded": START}
        values = {key: row[key] for key in row if key in columns}
        with access.writing(engine) as connection:
            connection.execute(sa.insert(schema.METADATA.tables[table]).values(**values))
    with (
        pytest.raises(StoreError, match=f"rows of {table} are immutable"),
        access.writing(engine) as connection,
    ):
        connection.execute(sa.text(action.format(table, column, column)))


def test_a_row_cannot_be_replaced_either(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 's.db'}"
    publish(SignatureDatabase(url), PARTS)
    with (
        pytest.raises(StoreError, match="rows of blobs are immutable"),
        access.writing(open_engine(url)) as connection,
    ):
        connection.execute(sa.text("REPLACE INTO blobs SELECT sha256, 'x' FROM blobs"))


def test_parts_that_were_tampered_with_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "s.db"
    database = SignatureDatabase(f"sqlite:///{file}")
    publish(database, PARTS)
    raw = sqlite3.connect(file)
    raw.execute("DROP TRIGGER blobs_no_update")
    raw.execute("UPDATE blobs SET content = x'00' WHERE content = CAST('tree 1' AS BLOB)")
    assert raw.total_changes == 1
    raw.commit()
    raw.close()
    with pytest.raises(StoreError, match="not what was published"):
        database.parts("1.0.0")
    with pytest.raises(StoreError, match="not what was published"):
        database.export("1.0.0", tmp_path / "release")
    assert not (tmp_path / "release").exists()


def test_a_failed_publication_leaves_nothing(database: SignatureDatabase) -> None:
    twice = [signature(), dataclasses.replace(signature(), title="other")]
    with pytest.raises(StoreError, match="nothing was changed"):
        database.publish(PARTS, twice, {}, "ada")
    assert database.releases() == ()
    assert database.audit() == ()
    assert publish(database, PARTS) == "1.0.0"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"version": "3.0.0"}, r"a header that states \['version'\]"),
        ({"made": START}, "a header that is not JSON"),
        ({"loss": float("nan")}, "a header that is not JSON"),
    ],
)
def test_bad_headers_are_refused(tmp_path: Path, header: dict, message: str) -> None:
    database = SignatureDatabase(f"sqlite:///{tmp_path / 's.db'}")
    with pytest.raises(StoreError, match=message):
        database.publish(PARTS, [], header, "ada")


def contend(url: str, number: int) -> str:
    parts = {**PARTS, "classes/pump/booster.txt": f"tree {number % 3}".encode()}
    return SignatureDatabase(url).publish(parts, [signature()], {}, f"writer {number}").version


def test_writers_at_the_same_time_take_turns(url: str) -> None:
    with ProcessPoolExecutor(3, multiprocessing.get_context("spawn")) as pool:
        versions = list(pool.map(contend, [url] * 6, range(6), timeout=120))
    assert sorted(versions) == sorted(["1.0.0", "1.1.0", "1.2.0"] * 2)
    assert [r.version for r in SignatureDatabase(url).releases()] == [
        "1.0.0", "1.1.0", "1.2.0",
    ]  # fmt: skip
    assert len(SignatureDatabase(url).audit()) == 3


def meet(urls: list[str], number: int) -> None:
    for url in urls:
        SignatureDatabase(url).publish({"a": str(number).encode()}, [], {}, "x")


def test_new_files_are_opened_at_the_same_moment(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / f'{number}.db'}" for number in range(20)]
    with ProcessPoolExecutor(3, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(meet, [urls] * 3, range(3), timeout=120))
    for url in urls:
        assert [r.version for r in SignatureDatabase(url).releases()] == ["1.0.0", "1.1.0", "1.2.0"]


def test_migrating_is_done_once_and_makes_the_tables_that_are_used(url: str) -> None:
    engine = open_engine(url)
    assert pending(engine) == ["0001", "0002"]
    assert migrate(engine) == ["0001", "0002"]
    assert migrate(engine) == []
    inspector = sa.inspect(engine)
    for table in schema.METADATA.sorted_tables:
        there = {column["name"] for column in inspector.get_columns(table.name)}
        assert there == set(table.columns.keys()), table.name
    assert set(inspector.get_table_names()) == {*schema.METADATA.tables, "alembic_version"}


def test_a_newer_schema_is_refused(url: str) -> None:
    engine = open_engine(url)
    migrate(engine)
    with engine.execution_options(**{"faultprint_writing": True}).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="a signature database of revision '9999'"):
        SignatureDatabase(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "the database URL 'nonsense'"),
        ("mysql://x/y", "a SQLite file or a PostgreSQL database"),
        ("sqlite://", "a SQLite file or a PostgreSQL database"),
        ("sqlite:///:memory:", "a SQLite file or a PostgreSQL database"),
        ("postgresql://nobody:hush@127.0.0.1:1/none", "database that answers"),
    ],
)
def test_urls_that_lead_nowhere(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        SignatureDatabase(url)
    assert "hush" not in str(caught.value)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="File exists making"):
        SignatureDatabase(f"sqlite:///{tmp_path / 'file' / 's.db'}")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "s.db"
    file.write_text("not a database, but long enough to be taken for one" * 50)
    with pytest.raises(StoreError, match="file is not a database"):
        SignatureDatabase(f"sqlite:///{file}")


def test_the_file_is_whole_when_a_call_returns(tmp_path: Path) -> None:
    file = tmp_path / "s.db"
    publish(SignatureDatabase(f"sqlite:///{file}"), PARTS)
    assert [path.name for path in tmp_path.iterdir()] == ["s.db"]
    raw = sqlite3.connect(file)
    assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    raw.close()
