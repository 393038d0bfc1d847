"""The contract of the stores, on Ceph's object gateway."""

from __future__ import annotations

import pytest
import s3_server
from contract.store.small_log import READER
from contract.store.stores import Connect
from contract.store.test_store_contract import *  # noqa: F403  # each of its tests, run here
from engines.conftest import Gateway


@pytest.fixture
def connect(gateway: Gateway) -> Connect:
    name = s3_server.new_bucket(gateway.endpoint, gateway.keys)
    return lambda: s3_server.connect(gateway.endpoint, name, READER, gateway.keys)
