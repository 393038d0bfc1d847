"""What is asked of the remote: its tip, some of its objects, and to take a commit.

Nothing is forced: a push that does not extend the branch is refused by the remote, which is the
compare-and-swap that the log needs. Filters keep a fetch small: the tip comes with two levels of
trees, everything else is asked for by its id, many at once. A remote that knows no such filter
sends what it has, which works as well and takes longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from gate.frozen import dataclass
from gate.store.contract import StoreError
from gate.store.git.errors import explain_git
from gate.store.git.run import REMOTE, Answer, GitRun
from gate.store.git.url import Credentials, GitPlace

TIP = "refs/gate/tip"
PROBE = "refs/gate/probe"

_FILTERS = ("tree:2", "blob:none", "")
"""From the smallest tip to a whole one; which of them the remote grants is found by trying."""
_PROMISOR = (
    *("-c", f"remote.{REMOTE}.promisor=true"),
    *("-c", f"remote.{REMOTE}.partialCloneFilter=blob:none"),
)
_DEPTHS = (16, 256, 4096, 65536)
_AT_ONCE = 2000  # objects of one fetch
_BUSY = (
    *("cannot lock ref", "failed to update ref", "failed to lock", "incorrect old value"),
    *("fetch first", "non-fast-forward", "already exists"),
)


class Pushed(Enum):
    """How a push ended."""

    WON = "the remote took it"
    BEHIND = "nothing was sent: the branch has another tip than the commit extends"
    BUSY = "the remote was changing the branch"
    REFUSED = "the remote does not let this account, or anybody, push this"
    DOUBTFUL = "no answer tells"


@dataclass(frozen=True, slots=True)
class PushAnswer:
    """How a push ended, and what the remote or git said of it."""

    result: Pushed
    said: Answer


class GitRemote:
    """The branch of a log on its remote. Methods raise ``StoreError`` where it does not answer."""

    def __init__(self, git: GitRun, place: GitPlace, credentials: Credentials, url: str) -> None:
        self._git = git
        self._place = place
        self._credentials = credentials
        self._url = url
        self._filters = list(_FILTERS)
        self.round_trips = 0

    @property
    def filter(self) -> str:
        """What the remote is asked to leave out of a tip; "" where it sends all of it."""
        return self._filters[0]

    def tip(self) -> str | None:
        """The commit that the branch is at now; None where there is no such branch."""
        answer = self._remote("ls-remote", REMOTE, self._place.ref)
        if answer.code:
            raise self.explain(answer, "read")
        for line in answer.out.decode("ascii", "replace").splitlines():
            oid, _, name = line.partition("\t")
            if name == self._place.ref:
                return oid
        return None

    def fetch_tip(self) -> bool:
        """Fetch the newest commit into ``TIP``; False where there is no such branch."""
        while True:
            answer = self._fetch_branch(TIP, 1, self.filter)
            if answer.code == 0:
                if self.filter and "filtering not recognized" in answer.error:
                    self._filters = [""]
                return True
            if self.filter and "filter" in answer.error:
                del self._filters[0]  # the remote grants some filters and not this one
                continue
            if self.tip() is None:
                return False
            if "find remote ref" not in answer.error:  # made between the two questions
                raise self.explain(answer, "read")

    def fetch(self, oids: Sequence[str]) -> None:
        """Fetch trees with all trees below them, and blobs, by their ids."""
        for at in range(0, len(oids), _AT_ONCE):
            wanted = "".join(f"{oid}\n" for oid in oids[at : at + _AT_ONCE])
            options = ["--filter=blob:none"] if self.filter else []
            answer = self._fetch([*options, "--stdin", REMOTE], [wanted.encode()])
            if answer.code:
                raise self.explain(answer, "read")

    def has_passed(self, commit: str, parent: str | None) -> bool:
        """Whether the branch has moved over ``commit``, a child of ``parent``, and beyond it."""
        for depth in _DEPTHS:
            answer = self._fetch_branch(PROBE, depth, "tree:0" if self.filter else "")
            if answer.code:
                raise self.explain(answer, "read")
            commits = self._git.local("rev-list", PROBE).out.decode("ascii").split()
            if commit in commits:
                return True
            if parent in commits or len(commits) < depth:
                return False
        raise StoreError(
            f"the log {self._url} grew so far meanwhile that its history does not tell whether "
            "this was recorded",
            remedy="run again: a record that is in the log is found there",
        )

    def push(self, commit: str) -> PushAnswer:
        """Have the branch go from the commit's parent to ``commit``."""
        target = f"{commit}:{self._place.ref}"
        answer = self._remote("push", "--porcelain", "--no-verify", REMOTE, target)
        for line in answer.out.decode("utf-8", "replace").splitlines():
            flag, _, rest = line.partition("\t")
            if flag in {" ", "*", "="} and rest.startswith(target):
                return PushAnswer(Pushed.WON, answer)
            if flag == "!":
                return PushAnswer(_refusal(rest), answer)
        return PushAnswer(Pushed.DOUBTFUL, answer)

    def hide(self, text: str) -> str:
        """``text`` without the token."""
        return self._credentials.hide(text)

    def explain(self, answer: Answer, what: str) -> StoreError:
        """What to tell of a command that failed while it should ``what`` ("read") the log."""
        return explain_git(self._credentials.hide(answer.error), what, self._url)

    def _fetch_branch(self, to: str, depth: int, filtered: str) -> Answer:
        options = [f"--filter={filtered}"] if filtered else []
        source = f"+{self._place.ref}:{to}"
        return self._fetch([*options, f"--depth={depth}", REMOTE, source])

    def _fetch(self, arguments: Iterable[str], given: Iterable[bytes] = ()) -> Answer:
        # With no filter everything of a tip is here, so git may tell the remote what it has.
        how = _PROMISOR if self.filter else ("-c", "fetch.negotiationAlgorithm=default")
        fixed = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head")
        return self._remote(*how, *fixed, *arguments, given=given)

    def _remote(self, *arguments: str, given: Iterable[bytes] = ()) -> Answer:
        self.round_trips += 1
        return self._git.remote(*arguments, given=given)


def _refusal(line: str) -> Pushed:
    """What ``[rejected] (reason)``, by git here, and ``[remote rejected] (reason)`` mean."""
    if "\t[rejected] " in line:
        return Pushed.BEHIND
    if any(reason in line for reason in _BUSY):
        return Pushed.BUSY
    if "\t[remote failure] " in line:
        return Pushed.DOUBTFUL
    return Pushed.REFUSED
