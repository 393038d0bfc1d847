"""docs/log.md: its verifier, run over logs and receipts; its tables, held against the code."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from faults.pipelines import (
    LOG_KEY,
    OTHER_LOG_KEY,
    Pipeline,
    fill,
    filler,
    new_directory,
    story,
    vkey,
)
from records import OTHER, trusted

from gate.log.receipts.receipt import write_receipt
from gate.log.writing.plan import plan_append
from gate.record.signers import SignerEntry, format_signers
from gate.tlog.trust import parse_policy

DOCUMENT = Path(__file__).parents[3] / "docs" / "log.md"
SCHEMAS = DOCUMENT.parents[1] / "gate" / "record" / "schemas"


@cache
def verifier() -> Any:
    (script,) = re.findall(r"```python verifier\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(script, names)  # noqa: S102 -- the script of our own document
    return SimpleNamespace(**{key: names[key] for key in ("verify_log", "verify_receipt")})


def write_trust(folder: Path, *entries: SignerEntry, log: str = vkey(LOG_KEY)) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "trust.policy").write_text(f"log {log}\nquorum none\n")
    signers = trusted()
    signers = type(signers)(entries) if entries else signers
    (folder / "signers.toml").write_text(format_signers(signers))
    return folder


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    return write_trust(tmp_path / "trust")


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    made = Pipeline(new_directory(tmp_path / "log"))
    story(made, 12)
    return made


@pytest.fixture
def log(pipeline: Pipeline, tmp_path: Path) -> Path:
    assert pipeline.view().size >= 12
    return tmp_path / "log"


def test_the_verifier_reads_a_log(pipeline: Pipeline, log: Path, trust: Path) -> None:
    view = pipeline.view()
    statements = verifier().verify_log(log, trust)
    assert len(statements) == view.size
    kinds = [statement["predicateType"].split(":")[2] for statement in statements]
    assert kinds == [view.record(index).kind for index in range(view.size)]
    assert {"decision", "outcome"} <= set(kinds)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257])
def test_it_reads_logs_of_any_size(tmp_path: Path, trust: Path, size: int) -> None:
    store = new_directory(tmp_path / "log")
    if size:
        fill(store, size)
    assert len(verifier().verify_log(tmp_path / "log", trust)) == size


def test_it_refuses_a_log_with_a_byte_changed(log: Path, trust: Path) -> None:
    chance = random.Random(3)
    size = (log / "checkpoint").read_text().split("\n")[1]
    for path in (log / "checkpoint", log / "tile" / "entries" / "000.p" / size):
        whole = path.read_bytes()
        for at in chance.sample(range(len(whole)), 25):
            flipped = bytes([whole[at] ^ chance.randrange(1, 256)])
            path.write_bytes(whole[:at] + flipped + whole[at + 1 :])
            with pytest.raises(Exception):  # noqa: B017, PT011 -- whatever Python finds first
                verifier().verify_log(log, trust)
        path.write_bytes(whole)
    assert verifier().verify_log(log, trust)


def test_it_believes_no_other_key_and_no_other_time(log: Path, trust: Path, tmp_path: Path) -> None:
    (entry,) = trusted().entries
    late = SignerEntry(entry.keyid, entry.public_key, "", entry.not_before.replace(year=2030))
    early = SignerEntry(
        entry.keyid,
        entry.public_key,
        "",
        entry.not_before.replace(year=2000),
        entry.not_before.replace(year=2001),
    )
    for strangers in ((late,), (early,), trusted(OTHER).entries):
        with pytest.raises(ValueError, match="nobody who is trusted"):
            verifier().verify_log(log, write_trust(trust, *strangers))
    foreign = write_trust(tmp_path / "foreign", log=vkey(OTHER_LOG_KEY))
    with pytest.raises(ValueError, match="trusted log key"):
        verifier().verify_log(log, foreign)


def test_where_the_logs_key_was_replaced_the_head_must_be_by_the_last_one(
    pipeline: Pipeline, log: Path, tmp_path: Path
) -> None:
    view = pipeline.view()
    write_receipt(tmp_path / "before", view.entry(0), view.prove(0))
    both = write_trust(tmp_path / "both", log=f"{vkey(LOG_KEY)}\nlog {vkey(OTHER_LOG_KEY)}")
    with pytest.raises(ValueError, match="no signature by the log's current key"):
        verifier().verify_log(log, both)
    assert verifier().verify_receipt(tmp_path / "before", both)
    plan = plan_append(view, filler(1), LOG_KEY, also=[OTHER_LOG_KEY])
    assert pipeline.store.commit(view.checkpoint, plan)
    for names in (vkey(LOG_KEY), vkey(OTHER_LOG_KEY)):
        assert verifier().verify_log(log, write_trust(tmp_path / "one", log=names))
    assert len(verifier().verify_log(log, both)) == view.size + 1


def test_it_reads_every_receipt_and_refuses_changed_ones(
    pipeline: Pipeline, trust: Path, tmp_path: Path
) -> None:
    view = pipeline.view()
    stem = tmp_path / "receipt"
    for index in range(view.size):
        write_receipt(stem, view.entry(index), view.prove(index))
        statement = verifier().verify_receipt(stem, trust)
        at = statement["predicate"]["at"]
        assert at.startswith(view.record(index).at.strftime("%Y-%m-%dT%H:%M:%S"))  # type: ignore[union-attr]
    chance = random.Random(4)
    spoiled: tuple[Callable[[bytes, int], bytes], ...] = (
        lambda whole, at: whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :],
        lambda whole, at: whole[:at],
    )
    for ending in (".dsse.json", ".tlog-proof"):
        path = tmp_path / f"receipt{ending}"
        whole = path.read_bytes()
        for spoil in spoiled:
            for at in chance.sample(range(len(whole)), 15):
                path.write_bytes(spoil(whole, at))
                with pytest.raises(Exception):  # noqa: B017, PT011 -- as above
                    verifier().verify_receipt(stem, trust)
        path.write_bytes(whole)
    write_receipt(stem, view.entry(0), view.prove(1))
    with pytest.raises(ValueError, match="another root"):
        verifier().verify_receipt(stem, trust)


def fields(name: str) -> set[str]:
    """The fields of a predicate, by its shipped schema."""
    schema = json.loads((SCHEMAS / f"{name}-v1.json").read_text("utf-8"))
    return set(schema["$defs"][f"{name.capitalize()}Predicate"]["properties"])


def test_every_field_of_a_decision_is_in_the_table() -> None:
    text = DOCUMENT.read_text("utf-8")
    for name in fields("decision"):
        assert f"| `{name}` |" in text
    assert fields("outcome") - fields("decision") == {"outcome"}
    assert "`succeeded`, `failed`, `cancelled`, `rolled-back`" in text


def test_the_verifier_refuses_a_quorum_that_it_does_not_look_for(tmp_path: Path) -> None:
    log = new_directory(tmp_path / "log")
    story(Pipeline(log), 3)
    trust = write_trust(tmp_path / "trust")
    verifier().verify_log(tmp_path / "log", trust)
    policy = trust / "trust.policy"
    policy.write_text(policy.read_text().replace("quorum none", "quorum w"))
    with pytest.raises(ValueError, match="witnesses are asked for"):
        verifier().verify_log(tmp_path / "log", trust)


def test_the_example_policy_of_the_witnesses_page_is_one() -> None:
    page = (DOCUMENT.parent / "witnesses.md").read_text("utf-8")
    (block,) = re.findall(r"\n\n((?:    [a-z].*\n)+)\n", page)
    policy = parse_policy(re.sub(r"(?m)^    ", "", block))
    assert policy.quorum == "two-of-three"
    assert all(one.url and one.url.startswith("https://") for one in policy.witnesses)
    assert [policy.meets_quorum(names) for names in (("ours",), ("bank", "club"))] == [False, True]
