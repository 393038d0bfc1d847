"""Running git so that neither the repository nor the environment can steer it.

A clone is material of whoever made the change: its ``.git/config`` may name programs to run, its
``refs/replace`` and grafts may show other commits than those that are deployed. So git runs with
an environment of our own, without transports, hooks, pagers, replacements and grafts, and only
commands that read.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from gate.frozen import dataclass

TIMEOUT = 20.0  # seconds a command may take
SEARCH_PATH = os.pathsep.join((os.defpath, "/usr/local/bin", "/opt/homebrew/bin"))
_KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "SYSTEMROOT")
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",  # no such transport: a partial clone must not fetch
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_NOSYSTEM": "0",  # safe.directory may stand in the system's configuration
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_OPTIONS = (
    "--no-pager",
    "--no-replace-objects",
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.commitGraph=false"),
    *("-c", "core.alternateRefsCommand="),
    *("-c", "core.sshCommand=false"),
    *("-c", "credential.helper="),
    *("-c", "diff.external="),
    *("-c", "log.showSignature=false"),
    *("-c", "protocol.allow=never"),
)


class GitFailureError(Exception):
    """Git could not be run, or did not do what was asked.

    ``cause`` and ``remedy`` are sentences of ours: git's own may quote file names and URLs.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Answer:
    """What a git command ended with."""

    code: int
    out: bytes
    error: str


class GitProcess:
    """The git executable, for one directory.

    ``environ`` may give PATH and HOME; no GIT_ variable of it reaches git. ``borrowed`` is another
    repository's folder of objects, which are found as if they were here.
    """

    def __init__(
        self, path: Path, environ: Mapping[str, str], *, borrowed: Path | None = None
    ) -> None:
        self._path = path
        kept = {name: environ[name] for name in _KEPT if environ.get(name)}
        lent = {} if borrowed is None else {"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(borrowed)}
        self._environment = {"PATH": SEARCH_PATH, **kept, **_ENVIRONMENT, **lent}

    def run(self, *arguments: str, given: bytes = b"") -> Answer:
        """Run ``git arguments…`` with ``given`` on its standard input; raises GitFailureError."""
        executable = shutil.which("git", path=self._environment["PATH"])
        if executable is None:
            raise GitFailureError("git is not installed here", "install git, or set PATH")
        command = [executable, *_OPTIONS, "-C", str(self._path)]
        # Who owns the files is no matter for one who reads. Git before 2.38 (and old versions with
        # the fix of CVE-2022-24765) take this from the configuration of HOME or the system only.
        command += ["-c", "safe.directory=*", *arguments]
        try:
            done = subprocess.run(  # noqa: S603 an argument list, no shell, revisions are checked
                command,
                input=given,
                capture_output=True,
                env=self._environment,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise GitFailureError(
                f"git {arguments[0]} took longer than {TIMEOUT:.0f} s",
                "look at the disk; run again",
            ) from None
        except (OSError, ValueError):
            raise GitFailureError("git could not be started", "check the installation") from None
        return Answer(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))
