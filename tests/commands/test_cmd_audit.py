"""`gate audit`: lists of a log that verifies, or none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jobs import Job, job, must_say, said

from gate.demo.stage import Ended

NOW = datetime.now(UTC)
SPAN = ("--from", "2020-01-01", "--to", (NOW + timedelta(days=1)).date().isoformat())
OWN = ("--log", "dir:log", "--trust", "trust")


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("audit")) as made:
        for name in ("a", "b", "c"):
            made.receipt(name)
        made.judge("enforce", "--ticket", "CHG-999")
        yield made


def population(acme: Job, output: str, *more: str) -> Ended:
    return acme.gate("audit", "population", *SPAN, *OWN, "--output", output, *more)


def sample(acme: Job, output: str, *more: str) -> Ended:
    return acme.gate(
        "audit", "sample", *SPAN, *OWN, "--seed", "engagement 7", "--output", output, *more
    )


def test_every_decision_is_in_the_population(acme: Job) -> None:
    ended = population(acme, "population.json")
    assert ended.code == 0, said(ended)
    must_say(
        ended,
        "4 decisions of a log of 4 entries",
        "0 outcomes, 0 reviews, 0 of keys, 0 unknown",
        "emergencies: none, of 3 let pass",
    )
    assert json.loads((acme.home / "population.json").read_text())


def test_a_sample_can_be_drawn_again(acme: Job) -> None:
    sample(acme, "one.csv", "--size", "2")
    sample(acme, "two.csv", "--size", "2")
    one, two = ((acme.home / name).read_bytes() for name in ("one.csv", "two.csv"))
    assert one == two
    assert len(one.splitlines()) == 3


BAD = {
    "no output": (("population", *SPAN), "Missing option '--output'"),
    "an output of no kind": (("population", *SPAN, "--output", "x.txt"), "neither in .csv nor"),
    "no period": (("population", "--output", "x.csv"), "Missing option '--from'"),
    "no time": (("population", "--from", "soon", "--to", "2026-01-01"), "is no time"),
    "no such day": (("population", "--from", "2026-02-30", "--to", "2026-03-01"), "is no time"),
    "a time of no zone": (
        ("population", "--from", "2026-01-01T00:00:00", "--to", "2026-03-01"),
        "is no time",
    ),
    "no seed": (("sample", *SPAN, "--output", "x.csv"), "Missing option '--seed'"),
    "a size of zero": (("sample", *SPAN, "--seed", "s", "--size", "0"), "--size"),
    "a size of no number": (("sample", *SPAN, "--seed", "s", "--size", "many"), "--size"),
    "people without a policy": (("population", *SPAN, *OWN, "--people"), "only a policy says"),
    "a log that is none": (
        ("population", *SPAN, "--log", "s3://x", "--trust", "trust"),
        "names no place in a bucket",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_list_that_was_asked_for_wrongly_is_none(acme: Job, what: str) -> None:
    arguments, words = BAD[what]
    output = () if "output" in what else ("--output", "x.csv")
    ended = acme.gate("audit", *arguments, *output)
    assert ended.code == 2, said(ended)
    must_say(ended, words)
    assert not (acme.home / "x.csv").exists()


def test_a_period_that_ends_before_it_begins_is_refused(acme: Job) -> None:
    """An empty population is a finding to nobody: it must not come of a slip."""
    ended = acme.gate(
        *("audit", "population", *OWN, "--from", "2026-02-01", "--to", "2026-01-01"),
        *("--output", "x.csv"),
    )
    assert ended.code == 2, said(ended)


@pytest.mark.parametrize("command", ["population", "sample"])
def test_a_tampered_log_gives_no_list(acme: Job, tmp_path: Path, command: str) -> None:
    shutil.copytree(acme.home / "log", tmp_path / "log")
    bundle = max(p for p in (tmp_path / "log" / "tile" / "entries").rglob("*") if p.is_file())
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    bundle.write_bytes(bytes(data))
    seed = ("--seed", "s") if command == "sample" else ()
    ended = acme.gate(
        *("audit", command, *SPAN, *seed, "--log", f"dir:{tmp_path}/log", "--trust", "trust"),
        *("--output", str(tmp_path / "list.csv")),
    )
    assert ended.code == 13, said(ended)
    must_say(ended, "the log does not verify, so no list is made of it")
    assert not (tmp_path / "list.csv").exists()


def test_a_list_that_cannot_be_written(acme: Job) -> None:
    ended = population(acme, "gate.toml/x.csv")
    assert ended.code == 2, said(ended)
    must_say(ended, "cannot be written")


def test_no_name_is_in_a_list_that_was_asked_for_without(acme: Job) -> None:
    population(acme, "plain.csv")
    text = (acme.home / "plain.csv").read_text().lower()
    for name in ("alice", "bob", "carol", "dave", "acme.example>"):
        assert name not in text
