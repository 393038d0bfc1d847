"""The object store that is measured against: a real one that is named, or moto's stand-in.

``GATE_TEST_S3_ENDPOINT`` names it, with the usual ``AWS_…`` variables for its credentials.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

ENDPOINT = "GATE_TEST_S3_ENDPOINT"
_REGION = "us-east-1"
_PATIENCE = 30.0  # seconds until moto answers
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


@dataclass(frozen=True, slots=True)
class Engine:
    """Where it answers, and the credentials for it."""

    name: str
    endpoint: str
    region: str
    environ: Mapping[str, str]

    def make_bucket(self, bucket: str) -> str:
        """Make a bucket; its URL."""
        boto3: Any = importlib.import_module("boto3")
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.environ["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environ["AWS_SECRET_ACCESS_KEY"],
        )
        client.create_bucket(Bucket=bucket)
        return f"s3://{bucket}"


def missing() -> str:
    """Why there is no engine to be had; "" if there is."""
    wanted = ["obstore", "boto3"] if os.environ.get(ENDPOINT) else ["obstore", "moto", "boto3"]
    absent = [name for name in wanted if importlib.util.find_spec(name) is None]
    if absent:
        return f"{', '.join(absent)}: not installed; {ENDPOINT} names a real engine"
    return ""


@contextmanager
def s3_engine() -> Iterator[Engine]:
    """The engine named by the environment; else moto in a process of its own, which ends here."""
    endpoint = os.environ.get(ENDPOINT, "")
    if endpoint:
        keys = {name: os.environ[name] for name in _KEYS if name in os.environ}
        region = os.environ.get("AWS_REGION", _REGION)
        yield Engine(f"the engine at {endpoint}", endpoint, region, keys)
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        endpoint = f"http://127.0.0.1:{port}"
        _await(endpoint)
        environ = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
        yield Engine("moto, a stand-in in Python", endpoint, _REGION, environ)
    finally:
        process.terminate()
        process.wait()


def _await(endpoint: str) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            with urllib.request.urlopen(endpoint, timeout=5):  # noqa: S310  # loopback
                return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
