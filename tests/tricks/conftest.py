"""The companies that tricks are played on; a trick that was skipped was not played."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from tricks.stages import DESKS, EVERYWHERE, FORGES, GITHUB, SERVICENOW, Company, Play, play


def _named(company: Company) -> str:
    return company.name


@pytest.fixture(params=EVERYWHERE, ids=_named)
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Play]:
    """Each forge and each ticket system."""
    with play(tmp_path, request.param) as made:
        yield made


@pytest.fixture(params=FORGES, ids=_named)
def forge(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Play]:
    """Each forge, with Jira: tricks of commits, pushes and runs."""
    with play(tmp_path, request.param) as made:
        yield made


@pytest.fixture
def service_desk(tmp_path: Path) -> Iterator[Play]:
    """Acme with ServiceNow."""
    with play(tmp_path, SERVICENOW) as made:
        yield made


@pytest.fixture(params=DESKS, ids=_named)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Play]:
    """Each ticket system: tricks of tickets and approvals."""
    with play(tmp_path, request.param) as made:
        yield made


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Play]:
    """GitHub and Jira, where the trick has nothing to do with either."""
    with play(tmp_path, GITHUB) as made:
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test in this folder that is skipped fails: the threat model says that it is played."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped {call.when}: the trick was not played"
    return report
