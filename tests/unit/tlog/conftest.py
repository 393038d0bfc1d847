"""Keys that are the same in every run: a log's, two witnesses', a stranger's."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.tlog.note import Ed25519Signer

LOG_NAME = "acme.example/changes"


def private_key(seed: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


@pytest.fixture(scope="session")
def log_signer() -> Ed25519Signer:
    return Ed25519Signer(LOG_NAME, private_key(1))


@pytest.fixture(scope="session")
def impostor() -> Ed25519Signer:
    """Another key under the log's name."""
    return Ed25519Signer(LOG_NAME, private_key(2))


@pytest.fixture(scope="session")
def stranger() -> Ed25519Signer:
    return Ed25519Signer("mallory.example/log", private_key(3))


@pytest.fixture(scope="session")
def witness_keys() -> tuple[Ed25519PrivateKey, ...]:
    return tuple(private_key(seed) for seed in range(10, 16))
