"""One writer of many: appends a record to the log in a bucket as soon as it is told to.

    appender.py ENDPOINT BUCKET NUMBER    credentials in the environment

Says "ready", waits for a line, appends, and says the entry's place and the rounds it lost.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import s3_server  # noqa: E402  # found by the line above
from faults.pipelines import LOG_KEY, TRUST, filler  # noqa: E402

from gate.log.append import append  # noqa: E402
from gate.log.reading import log_reader  # noqa: E402


def main() -> None:
    endpoint, bucket, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
    reader = log_reader([LOG_KEY.verifier])
    store = s3_server.connect(endpoint, bucket, reader, os.environ)
    lost = 0
    commit = store.commit

    def counted(*told: object) -> bool:
        nonlocal lost
        won = commit(*told)  # type: ignore[arg-type]
        lost += not won
        return won

    store.commit = counted  # type: ignore[method-assign]
    entry = filler(1, number)[0]
    print("ready", flush=True)
    sys.stdin.readline()
    appended = append(store, TRUST, LOG_KEY, entry)
    print(appended.index, lost, flush=True)


if __name__ == "__main__":
    main()
