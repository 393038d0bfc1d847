"""The commands on a log and disclosures in buckets: what a job without a disk of its own uses."""

from __future__ import annotations

import http.client
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from jobs import SHOP, Job, job, must_say, said
from s3_server import KEYS, client, moto_endpoint, new_bucket

from gate.demo.witness import WitnessSimulator
from gate.log.reading.trust import load_trust


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("bucket-log")) as made:
        yield made


def places(
    acme: Job, name: str, log: str, people: str, *, endpoint: str = "", more: str = ""
) -> dict[str, str]:
    """The environment of a job whose policy has the log and the disclosures in these buckets."""
    where = f'endpoint = "{endpoint or moto_endpoint()}"\nregion = "us-east-1"'
    changes = (
        ('"dir:log"', f'"s3://{log}/log"\n{where}\n{more}'),
        ('"dir:change-evidence"', f'"s3://{people}/people"\n{where}'),
    )
    return {**acme.ci(**acme.rewrite(name, *changes)), **KEYS, "GATE_CONFIG": name}


def keys_in(bucket: str) -> list[str]:
    listed = client(moto_endpoint()).list_objects_v2(Bucket=bucket)
    return [one["Key"] for one in listed.get("Contents", ())]


def test_a_log_and_its_disclosures_in_buckets(acme: Job, tmp_path: Path) -> None:
    log, people = new_bucket(moto_endpoint()), new_bucket(moto_endpoint())
    given = places(acme, "bucket.toml", log, people)
    must_say(acme.gate("log", "init", environment=given, expect=0), "made an empty log", "head")
    ended = acme.gate("log", "init", environment=given)
    assert ended.code == 2
    must_say(ended, "a log is never replaced")
    ended = acme.gate("log", "doctor", environment=given, expect=0)
    must_say(ended, "of sixteen who raced exactly one won", "objects are not locked")
    ended = acme.gate("doctor", environment=given, expect=0)
    must_say(ended, "a probe was written, read back and deleted; the bucket keeps no old versions")
    assert keys_in(people) == []
    assert not [key for key in keys_in(log) if "pending" in key]

    receipt = str(tmp_path / "receipt")
    enforce = ("enforce", *SHOP, "--ticket", "CHG-1", "--receipt", receipt)
    acme.gate(*enforce, environment=given, expect=0)
    (key,) = keys_in(people)
    assert key.startswith("people/")
    assert "Alice" not in said(acme.gate("log", "show", "0", environment=given, expect=0))
    shown = ("log", "show", "0", "--people")
    must_say(acme.gate(*shown, environment=given, expect=0), "alice")
    must_say(acme.gate("people", "check", environment=given, expect=0), "every account")

    elsewhere = {**KEYS, "AWS_ENDPOINT_URL": moto_endpoint()}
    own = ("--log", f"s3://{log}/log", "--trust", "trust", "--disclosures")
    must_say(acme.gate(*shown, *own, f"s3://{people}/people", environment=elsewhere), "alice")
    for wrong in ("s3://no-such-bucket/people", "s3://nowhere"):
        ended = acme.gate(*shown, *own, wrong, environment=elsewhere)
        assert ended.code == 12, said(ended)
        must_say(ended, wrong, "check the bucket's name")
    ended = acme.gate(*shown, *own, "git+file:///x#people", environment=elsewhere)
    assert ended.code == 2
    must_say(ended, "its history forgets nothing")

    client(moto_endpoint()).delete_object(Bucket=people, Key=key)
    must_say(acme.gate(*shown, environment=given, expect=0), "erased")
    acme.gate("log", "verify", environment=given, expect=0)


