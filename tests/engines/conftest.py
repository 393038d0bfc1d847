"""The engines that the tests of this folder run against."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

RGW = Path(__file__).parent / "rgw"


@dataclass(frozen=True)
class Gateway:
    """A running Ceph gateway: its endpoint, its configuration, the keys of who owns the buckets."""

    endpoint: str
    keys: Mapping[str, str]
    configuration: Path

    def new_user(self, name: str) -> dict[str, str]:
        """The keys of a new user who owns nothing."""
        keys = {"AWS_ACCESS_KEY_ID": f"{name}-key", "AWS_SECRET_ACCESS_KEY": f"{name}-secret"}
        command = ["radosgw-admin", "-c", str(self.configuration), "user", "create"]
        command += ["--uid", name, "--display-name", name]
        command += ["--access-key", keys["AWS_ACCESS_KEY_ID"]]
        command += ["--secret-key", keys["AWS_SECRET_ACCESS_KEY"]]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return keys


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Ceph's object gateway on loopback; ``install.sh`` installs it."""
    folder = tmp_path_factory.mktemp("rgw")
    environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    started = subprocess.run(
        [RGW, "start", folder], check=True, capture_output=True, text=True, timeout=300, env=environ
    )
    try:
        lines = [line.removeprefix("export ") for line in started.stdout.splitlines()]
        said = dict(line.split("=", 1) for line in lines)
        endpoint = said.pop("GATE_TEST_S3_ENDPOINT")
        yield Gateway(endpoint, said, folder / "ceph.conf")
    finally:
        subprocess.run([RGW, "stop", folder], check=True, timeout=60, env=environ)
