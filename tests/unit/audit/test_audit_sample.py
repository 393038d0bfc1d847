from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from functools import cache
from typing import Any

import pytest
from logs import MemoryLog
from records import good_decision, write
from worlds import NOW

from gate.audit.population import population
from gate.audit.sample import Sample, automatic, draw, rank
from gate.audit.tables import SAMPLE_COLUMNS, sample_header, write_sample_csv, write_sample_json
from gate.errors import UsageError
from gate.model import DecisionKind

KINDS = (DecisionKind.ALLOWED, DecisionKind.DENIED, DecisionKind.EMERGENCY)


@cache
def log() -> MemoryLog:
    """60 decisions: 20 allowed, 20 denied, 20 emergency, by turns."""
    made = MemoryLog()
    for number in range(60):
        made.add(write(decision=good_decision(KINDS[number % 3])))
    return made


def drawn(seed: str = "2026 Q1", size: int | None = None, **more: Any) -> Sample:
    return draw(population(log(), generated_at=NOW, gate_version="0.1.0"), seed, size, **more)


def indexes(sample: Sample) -> list[int]:
    return [item.row.index for item in sample.items]


def by_hand(seed: str, candidates: list[int]) -> list[int]:
    """The specification once more, as an auditor's script would have it."""
    root = log().root.hex()

    def key(index: int) -> str:
        text = "\n".join(["gate-sample/v1", log().origin, "60", root, seed, str(index)])
        return hashlib.sha256(text.encode()).hexdigest()

    return sorted(candidates, key=key)


DEPLOYED = [index for index in range(60) if index % 3 != 1]


@pytest.mark.parametrize("seed", ["2026 Q1", "x", "Prüfung-7", "0"])
def test_anybody_can_draw_it_again(seed: str) -> None:
    assert indexes(drawn(seed, 12)) == by_hand(seed, DEPLOYED)[:12]


@pytest.mark.parametrize("size", [1, 7, 25, 39])
def test_a_larger_sample_begins_with_the_smaller(size: int) -> None:
    assert indexes(drawn(size=size + 1))[:size] == indexes(drawn(size=size))[:size]


def test_seeds_draw_differently() -> None:
    assert indexes(drawn("a", 10)) != indexes(drawn("b", 10))


def test_what_let_a_deployment_go_on_is_sampled_unless_asked_otherwise() -> None:
    default = drawn(size=60)
    assert {item.row.decision for item in default.items} == {"allowed", "emergency"}
    assert default.sampled == len(default.items) == 40
    denied = drawn(size=60, decisions=(DecisionKind.DENIED,))
    assert indexes(denied) == by_hand("2026 Q1", [i for i in range(60) if i % 3 == 1])


def test_the_size_follows_the_population_where_none_is_given() -> None:
    sample = drawn()
    assert (len(sample.items), sample.sampled, sample.requested) == (8, 40, None)
    assert sample.rule == "population of 40, 11 to 50: 8"
    assert indexes(sample) == indexes(drawn(size=8))


@pytest.mark.parametrize(
    ("rows", "size"),
    [(0, 0), (1, 1), (10, 10), (11, 8), (50, 8), (51, 15), (250, 15), (251, 25), (10**6, 25)],
)
def test_the_rule(rows: int, size: int) -> None:
    assert automatic(rows)[0] == size
    assert f"population of {rows}," in automatic(rows)[1]


def test_more_than_there_is_is_all_of_it_and_said() -> None:
    sample = drawn(size=41)
    assert len(sample.items) == 40
    assert sample.rule == "41 as asked for, and the population has only 40: all of it"
    assert drawn(size=40).rule == "40 as asked for"


@pytest.mark.parametrize("seed", ["", " ", " x", "x ", "a\nb", "a\x00", "x" * 201, "a\u2028b"])
def test_a_seed_is_one_printable_line(seed: str) -> None:
    with pytest.raises(UsageError, match="seed"):
        drawn(seed)


@pytest.mark.parametrize("size", [0, -1, 100_001])
def test_a_size_is_at_least_one(size: int) -> None:
    with pytest.raises(UsageError, match="items"):
        drawn(size=size)


def test_an_empty_population_gives_an_empty_sample() -> None:
    empty = population(MemoryLog(), generated_at=NOW, gate_version="0.1.0")
    sample = draw(empty, "x")
    assert (sample.items, sample.rule) == ((), "population of 0, at most 10: all of it")
    out = io.BytesIO()
    write_sample_json(sample, out)
    assert json.loads(out.getvalue())["items"] == []


