"""What `gate log doctor` and `gate doctor` say of how a bucket protects its objects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gate.cli.doctor import forgetful
from gate.cli.examined import State
from gate.cli.log_doctor import protected
from gate.store.bucket.primitive import Protection

AT = datetime(2026, 3, 3, 10, tzinfo=UTC)
YEAR = timedelta(days=400)


def protection(mode: str = "", until: str = "", *, versioned: bool | None = True) -> Protection:
    return Protection(versioned=versioned, lock_mode=mode, retain_until=until)


def after(**length: float) -> str:
    return (AT + timedelta(**length)).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("found", "wanted", "state", "says"),
    [
        (protection(), None, State.WARNING, "objects are not locked, and the policy does not say"),
        (
            protection("COMPLIANCE", after(days=400)),
            None,
            State.WARNING,
            "locked (COMPLIANCE) for 400 days, and the policy does not say",
        ),
        (protection(), YEAR, State.FAULT, "objects are not locked; the policy wants 400 days"),
        (protection("COMPLIANCE", after(days=399)), YEAR, State.FAULT, "for 399 days; the policy"),
        (protection("COMPLIANCE", after(days=400, hours=-2)), YEAR, State.FAULT, "wants 400 days"),
        (protection("COMPLIANCE", after(days=400, minutes=-30)), YEAR, State.OK, "wants 400 days"),
        (protection("COMPLIANCE", after(days=500)), YEAR, State.OK, "for 500 days; the policy"),
        (protection("GOVERNANCE", after(days=500)), YEAR, State.WARNING, "can shorten that"),
        (protection("", after(days=500)), YEAR, State.WARNING, "can shorten that"),
        # What cannot be read as a time with its zone protects nothing.
        (protection("COMPLIANCE", "for ever"), YEAR, State.FAULT, "objects are not locked"),
        (protection("COMPLIANCE", "2999-01-01T00:00:00"), YEAR, State.FAULT, "not locked"),
        (protection("COMPLIANCE", after(days=-1)), YEAR, State.FAULT, "the policy wants 400 days"),
    ],
)
def test_retention_is_held_against_what_the_policy_wants(
    found: Protection, wanted: timedelta | None, state: State, says: str
) -> None:
    versions, retention = protected(found, wanted, AT)
    assert versions.what == "versions"
    assert (retention.what, retention.state) == ("retention", state)
    assert says in retention.seen
    assert (retention.remedy == "") is (state is State.OK)


@pytest.mark.parametrize(
    ("versioned", "says"), [(True, "are kept"), (False, "are not kept"), (None, "not be told")]
)
def test_whether_old_versions_are_kept_is_told(versioned: bool | None, says: str) -> None:
    versions, _ = protected(protection(versioned=versioned), YEAR, AT)
    assert says in versions.seen


@pytest.mark.parametrize(
    ("found", "state", "says"),
    [
        (protection(versioned=False), State.OK, "keeps no old versions"),
        (protection(versioned=True), State.WARNING, "gone when they expire"),
        (protection(versioned=None), State.WARNING, "could not be told"),
        (protection("GOVERNANCE", after(days=1)), State.FAULT, "(GOVERNANCE): it cannot forget"),
        (protection("COMPLIANCE", versioned=None), State.FAULT, "cannot forget"),
        (protection("", after(days=1)), State.FAULT, "(retention): it cannot forget"),
    ],
)
def test_a_bucket_of_disclosures_must_forget(found: Protection, state: State, says: str) -> None:
    finding = forgetful(found)
    assert (finding.what, finding.state) == ("evidence", state)
    assert says in finding.seen
    assert (finding.remedy == "") is (state is State.OK)
