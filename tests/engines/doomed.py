"""Writers to be killed: forked off at a word, so that each is there at once.

    doomed.py PLACE [HOME]     PLACE is dir:PATH, git+…#branch or a bucket's ENDPOINT|BUCKET

Reads commands and answers on standard output, a line each:

    start FIRST COUNT AT MOMENT   a writer of the records FIRST … FIRST + COUNT - 1 begins:
                                  "writer PID", and then, by the writer, "ack NUMBER DIGEST" for
                                  each that is in the log. AT >= 0 (directories only): it kills
                                  itself at its system call AT, at MOMENT
    reap PID                      wait for it: "ended PID STATUS"
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import s3_server
from faults.faulty import KillingCalls
from faults.git_logs import open_at
from faults.pipelines import LOG_KEY, TRUST, filler

from gate.log.reading.reader import log_reader
from gate.log.writing.append import append, as_it_is
from gate.record.canonical import digest_of
from gate.store.contract import Store
from gate.store.directory.store import DirectoryStore

NEVER = -1
READER = log_reader([LOG_KEY.verifier])


def opener(place: str, home: str) -> Callable[[int, str], Store]:
    """What opens the log as a new process would, given a call to die at."""
    if place.startswith("dir:"):
        path = Path(place.removeprefix("dir:"))
        return lambda at, moment: DirectoryStore(
            path, calls=None if at == NEVER else KillingCalls(at, moment)
        )
    if place.startswith("git+"):
        return lambda _at, _moment: open_at(place, Path(home))
    endpoint, bucket = place.split("|")
    return lambda _at, _moment: s3_server.connect(endpoint, bucket, READER, os.environ)


def say(words: str) -> None:
    """One line in one write, which no kill cuts in two."""
    os.write(1, f"{words}\n".encode())


def write(store: Store, first: int, count: int) -> None:
    for number in range(first, first + count):
        (entry,) = filler(1, number)
        append(store, TRUST, LOG_KEY, entry, rejudge=as_it_is)
        say(f"ack {number} {digest_of(entry)}")


def start(opened: Callable[[int, str], Store], first: int, count: int, at: int, how: str) -> None:
    child = os.fork()
    if child:
        say(f"writer {child}")
        return
    code = 1
    try:
        write(opened(at, how), first, count)
        code = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        raise
    finally:
        os._exit(code)


def main() -> None:
    opened = opener(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
    filler(1)  # what it needs is loaded once, before the forks
    say("ready")
    for line in sys.stdin:
        command, *words = line.split()
        if command == "start":
            start(opened, int(words[0]), int(words[1]), int(words[2]), words[3])
        else:
            _, status = os.waitpid(int(words[0]), 0)
            say(f"ended {words[0]} {status}")


if __name__ == "__main__":
    main()