def test_without_the_bucket_of_disclosures_nothing_is_recorded(acme: Job) -> None:
    log = new_bucket(moto_endpoint())
    given = places(acme, "half.toml", log, "no-such-bucket")
    acme.gate("log", "init", environment=given, expect=0)
    before = [key for key in keys_in(log) if "evidence" not in key]
    ended = acme.gate("enforce", *SHOP, "--ticket", "CHG-1", environment=given)
    assert ended.code == 12, said(ended)
    must_say(ended, "s3://no-such-bucket/people")
    assert [key for key in keys_in(log) if "evidence" not in key] == before
    ended = acme.gate("doctor", environment=given)
    assert ended.code == 10, said(ended)
    must_say(ended, "fault evidence:", "s3://no-such-bucket/people")


def test_what_cannot_forget_is_a_fault_and_what_forgets_late_a_warning(acme: Job) -> None:
    log, people = new_bucket(moto_endpoint()), new_bucket(moto_endpoint(), lock=True)
    given = places(acme, "late.toml", log, people)
    acme.gate("log", "init", environment=given, expect=0)
    ended = acme.gate("doctor", environment=given, expect=0)
    must_say(ended, "warning evidence:", "keeps old versions: what is erased is gone when they")
    with between(add=locked(3)) as endpoint:
        given = places(acme, "never.toml", log, people, endpoint=endpoint)
        ended = acme.gate("doctor", environment=given)
    assert ended.code == 10, said(ended)
    must_say(ended, "fault evidence:", "(GOVERNANCE): it cannot forget")
    assert keys_in(people) == []


@pytest.mark.parametrize(
    ("days", "code", "says"),
    [
        (0, 10, "fault retention: objects are not locked; the policy wants 400 days"),
        (3, 10, "fault retention: objects are locked (GOVERNANCE)"),
        (401, 0, "warning retention: objects are locked (GOVERNANCE)"),
    ],
)
def test_log_doctor_holds_the_lock_against_the_policys_retention(
    acme: Job, days: int, code: int, says: str
) -> None:
    log, people = new_bucket(moto_endpoint(), lock=True), new_bucket(moto_endpoint())
    with between(add=locked(days) if days else {}) as endpoint:
        more = 'retention = "400d"'
        given = places(acme, "long.toml", log, people, endpoint=endpoint, more=more)
        acme.gate("log", "init", environment=given, expect=0)
        ended = acme.gate("log", "doctor", environment=given, expect=code)
    must_say(ended, "old versions of objects are kept", says)


def test_what_the_engine_does_not_tell_is_not_taken_for_well(acme: Job) -> None:
    log, people = new_bucket(moto_endpoint()), new_bucket(moto_endpoint())
    acme.gate("log", "init", environment=places(acme, "mute.toml", log, people), expect=0)
    with between(refuse="HEAD") as endpoint:
        given = places(acme, "mute.toml", log, people, endpoint=endpoint)
        for command, what in ((("doctor",), "evidence"), (("log", "doctor"), "exclusive creation")):
            ended = acme.gate(*command, environment=given)
            assert ended.code == 10, said(ended)
            must_say(ended, f"fault {what}: the headers of an object at", "could not be read")
    assert keys_in(people) == []


def test_log_doctor_of_a_directory(acme: Job) -> None:
    ended = acme.gate("log", "doctor", environment=acme.ci(), expect=0)
    must_say(ended, "ok head: acme.example/changes has", "ok index:", "ok waiting:")
    ended = acme.gate("log", "doctor", environment=acme.rewrite("no.toml", ("dir:log", "dir:no")))
    assert ended.code == 10, said(ended)
    must_say(ended, "fault head:", "there is no log")


# ---------------------------------------------------------------- engines of another mind


