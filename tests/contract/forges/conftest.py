from __future__ import annotations

from collections.abc import Iterator

import pytest
from shops import Shop

from gate.demo.github import GitHubSimulator


@pytest.fixture
def github() -> Iterator[GitHubSimulator]:
    with GitHubSimulator() as running:
        yield running


@pytest.fixture
def shop(github: GitHubSimulator) -> Shop:
    return Shop(github)
