"""GitHub's protected environments: which runs wait before one, and what people answered.

The history of answers has no times, and is of all attempts of a run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gate.demo.github_state import GitHubUser, RunReview, WorkflowRun


class Environments:
    """The protected environments of a repository, by name."""

    def __init__(
        self, runs: Mapping[int, WorkflowRun], user_of: Callable[[str], GitHubUser]
    ) -> None:
        self._runs = runs
        self._user_of = user_of
        self.names: list[str] = []

    def wait(self, run_id: int, environment: str = "production") -> None:
        """The run's current attempt waits before a job of a protected environment."""
        run = self._runs[run_id]
        run.attempts[-1].status = "waiting"
        run.waiting.append(environment)
        if environment not in self.names:
            self.names.append(environment)

    def decide(
        self,
        run_id: int,
        *environments: str,
        by: str,
        state: str = "approved",
        comment: str = "",
    ) -> None:
        """``by`` lets the run into the environments, or with "rejected" ends it."""
        run, names = self._runs[run_id], environments or ("production",)
        for name in names:
            if name not in run.waiting:
                self.wait(run_id, name)
        run.reviews.append(RunReview(state, self._user_of(by), names, comment))
        if state == "rejected":
            run.waiting.clear()
            run.attempts[-1].status, run.attempts[-1].conclusion = "completed", "failure"
        elif state == "approved":
            run.waiting = [name for name in run.waiting if name not in names]
            run.attempts[-1].status = "waiting" if run.waiting else "in_progress"
