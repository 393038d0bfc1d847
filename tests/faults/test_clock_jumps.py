"""The clock of the machine that decides jumps: between judging and appending, and in between.

The order of the log is the log's own. Times in records are what their machines said, which the
record key's period bounds: a time outside it is refused before anything is written.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from faults import naive_log
from faults.pipelines import Pipeline, good_trust, new_directory
from records import SIGNER, trusted
from worlds import NOW

from gate.errors import UsageError
from gate.log.reading.trust import Trust
from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log
from gate.log.writing.append import Appended
from gate.model import DecisionKind
from gate.record.statement import DecisionRecord, open_record
from gate.store.directory.store import DirectoryStore

JUMPS = [timedelta(days=-20), timedelta(hours=-3), timedelta(hours=3), timedelta(days=300)]
NOT_BEFORE, NOT_AFTER = NOW - timedelta(days=30), NOW + timedelta(days=400)
OUTSIDE = [NOT_BEFORE - timedelta(seconds=1), NOT_AFTER, NOW + timedelta(days=4000)]
REFUSED = r"not a record key that the trust folder believes now|does not count at"
BOUNDED = Trust(good_trust().policy, trusted(SIGNER, not_before=NOT_BEFORE, not_after=NOT_AFTER))


class Jumping(Pipeline):
    """A pipeline whose clock is set by the test; it stands still in between."""

    clock = NOW

    def now(self) -> datetime:
        return self.clock


@pytest.fixture
def pipeline(tmp_path: Path) -> Jumping:
    return Jumping(new_directory(tmp_path / "log"), BOUNDED)


def holds_together(pipeline: Jumping, path: Path, acknowledged: list[Appended]) -> None:
    """All of it is in the log in the order in which it was acknowledged, and one more works."""
    acknowledged.append(pipeline.enforce("one-more"))
    report = verify_log(DirectoryStore(path), BOUNDED)
    assert (report.size, report.faults) == (len(acknowledged), ())
    assert [one.index for one in acknowledged] == list(range(report.size))
    assert naive_log.read_entries(path, report.size) == [one.entry for one in acknowledged]
    assert naive_log.is_whole(path)


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("back", [False, True])
def test_a_jump_between_any_two_steps_loses_and_forks_nothing(
    pipeline: Jumping, tmp_path: Path, jump: timedelta, *, back: bool
) -> None:
    acknowledged = []
    for n in range(4):
        judged = pipeline.decide(f"commit-{n}", service=f"service-{n % 2}")
        pipeline.clock += jump if n == 1 else timedelta(0)
        decision = pipeline.append(judged)
        pipeline.clock -= jump if back and n == 1 else timedelta(0)
        ended = pipeline.end(decision)
        pipeline.clock += jump if n == 0 else timedelta(0)
        acknowledged += [decision, pipeline.append(ended)]
        assert not decision.superseded
        pipeline.clock = NOW + timedelta(minutes=n)
    holds_together(pipeline, tmp_path / "log", acknowledged)


@pytest.mark.parametrize("jump", JUMPS)
def test_what_no_longer_holds_is_denied_whatever_the_clock_says(
    pipeline: Jumping, tmp_path: Path, jump: timedelta
) -> None:
    """Two judged at one head on one ticket; the clock jumps before the second is appended."""
    first = pipeline.decide("one", tickets=["CHG-7"], approved=NOW - timedelta(hours=1))
    second = pipeline.decide("two", tickets=["CHG-7"], approved=NOW - timedelta(hours=1))
    acknowledged = [pipeline.append(first)]
    pipeline.clock += jump
    acknowledged.append(pipeline.append(second))
    assert acknowledged[1].superseded
    record, _ = open_record(acknowledged[1].entry, BOUNDED.signers)
    assert isinstance(record, DecisionRecord)
    assert (record.decision, record.at) == (DecisionKind.DENIED, pipeline.clock)
    holds_together(pipeline, tmp_path / "log", acknowledged)


@pytest.mark.parametrize("at", OUTSIDE)
def test_a_time_outside_the_key_s_period_is_refused_before_anything_is_written(
    pipeline: Jumping, tmp_path: Path, at: datetime
) -> None:
    acknowledged = [pipeline.enforce("one")]
    pipeline.clock = at
    with pytest.raises(UsageError, match=REFUSED) as caught:
        pipeline.append(pipeline.decide("two"))
    assert caught.value.exit_code == 2
    assert "clock" in caught.value.remedy
    assert LogView(DirectoryStore(tmp_path / "log"), BOUNDED).size == 1
    pipeline.clock = NOW
    holds_together(pipeline, tmp_path / "log", acknowledged)


@pytest.mark.parametrize("at", OUTSIDE)
def test_a_denial_at_a_time_outside_the_key_s_period_is_refused_likewise(
    pipeline: Jumping, tmp_path: Path, at: datetime
) -> None:
    """Judged in time; the clock has jumped when it is judged again and must be denied."""
    first = pipeline.decide("one", tickets=["CHG-7"], approved=NOW - timedelta(hours=1))
    second = pipeline.decide("two", tickets=["CHG-7"], approved=NOW - timedelta(hours=1))
    acknowledged = [pipeline.append(first)]
    pipeline.clock = at
    with pytest.raises(UsageError, match=REFUSED) as caught:
        pipeline.append(second)
    assert caught.value.exit_code == 2
    assert "clock" in caught.value.remedy
    assert LogView(DirectoryStore(tmp_path / "log"), BOUNDED).size == 1
    pipeline.clock = NOW
    holds_together(pipeline, tmp_path / "log", acknowledged)
