"""Each test of the suite, on each store."""

from __future__ import annotations

from pathlib import Path

import pytest
from contract.store.stores import MAKERS, Connect


@pytest.fixture(params=MAKERS)
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Connect:
    return MAKERS[request.param](tmp_path)