def locked(days: int) -> dict[str, str]:
    """What an engine says of an object that it locks for so many days."""
    until = datetime.now(UTC) + timedelta(days=days)
    return {
        "x-amz-object-lock-mode": "GOVERNANCE",
        "x-amz-object-lock-retain-until-date": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


@contextmanager
def between(
    *, drop: str = "", add: Mapping[str, str] | None = None, refuse: str = ""
) -> Iterator[str]:
    """The endpoint of an engine like moto.

    It does not heed the header ``drop`` of requests, says ``add`` of every object, and refuses the
    method ``refuse``. (moto refuses to write what it is to lock, whatever checksum comes with it.)
    """
    behind = urlsplit(moto_endpoint()).netloc

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if self.command == refuse:
                self.send_error(403)
                return
            kept = {k: v for k, v in self.headers.items() if k.lower() != drop}
            line = http.client.HTTPConnection(behind)
            line.request(self.command, self.path, body, kept)
            reply = line.getresponse()
            data = reply.read()
            self.send_response(reply.status)
            for name, value in (*reply.getheaders(), *(add or {}).items()):
                if name.lower() not in {"transfer-encoding", "connection", "server", "date"}:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)
            line.close()

        do_GET = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815 -- http.server's names

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_no_log_is_made_in_a_bucket_that_two_writers_could_win(acme: Job) -> None:
    log, people = new_bucket(moto_endpoint()), new_bucket(moto_endpoint())
    with between(drop="if-none-match") as endpoint:
        given = places(acme, "deaf.toml", log, people, endpoint=endpoint)
        ended = acme.gate("log", "init", environment=given)
        assert ended.code == 2, said(ended)
        must_say(ended, "does not create objects exclusively", "16 of 16 that raced")
        assert keys_in(log) == []
        ended = acme.gate("log", "doctor", environment=given)
        assert ended.code == 10, said(ended)
        must_say(ended, "fault exclusive creation:")


# ---------------------------------------------------------------- witnesses


@pytest.mark.parametrize("store", ["folder", "bucket"])
def test_the_empty_head_is_cosigned_where_witnesses_are_asked_for(acme: Job, store: str) -> None:
    strict = acme.home / f"strict-{store}"
    shutil.copytree(acme.home / "trust", strict)
    origin = "acme.example/changes"
    own = load_trust(strict).policy.log.public_key
    with WitnessSimulator("w.example") as witness:
        witness.add_log(origin, own)
        lines = f"witness w {witness.vkey} {witness.url}\nquorum w\n"
        policy = strict / "trust.policy"
        policy.write_text(policy.read_text().replace("quorum none\n", lines))
        url = f"dir:log-{store}"
        given = {**acme.keys(), "GATE_CONFIG": f"strict-{store}.toml"}
        if store == "bucket":
            url = f"s3://{new_bucket(moto_endpoint())}/log"
            given |= KEYS
        place = f'"{url}"' + (f'\nendpoint = "{moto_endpoint()}"' if store == "bucket" else "")
        acme.rewrite(f"strict-{store}.toml", ('"dir:log"', place), ('"trust"', f'"strict-{store}"'))
        ended = acme.gate("log", "init", environment=given, expect=0)
        must_say(ended, "— w.example ")
        assert witness.heads[origin].size == 0
        must_say(acme.gate("log", "verify", environment=given, expect=0), "0 entries")


def test_where_the_witness_is_down_the_log_is_made_and_sync_asks_again(acme: Job) -> None:
    strict = acme.home / "strict-down"
    shutil.copytree(acme.home / "trust", strict)
    with WitnessSimulator("w.example") as witness:
        witness.add_log("acme.example/changes", load_trust(strict).policy.log.public_key)
        lines = f"witness w {witness.vkey} {witness.url}\nquorum w\n"
        policy = strict / "trust.policy"
        policy.write_text(policy.read_text().replace("quorum none\n", lines))
        acme.rewrite("down.toml", ('"dir:log"', '"dir:log-down"'), ('"trust"', '"strict-down"'))
        given = {**acme.keys(), "GATE_CONFIG": "down.toml"}
        witness.fault("/add-checkpoint", "reset")
        ended = acme.gate("log", "init", environment=given)
        assert ended.code == 12, said(ended)
        must_say(ended, "is made, and its head is not cosigned", "gate log sync")
        assert acme.gate("log", "verify", environment=given).code == 12
        witness.heal()
        acme.gate("log", "sync", environment=given, expect=0)
        acme.gate("log", "verify", environment=given, expect=0)