def test_files_show_all_that_is_needed_to_draw_again() -> None:
    sample = drawn()
    out = io.BytesIO()
    digest = write_sample_csv(sample, out)
    table = list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))
    assert table[0] == list(SAMPLE_COLUMNS)
    assert [row[0] for row in table[1:]] == [str(n) for n in range(1, 9)]
    for item, row in zip(sample.items, table[1:], strict=True):
        cells = dict(zip(SAMPLE_COLUMNS, row, strict=True))
        assert (cells["rank"], cells["index"]) == (item.rank, str(item.row.index))
        assert cells["leaf"] == log().link(item.row.index).leaf
        assert cells["evidence_sha256"] in log().bundles
        assert cells["entry_sha256"] in log().disclosures
    header = json.loads(sample_header(sample, digest))
    assert header["csv_sha256"] == hashlib.sha256(out.getvalue()).hexdigest()
    assert (header["algorithm"], header["seed"]) == ("gate-sample/v1", "2026 Q1")
    assert (header["rule"], header["drawn"]) == (sample.rule, 8)
    assert header["sampled_decisions"] == ["allowed", "emergency"]
    assert header["sampled_population"] == 40
    assert header["population"]["log"]["root"] == log().root.hex()
    assert header["population"]["log"]["checkpoint"] == log().checkpoint.decode()
    as_json = io.BytesIO()
    write_sample_json(sample, as_json)
    body = json.loads(as_json.getvalue())
    assert [item["index"] for item in body["items"]] == indexes(sample)
    assert body["header"]["seed"] == "2026 Q1"


# ---------------------------------------------------------------- the specification's own vectors


def _document(config: pytest.Config) -> str:
    return (config.rootpath / "docs/audit/sampling.md").read_text("utf-8")


def _vectors(text: str) -> dict[str, Any]:
    (block,) = re.findall(r"```json vectors\n(.*?)```", text, re.DOTALL)
    vectors: dict[str, Any] = json.loads(block)
    return vectors


def test_the_documents_vectors_are_what_we_compute(pytestconfig: pytest.Config) -> None:
    vectors = _vectors(_document(pytestconfig))
    head = vectors["origin"], vectors["size"], bytes.fromhex(vectors["root"])
    assert len(vectors["seeds"]) >= 2
    for case in vectors["seeds"]:
        ranks = {index: rank(*head, case["seed"], index).hex() for index in vectors["population"]}
        for index, digest in case["ranks"].items():
            assert ranks[int(index)] == digest
        order = sorted(vectors["population"], key=ranks.__getitem__)
        assert order == case["order"]


def test_the_documents_message_is_spelled_out(pytestconfig: pytest.Config) -> None:
    text = _document(pytestconfig)
    vectors = _vectors(text)
    (shown,) = re.findall(r"```text message\n(.*?)\n```", text, re.DOTALL)
    (digest,) = re.findall(r"SHA-256 `([0-9a-f]{64})`", text)
    assert hashlib.sha256(shown.encode()).hexdigest() == digest
    case = vectors["seeds"][0]
    assert case["ranks"][shown.rsplit("\n", 1)[1]] == digest


def test_the_documents_script_draws_the_documents_order(pytestconfig: pytest.Config) -> None:
    text = _document(pytestconfig)
    vectors = _vectors(text)
    (script,) = re.findall(r"```python script\n(.*?)```", text, re.DOTALL)
    for case in vectors["seeds"]:
        names: dict[str, Any] = {}
        exec(script, names)  # noqa: S102  # the script of our own document
        order = names["draw"](
            vectors["origin"],
            vectors["size"],
            vectors["root"],
            case["seed"],
            vectors["population"],
            3,
        )
        assert order == case["order"][:3]


def test_the_documents_rule_is_the_one_in_force(pytestconfig: pytest.Config) -> None:
    text = _document(pytestconfig)
    table = re.findall(r"^\| (\d+)(?: to (\d+)| or more)? \| (\d+|all) \|$", text, re.MULTILINE)
    assert len(table) == 4
    for low, high, size in table:
        for rows in {int(low), int(high or low)}:
            assert automatic(rows)[0] == (rows if size == "all" else int(size))
