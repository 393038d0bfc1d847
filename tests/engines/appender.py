"""One writer of many: appends a record to the log in a bucket as soon as it is told to.

    appender.py ENDPOINT BUCKET NUMBER COUNT    credentials in the environment

Says "ready", waits for a line, appends COUNT records from NUMBER on, and says of each its place and
the rounds lost until then.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import s3_server
from faults.pipelines import LOG_KEY, TRUST, filler

from gate.log.reading.reader import log_reader
from gate.log.writing.append import append, as_it_is
from gate.store.bucket.store import ObjectStore
from gate.store.contract import Plan


class Counted(ObjectStore):
    """Counts the rounds that it lost."""

    lost = 0

    def commit(self, expected: bytes | None, plan: Plan) -> bool:
        won = super().commit(expected, plan)
        self.lost += not won
        return won


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main() -> None:
    endpoint, bucket, number, count = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
    reader = log_reader([LOG_KEY.verifier])
    store = Counted(s3_server.connect(endpoint, bucket, reader, os.environ)._raw, reader)
    entries = filler(count, number)
    say("ready")
    sys.stdin.readline()
    for entry in entries:
        appended = append(store, TRUST, LOG_KEY, entry, rejudge=as_it_is)
        say(f"{appended.index} {store.lost}")


if __name__ == "__main__":
    main()
