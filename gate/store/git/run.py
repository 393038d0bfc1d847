"""Running git for a log: in a repository of our own, with a configuration and environment of ours.

The repository is a bare one in a temporary folder, made at the first use and removed with the
process: never a checkout. Git reads no configuration of the user or the system, runs no hooks, asks
nobody anything, and may use one transport only. The token reaches it in its environment, where a
credential helper, a line of shell, reads it: it never stands in an argument or a file.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path

from gate.frozen import dataclass
from gate.store.contract import StoreError
from gate.store.durable import explain
from gate.store.git.url import Credentials, GitPlace

TIMEOUT = 120.0  # seconds that one command may take
REMOTE = "log"

_SEARCH_PATH = os.pathsep.join((os.defpath, "/usr/local/bin", "/opt/homebrew/bin"))
_PROXIES = tuple(
    name
    for one in ("https_proxy", "http_proxy", "all_proxy", "no_proxy")
    for name in (one, one.upper())
)
_KEPT = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "SYSTEMROOT", "SSH_AUTH_SOCK", *_PROXIES)
_ENVIRONMENT = {
    "GIT_ASKPASS": "",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",  # git 2.44 and newer; for older ones no transport is allowed
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_HELPER = (
    '!f() { test "$1" = get && '
    'printf "username=%s\\npassword=%s\\n" "$GATE_GIT_USER" "$GATE_GIT_TOKEN"; }; f'
)
_CONFIGURATION = (
    "core.fsync=none",  # of the temporary repository: the remote's is what must last
    f"core.hooksPath={os.devnull}",
    "credential.helper=",
    "fetch.fsckObjects=false",  # what is read is held against the signed head
    "fetch.negotiationAlgorithm=noop",  # objects that we have not must not be taken for had
    "advice.fetchShowForcedUpdates=false",
    "fetch.showForcedUpdates=false",
    "gc.auto=0",
    "http.followRedirects=false",  # the token is for the host that the policy names
    "http.lowSpeedLimit=1",
    "http.lowSpeedTime=30",
    "maintenance.auto=false",
    "protocol.version=2",
    "push.gpgSign=false",
    "push.recurseSubmodules=no",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a git command ended with; ``error`` is its standard error."""

    code: int
    out: bytes
    error: str


class GitRun:
    """Runs git for the log at ``place``; ``ca`` is the path of a CA bundle, or ""."""

    def __init__(
        self,
        place: GitPlace,
        credentials: Credentials,
        environ: Mapping[str, str],
        *,
        ca: str = "",
        timeout: float = TIMEOUT,
    ) -> None:
        self._place = place
        self.timeout = timeout
        self._temporary = environ.get("TMPDIR") or None
        kept = {name: environ[name] for name in _KEPT if environ.get(name)}
        self._environment = {"PATH": _SEARCH_PATH, **kept, **_ENVIRONMENT}
        settings = [*_CONFIGURATION, f"remote.{REMOTE}.url={place.remote}"]
        settings += [f"http.sslCAInfo={ca}"] if ca else []
        self._token: dict[str, str] = {}
        if credentials.token and place.scheme in {"https", "http"}:
            settings.append(f"credential.helper={_HELPER}")
            self._token = {
                "GATE_GIT_USER": credentials.user,
                "GATE_GIT_TOKEN": credentials.token,
            }
        self._options = [word for one in settings for word in ("-c", one)]
        self._repository: Path | None = None

    def local(self, *arguments: str, given: Iterable[bytes | bytearray] = ()) -> Answer:
        """Run ``git arguments…`` without any transport; ``StoreError`` if it cannot be run."""
        return self._run(arguments, given, {"GIT_ALLOW_PROTOCOL": "none"})

    def remote(self, *arguments: str, given: Iterable[bytes | bytearray] = ()) -> Answer:
        """Run ``git arguments…`` with the one transport and the token."""
        allowed = {"GIT_ALLOW_PROTOCOL": self._place.scheme}
        return self._run(arguments, given, {**self._token, **allowed})

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start ``git arguments…``, without any transport, to be talked with over pipes."""
        try:
            return subprocess.Popen(  # noqa: S603 an argument list, no shell
                self._command(arguments),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**self._environment, "GIT_ALLOW_PROTOCOL": "none"},
                start_new_session=True,
            )
        except OSError as error:
            raise explain(error, "start git") from error

    def _run(
        self,
        arguments: tuple[str, ...],
        given: Iterable[bytes | bytearray],
        more: Mapping[str, str],
    ) -> Answer:
        """Run to the end; ``given``, which may be large, goes in by way of a file."""
        command = self._command(arguments)
        try:
            with tempfile.TemporaryFile(dir=self._made()) as source:
                source.writelines(given)
                source.seek(0)
                process = subprocess.Popen(  # noqa: S603 an argument list, no shell
                    command,
                    stdin=source,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env={**self._environment, **more},
                    start_new_session=True,
                )
        except OSError as error:
            raise explain(error, "run git in a temporary folder (TMPDIR)") from error
        with process:
            try:
                out, error_text = process.communicate(timeout=self.timeout)
            except subprocess.TimeoutExpired:
                return Answer(-1, b"", f"fatal: no answer within {self.timeout:g} s")
            finally:
                end(process)
        told = error_text.decode("utf-8", "replace")
        if process.returncode < 0:
            told += f"\nfatal: git was ended by {signal.Signals(-process.returncode).name}"
        return Answer(process.returncode, out, told)

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        executable = shutil.which("git", path=self._environment["PATH"])
        if executable is None:
            raise StoreError("git is not installed here", remedy="install git, or set PATH")
        return [executable, "--git-dir", str(self._made()), *self._options, *arguments]

    def _made(self) -> Path:
        """The repository, made at the first use."""
        if self._repository is None:
            try:
                folder = tempfile.mkdtemp(prefix="gate-log-", dir=self._temporary)
                weakref.finalize(self, _remove, folder, os.getpid())
                path = Path(folder)
                for name in ("objects", "refs"):
                    (path / name).mkdir()
                (path / "HEAD").write_text("ref: refs/heads/none\n")
                (path / "config").write_text(
                    "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
                )
            except OSError as error:
                where = f"make a temporary folder in {self._temporary or 'the usual place'}"
                raise explain(error, where) from error
            self._repository = path
        return self._repository


def _remove(folder: str, maker: int) -> None:
    if os.getpid() == maker:  # and not one that was forked off
        shutil.rmtree(folder, ignore_errors=True)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that is still there, with all that it started."""
    if process.poll() is not None:
        return
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
