"""`gate verify`: permission of exactly this deployment, offline, and nothing else is a 0."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest
from jobs import Job, job, must_say, said

from gate.demo.stage import Ended

WEB = "web@sha256:" + "a" * 64
WORKER = "worker@sha256:" + "b" * 64


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("verify")) as made:
        yield made


@pytest.fixture(scope="module")
def good(acme: Job) -> Path:
    return acme.receipt("good")


@pytest.fixture(scope="module")
def built(acme: Job) -> Path:
    """Of a deployment of two artifacts."""
    return acme.receipt("built", None, "--artifact", WEB, "--artifact", WORKER)


def verify(acme: Job, of: Path, *more: str, **changes: str | None) -> Ended:
    """The right question about a receipt, with options changed or, where None, left away."""
    options = {
        "receipt": str(of),
        "trust": "trust",
        "commit": acme.scene.commit,
        "environment": "production",
        "service": "shop",
        **changes,
    }
    given = [
        w for name, value in options.items() if value is not None for w in (f"--{name}", value)
    ]
    return acme.gate("verify", *given, *more, environment={})


def refused(ended: Ended, code: int, *words: str) -> None:
    assert ended.code == code, said(ended)
    must_say(ended, *words)
    assert "permitted" not in ended.out


# ---------------------------------------------------------------- what permits


def test_the_good_receipt_permits_with_nothing_but_itself_and_trust(
    acme: Job, good: Path, tmp_path: Path
) -> None:
    """On a target there is neither policy, key, log nor network."""
    for ending in (".tlog-proof", ".dsse.json"):
        shutil.copy(str(good).removesuffix(".tlog-proof") + ending, tmp_path)
    shutil.copytree(acme.home / "trust", tmp_path / "trust")
    acme.world.jira.forget_requests()
    acme.world.github.forget_requests()
    ended = acme.gate(
        *("verify", "--receipt", "good", "--trust", "trust", "--commit", acme.scene.commit),
        *("--environment", "production", "--service", "shop"),
        home=tmp_path,
        expect=0,
    )
    must_say(ended, "permitted: shop", "to production", "acme.example/changes")
    assert (*acme.world.jira.requests, *acme.world.github.requests) == ()


def test_it_imports_no_client_library(acme: Job, good: Path) -> None:
    import subprocess

    script = (
        "import sys; from gate.cli.main import main; code = main(sys.argv[1:]);"
        "bad = {'requests', 'jira', 'github', 'structlog'} & set(sys.modules);"
        "sys.exit(code or (99 if bad else 0))"
    )
    done = subprocess.run(
        [
            *(sys.executable, "-c", script, "verify", "--receipt", str(good), "--trust", "trust"),
            *("--commit", acme.scene.commit, "--environment", "production", "--service", "shop"),
        ],
        cwd=acme.home,
        env=acme.environ(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_quiet_says_nothing_and_the_code_says_all(acme: Job, good: Path) -> None:
    ended = verify(acme, good, "--quiet")
    assert (ended.code, said(ended)) == (0, "")


def test_artifacts_in_any_order(acme: Job, built: Path) -> None:
    for pair in ((WEB, WORKER), (WORKER, WEB)):
        ended = verify(acme, built, "--artifact", pair[0], "--artifact", pair[1])
        assert ended.code == 0, said(ended)


def test_every_option_has_its_variable(acme: Job, good: Path) -> None:
    given = {
        "GATE_RECEIPT": str(good),
        "GATE_TRUST": "trust",
        "GATE_COMMIT": acme.scene.commit,
        "GATE_ENVIRONMENT": "production",
        "GATE_SERVICE": "shop",
        "GATE_MAX_AGE": "2h",
        "GATE_QUIET": "1",
    }
    assert acme.gate("verify", environment=given).code == 0
    for name in ("GATE_RECEIPT", "GATE_TRUST", "GATE_COMMIT", "GATE_ENVIRONMENT", "GATE_SERVICE"):
        for value in (None, ""):
            less = {k: v for k, v in {**given, name: value}.items() if v is not None}
            assert acme.gate("verify", environment=less).code == 2, name


# ---------------------------------------------------------------- what does not

OTHERS: dict[str, tuple[dict[str, str | None], int, str]] = {
    "another commit": ({"commit": "0" * 40}, 10, "it is for commit"),
    "an abbreviated commit": ({"commit": "abcdef0"}, 2, "is not a full commit id"),
    "a commit in capitals": ({"commit": "A" * 40}, 2, "is not a full commit id"),
    "a commit of nothing": ({"commit": ""}, 2, "--commit"),
    "no commit": ({"commit": None}, 2, "Missing option '--commit'"),
    "HEAD": ({"commit": "HEAD"}, 2, "is not a full commit id"),
    "another environment": ({"environment": "staging"}, 10, "it is for environment production"),
    "an environment with a space": ({"environment": "production "}, 10, "it is for environment"),
    "no environment": ({"environment": None}, 2, "Missing option '--environment'"),
    "another service": ({"service": "cart"}, 10, "it is for service shop, not cart"),
    "a service in capitals": ({"service": "SHOP"}, 10, "it is for service shop"),
    "no service": ({"service": None}, 2, "Missing option '--service'"),
    "no receipt": ({"receipt": None}, 2, "Missing option '--receipt'"),
    "a receipt that is not there": ({"receipt": "gone"}, 2, "cannot read the receipt"),
    "no trust": ({"trust": None}, 2, "Missing option '--trust'"),
    "trust that is not there": ({"trust": "gone"}, 2, "cannot read gone/trust.policy"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_another_deployment_than_the_one_decided(acme: Job, good: Path, what: str) -> None:
    changes, code, words = OTHERS[what]
    refused(verify(acme, good, **changes), code, words)


ARTIFACTS = {
    "none given": (),
    "one missing": (WEB,),
    "one too many": (WEB, WORKER, "more@sha256:" + "c" * 64),
    "one of another digest": (WEB, "worker@sha256:" + "c" * 64),
    "one of another name": (WEB, "wroker@sha256:" + "b" * 64),
    "digests exchanged": ("web@sha256:" + "b" * 64, "worker@sha256:" + "a" * 64),
}


@pytest.mark.parametrize("what", ARTIFACTS)
def test_other_artifacts_than_those_recorded(acme: Job, built: Path, what: str) -> None:
    given = [w for a in ARTIFACTS[what] for w in ("--artifact", a)]
    refused(verify(acme, built, *given), 10, "every recorded artifact must be given")


def test_an_artifact_where_none_was_recorded(acme: Job, good: Path) -> None:
    refused(verify(acme, good, "--artifact", WEB), 10, "it is for no artifact")


@pytest.mark.parametrize(
    "age", ["", "0s", "0h", "1", "h", "-1h", "1h30m", "1 h", "1w", "inf", "٣h"]
)
def test_a_maximum_age_that_is_none(acme: Job, good: Path, age: str) -> None:
    refused(verify(acme, good, f"--max-age={age}"), 2, "--max-age")


@pytest.mark.parametrize(
    ("later", "limit", "code"),
    [
        (timedelta(minutes=59), None, 0),
        (timedelta(minutes=61), None, 10),
        (timedelta(minutes=61), "2h", 0),
        (timedelta(days=3), "2d", 10),
        (timedelta(seconds=90), "60s", 10),
        (timedelta(minutes=-4), None, 0),
        (timedelta(minutes=-6), None, 10),
    ],
)
def test_a_permission_is_young_and_not_of_the_future(
    acme: Job, good: Path, later: timedelta, limit: str | None, code: int
) -> None:
    clock = datetime.now(UTC) + later
    with mock.patch("gate.cli.verify.now", return_value=clock):
        ended = verify(acme, good, *(("--max-age", limit) if limit else ()))
    assert ended.code == code, said(ended)
    if code:
        must_say(ended, "it was decided")


@pytest.mark.parametrize("flags", [(), ("--allow-emergency",)])
@pytest.mark.parametrize(("ticket", "token"), [("CHG-999", None), ("CHG-1", "wrong")])
def test_a_decision_that_was_no_permission(
    acme: Job, flags: tuple[str, ...], ticket: str, token: str | None
) -> None:
    """Presence in the log is not permission; the flag is for emergencies alone."""
    scene = acme.world.change(f"CHG-{len(ticket)}{len(flags)}0")
    given = acme.ci(scene) if token is None else acme.ci(scene, GATE_JIRA_TOKEN=token)
    blocked = acme.judge("enforce", "--ticket", ticket, "--receipt", "no", environment=given)
    assert blocked.code == (10 if token is None else 11)
    ended = verify(acme, acme.home / "no", *flags, commit=scene.commit)
    refused(ended, 10, "the decision is ")


def test_the_receipt_of_an_outcome_permits_nothing(acme: Job, good: Path) -> None:
    acme.gate(
        *("complete", "--receipt", str(good), "--outcome", "failed"),
        environment=acme.ci(),
        expect=0,
    )
    acme.gate("log", "prove", str(acme.view().size - 1), "--output", "outcome", expect=0)
    refused(verify(acme, acme.home / "outcome"), 10, "another kind of record than a decision")


def test_several_reasons_are_all_told(acme: Job, good: Path) -> None:
    ended = verify(acme, good, "--artifact", WEB, commit="0" * 40, service="x", environment="y")
    refused(ended, 10, "commit", "service", "environment", "artifact")
    assert ended.err.count("refused:") == 4


# ---------------------------------------------------------------- files that are not what they were


def copy(good: Path, to: Path) -> Path:
    for ending in (".tlog-proof", ".dsse.json"):
        shutil.copy(str(good).removesuffix(".tlog-proof") + ending, to / f"r{ending}")
    return to / "r"


@pytest.mark.parametrize("ending", [".tlog-proof", ".dsse.json"])
@pytest.mark.parametrize("how", ["gone", "empty", "a folder", "huge", "of another", "a line more"])
def test_a_file_of_the_receipt_that_is_not_right(
    acme: Job, good: Path, built: Path, tmp_path: Path, ending: str, how: str
) -> None:
    stem = copy(good, tmp_path)
    path = stem.with_name(f"r{ending}")
    data = path.read_bytes()
    path.unlink()
    match how:
        case "empty":
            path.write_bytes(b"")
        case "a folder":
            path.mkdir()
        case "huge":
            path.write_bytes(data + b"\n" * 3_000_000)
        case "of another":
            shutil.copy(str(built).removesuffix(".tlog-proof") + ending, path)
        case "a line more":
            path.write_bytes(data + b"\n")
    code = 2 if how in {"gone", "a folder"} else 13
    refused(verify(acme, stem), code, "gate:")


@pytest.mark.parametrize("ending", [".tlog-proof", ".dsse.json"])
def test_no_byte_of_a_receipt_can_be_changed(
    acme: Job, good: Path, tmp_path: Path, ending: str
) -> None:
    """A sample of all of them, each in three ways: never 0, and never taken for a bug of ours."""
    stem = copy(good, tmp_path)
    path = stem.with_name(f"r{ending}")
    data = path.read_bytes()
    step = max(1, len(data) // 60)
    for place in range(0, len(data), step):
        for bits in (0x01, 0x20, 0x80):
            changed = data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :]
            path.write_bytes(changed)
            ended = verify(acme, stem)
            assert ended.code == 13, f"byte {place} ^ {bits:#x}: {ended.code}\n{said(ended)}"


@pytest.mark.parametrize("ending", [".tlog-proof", ".dsse.json"])
def test_no_receipt_can_be_cut_short_or_made_longer(
    acme: Job, good: Path, tmp_path: Path, ending: str
) -> None:
    stem = copy(good, tmp_path)
    path = stem.with_name(f"r{ending}")
    data = path.read_bytes()
    for cut in range(0, len(data), max(1, len(data) // 40)):
        path.write_bytes(data[:cut])
        assert verify(acme, stem).code == 13
    for more in (b" ", b"\n", b"\0", data):
        path.write_bytes(data + more)
        assert verify(acme, stem).code == 13


def test_a_foreign_trust_folder_does_not_vouch(acme: Job, good: Path, tmp_path: Path) -> None:
    with job(tmp_path / "other") as other:
        trust = other.home / "trust"
        refused(verify(acme, good, trust=str(trust)), 13, "unknown key")
        # The log's key of one and the signers of another vouch for nothing either.
        mixed = tmp_path / "mixed"
        shutil.copytree(acme.home / "trust", mixed)
        shutil.copy(trust / "signers.toml", mixed / "signers.toml")
        refused(verify(acme, good, trust=str(mixed)), 13, "gate:")
        shutil.copytree(acme.home / "trust", mixed, dirs_exist_ok=True)
        shutil.copy(trust / "trust.policy", mixed / "trust.policy")
        refused(verify(acme, good, trust=str(mixed)), 13, "unknown key")


def test_a_signer_whose_time_is_over_vouches_no_more(acme: Job, good: Path, tmp_path: Path) -> None:
    trust = tmp_path / "trust"
    shutil.copytree(acme.home / "trust", trust)
    signers = trust / "signers.toml"
    text = signers.read_text()
    assert "not_before" in text
    key = next(line for line in text.splitlines() if line.startswith("not_before"))
    signers.write_text(text.replace(key, "not_before = 2030-01-01T00:00:00Z"))
    refused(verify(acme, good, trust=str(trust)), 13, "gate:")
    ended = "not_before = 2020-01-01T00:00:00Z\nnot_after = 2021-01-01T00:00:00Z"
    signers.write_text(text.replace(key, ended))
    refused(verify(acme, good, trust=str(trust)), 13, "gate:")


@pytest.mark.parametrize("name", ["trust.policy", "signers.toml"])
@pytest.mark.parametrize("data", [b"", b"\n", b"\xff", b"log x\n", b"[[signer]]\n", None])
def test_a_broken_trust_folder(
    acme: Job, good: Path, tmp_path: Path, name: str, data: bytes | None
) -> None:
    trust = tmp_path / "trust"
    shutil.copytree(acme.home / "trust", trust)
    if data is None:
        (trust / name).unlink()
    else:
        (trust / name).write_bytes(data)
    refused(verify(acme, good, trust=str(trust)), 2, f"{trust}/{name}")


def test_a_policy_that_the_target_does_not_know_is_refused(acme: Job, good: Path) -> None:
    digest = acme.ci()["GATE_POLICY_SHA256"]
    assert verify(acme, good, "--policy-sha256", digest).code == 0
    assert verify(acme, good, "--policy-sha256", "0" * 64, "--policy-sha256", digest).code == 0
    refused(verify(acme, good, "--policy-sha256", "0" * 64), 10, "it was decided by the policy")
    refused(verify(acme, good, "--policy-sha256", "0"), 2, "--policy-sha256")


def test_an_unpinned_policy_is_told_to_the_target(acme: Job) -> None:
    given = acme.rewrite("unpinned.toml", ('predates = "pipeline"', 'predates = "merge"'))
    shell = acme.shell(GATE_CONFIG=given["GATE_CONFIG"], GATE_POLICY_SHA256=None)
    ended = acme.gate(
        *("enforce", "--ticket", "CHG-1", "--service", "shop", "--environment", "production"),
        *("--commit", acme.scene.commit, "--receipt", "receipts/unpinned"),
        environment=shell,
    )
    assert ended.code == 0, said(ended)
    unpinned = acme.home / "receipts" / "unpinned"
    must_say(verify(acme, unpinned), "was not pinned when it decided")
    refused(verify(acme, unpinned, "--policy-sha256", given["GATE_POLICY_SHA256"][:-1] + "z"), 2)
