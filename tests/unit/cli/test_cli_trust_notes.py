"""A trust folder that anybody may change is told of, wherever it is read to decide something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jobs import SHOP, Job, job, must_say, said

WARNING = "trust/signers.toml may be changed by any user of this machine"


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("trust-notes")) as made:
        yield made


@pytest.fixture
def loose(acme: Job) -> Iterator[Path]:
    path = acme.home / "trust" / "signers.toml"
    before = path.stat().st_mode
    path.chmod(0o666)
    yield path
    path.chmod(before)


def test_doctor_warns_and_says_what_to_do(acme: Job, loose: Path) -> None:
    ended = acme.gate("doctor", environment=acme.ci())
    assert ended.code == 0, said(ended)
    must_say(ended, f"warning trust: {WARNING}", "to do: let only its owner change it")
    assert loose.exists()


def test_doctor_says_nothing_of_a_folder_that_is_right_or_not_there(acme: Job) -> None:
    assert "warning trust" not in said(acme.gate("doctor", environment=acme.ci()))
    trust = acme.home / "trust"
    trust.rename(acme.home / "away")
    ended = acme.gate("doctor", environment=acme.ci())
    (acme.home / "away").rename(trust)
    assert "warning trust" not in said(ended)
    must_say(ended, "fault log: cannot read trust/trust.policy")


@pytest.mark.parametrize("quiet", [(), ("--quiet",)])
def test_verify_notes_it_beside_its_answer(acme: Job, loose: Path, quiet: tuple[str, ...]) -> None:
    receipt = acme.receipt(f"r{len(quiet)}").with_suffix("")
    commit = acme.scene.commit
    ended = acme.gate(
        *("verify", "--receipt", str(receipt), "--trust", "trust", *SHOP, "--commit", commit),
        *quiet,
    )
    assert ended.code == 0, said(ended)
    assert ended.err == f"note: {WARNING}\n"
    assert "note" not in ended.out
    assert loose.exists()


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00"])
@pytest.mark.parametrize("option", ["--from", "--to"])
def test_a_period_beyond_the_calendar_is_no_bug(acme: Job, option: str, time: str) -> None:
    period = {"--from": "2026-01-01", "--to": "2027-01-01", option: time}
    given = [word for pair in period.items() for word in pair]
    ended = acme.gate("audit", "population", *given, "--output", "p.csv")
    assert ended.code == 2, said(ended)
    must_say(ended, f"{option} '{time}' is no time")
