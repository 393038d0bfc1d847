"""An S3 engine in memory (moto), on loopback: the quick stand-in for a real one."""

from __future__ import annotations

import atexit
import itertools
import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from gate.store.bucket.open import open_object
from gate.store.bucket.store import ObjectStore
from gate.store.contract import LogReader, Surroundings

KEYS: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "stand-in",
    "AWS_SECRET_ACCESS_KEY": "stand-in",
    "AWS_REGION": "us-east-1",
}
_numbers = itertools.count()


@cache
def moto_endpoint() -> str:
    """The endpoint of this process's own server, started at the first call."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # moto's own, at its import
        from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    atexit.register(server.stop)
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"


def client(endpoint: str, keys: Mapping[str, str] = KEYS) -> Any:
    """The vendor's own client, to set up buckets and policies."""
    import boto3  # type: ignore[import-untyped]  # it has no types

    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
    )


def new_bucket(endpoint: str, keys: Mapping[str, str] = KEYS, *, lock: bool = False) -> str:
    """The name of a new bucket, with versions and Object Lock if wanted."""
    name = f"log-{next(_numbers)}"
    client(endpoint, keys).create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
    return name


def connect(
    endpoint: str, bucket: str, reader: LogReader, keys: Mapping[str, str] = KEYS
) -> ObjectStore:
    """The store in ``bucket``, as a writer's configuration opens it."""
    around = Surroundings(Path(), reader, keys, endpoint=endpoint, region="us-east-1")
    return open_object(f"s3://{bucket}/some/log", around)
