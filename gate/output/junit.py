"""A decision as JUnit XML, which GitLab and Jenkins show: one test case per control."""

from __future__ import annotations

from collections.abc import Iterator

from gate.output.escape import xml
from gate.output.message import rfc3339
from gate.output.view import DecisionView, Mark, Row

_TAGS = {Mark.FAIL: "failure", Mark.UNDETERMINED: "error"}


def junit(view: DecisionView) -> str:
    """One suite: fail is a failure, undetermined an error, the rest passed or skipped.

    A last case, "decision", is an error where something other than a control blocks, so that a
    report without failures never stands beside a blocked deployment.
    """
    rows = view.rows()
    verdict = view.verdict()
    classname = f"gate.{view.deployment.environment}.{view.deployment.service}"
    cases = [line for row in rows for line in _case(row, classname)]
    marks = [row.mark for row in rows]
    failures, errors = marks.count(Mark.FAIL), marks.count(Mark.UNDETERMINED)
    skipped = sum(_skipped(row) for row in rows)
    other = not verdict.permits and (verdict.word != view.decision.kind or not failures + errors)
    cases.append(f"    <testcase{_attributes(classname=classname, name='decision')}>")
    said = f"{verdict.word}: {verdict.sentence}"
    if other:
        cases.append(f"      <error{_attributes(message=said, type=verdict.word)}/>")
    emergency = view.emergency()
    if emergency is not None:
        said += f"\nEMERGENCY: {emergency.sentence}\nReason: {emergency.reason}"
    shown = "\n".join(xml(line) for line in said.split("\n"))
    cases += [f"      <system-out>{shown}</system-out>", "    </testcase>"]
    counts = _attributes(
        name="gate",
        tests=str(len(rows) + 1),
        failures=str(failures),
        errors=str(errors + other),
        skipped=str(skipped),
        timestamp=rfc3339(view.decision.at),
    )
    suite = [f"  <testsuite{counts}>", *cases, "  </testsuite>"]
    return "\n".join(
        ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", *suite, "</testsuites>", ""]
    )


def _case(row: Row, classname: str) -> Iterator[str]:
    yield f"    <testcase{_attributes(classname=classname, name=row.id)}>"
    seen = [f"Control: {row.title}", f"Seen: {row.seen}", f"Expected: {row.expected}"]
    if row.todo:
        seen.append(f"To do: {row.todo}")
    text = "\n".join(xml(line) for line in seen)
    if row.mark in _TAGS:
        tag = _TAGS[row.mark]
        yield f"      <{tag}{_attributes(message=row.seen, type=row.mark)}>{text}</{tag}>"
    elif _skipped(row):
        note = f"{row.mark}: {row.seen}"
        yield f"      <skipped{_attributes(message=note)}/>"
        yield f"      <system-out>{text}</system-out>"
    else:
        yield f"      <system-out>{text}</system-out>"
    yield "    </testcase>"


def _skipped(row: Row) -> bool:
    return row.mark not in {*_TAGS, Mark.PASS}


def _attributes(**values: str) -> str:
    return "".join(f' {name}="{xml(value)}"' for name, value in values.items())
