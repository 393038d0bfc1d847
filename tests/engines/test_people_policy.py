"""The documented policy of the disclosures' bucket, on an engine that enforces it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import s3_server
from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # it has no types
from engines.conftest import Gateway

from gate.store.bucket.disclosures import BucketDisclosures
from gate.store.contract import StoreError, Whereabouts
from gate.store.disclosure import open_disclosures

PAGE = Path(__file__).parents[2] / "docs" / "object-stores.md"
PREFIX = "some/people"
DIGEST = "ab" + "0" * 62
KEY = f"{PREFIX}/ab/{DIGEST}.json"
USERS = ("people-writer", "people-auditor", "people-eraser")


class Staffed:
    """A bucket under the documented policy, opened by each of those whom it names."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.bucket = s3_server.new_bucket(gateway.endpoint, gateway.keys)
        match = re.search(
            r"<!-- policy-people\.json -->\n```json\n(.*?)```", PAGE.read_text(), re.DOTALL
        )
        assert match is not None
        text = match[1].replace("PEOPLE", self.bucket).replace("PREFIX", PREFIX)
        for user in USERS:
            role = user.partition("-")[2].upper()
            text = text.replace(f'"{role}"', f'"arn:aws:iam:::user/{user}"')
        json.loads(text)
        s3_server.client(gateway.endpoint, gateway.keys).put_bucket_policy(
            Bucket=self.bucket, Policy=text
        )
        self.keys = {user: gateway.new_user(user) for user in USERS}

    def opened(self, user: str) -> BucketDisclosures:
        endpoint = self.gateway.endpoint
        where = Whereabouts(Path(), self.keys[user], endpoint, "us-east-1", section="evidence")
        store = open_disclosures(f"s3://{self.bucket}/{PREFIX}", where)
        assert isinstance(store, BucketDisclosures)
        return store


@pytest.fixture(scope="module")
def staffed(gateway: Gateway) -> Staffed:
    made = Staffed(gateway)
    made.opened("people-writer").put(DIGEST, b"alice")
    return made


def test_a_writer_adds_and_probes_and_erases_nothing(staffed: Staffed) -> None:
    writer = staffed.opened("people-writer")
    writer.probe()
    assert writer.get(DIGEST) == b"alice"
    assert writer.get("cd" * 32) is None
    with pytest.raises(StoreError, match="may not delete"):
        writer.erase(DIGEST)
    client = s3_server.client(staffed.gateway.endpoint, staffed.keys["people-writer"])
    for name in (KEY, f"{PREFIX}/ab"):
        with pytest.raises(ClientError, match=r"AccessDenied|403"):
            client.delete_object(Bucket=staffed.bucket, Key=name)


def test_an_auditor_only_reads(staffed: Staffed) -> None:
    auditor = staffed.opened("people-auditor")
    assert auditor.get(DIGEST) == b"alice"
    assert auditor.get("cd" * 32) is None
    with pytest.raises(StoreError, match="may not write"):
        auditor.put(DIGEST, b"eve")
    with pytest.raises(StoreError, match="may not delete"):
        auditor.erase(DIGEST)


def test_who_answers_for_personal_data_erases_and_adds_nothing(staffed: Staffed) -> None:
    other = "ef" * 32
    staffed.opened("people-writer").put(other, b"bob")
    eraser = staffed.opened("people-eraser")
    assert eraser.erase(other)
    assert eraser.get(other) is None
    assert not eraser.erase(other)
    with pytest.raises(StoreError, match="may not write"):
        eraser.put(other, b"bob")
