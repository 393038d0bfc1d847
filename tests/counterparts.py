"""What the end-to-end tests run that we did not write: act, a runner of GitHub Actions' workflows,
and jira820, a stand-in for Jira Data Center. And the built wheel, in an environment of its own.

``make e2e`` puts them where they are looked for here.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

ENVIRONMENTS = Path(__file__).parents[1] / ".venv"
WHEEL = ENVIRONMENTS / "wheel" / "bin"
COUNTERPARTS = ENVIRONMENTS / "counterparts" / "bin"
DEADLINE = 60.0  # seconds for anything here to start, or to end


def outside(home: Path, *programs: Path) -> dict[str, str]:
    """An environment with nothing of the user's in it: ``programs`` come first on the path."""
    path = os.pathsep.join([*(str(p) for p in programs), os.environ.get("PATH", os.defpath)])
    home.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": path,
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "LC_ALL": "C.UTF-8",
    }


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that ended."""

    code: int
    out: str
    err: str


def run(command: list[str], directory: Path, environment: Mapping[str, str]) -> Ended:
    """Run a process to its end."""
    done = subprocess.run(
        command,
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=4 * DEADLINE,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


STATUSES = (
    '{"statuses": [["Open","todo","1"],["Approved","inprogress","3"],["Done","done","10002"]]}'
)


# Its command, but for the setting that it reads from no file: whose session every request is.
START = """
import sys, uvicorn
from jira820.config import load_config
from jira820.server import make_app
config = load_config()
config.current_user = sys.argv[1]
uvicorn.run(make_app(config=config), host=config.host, port=config.port)
"""


class Jira820:
    """jira820, with project CHG. Whatever happens there happens at 09:00 UTC of ``day``.

    It asks nobody who they are: whoever asks is ``account``, one of its users. Transitions are made
    by its user ``admin``.
    """

    def __init__(self, folder: Path, day: str, account: str) -> None:
        self._account = account
        self._log = folder / "jira820.log"
        config = folder / "jira820.json"  # JSON is YAML
        config.write_text(STATUSES)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._settings = {
            "JIRA820_HOST": "127.0.0.1",
            "JIRA820_PORT": str(port),
            "JIRA820_DATE": day,
            "JIRA820_PROJECT_KEY": "CHG",
            "JIRA820_CONFIG": str(config),
        }
        self._environment = outside(folder / "jira820-home") | self._settings
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [COUNTERPARTS / "python", "-c", START, self._account],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + DEADLINE
        while not self._answers():
            if time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"jira820 does not answer:\n{self._log.read_text()}")
        return self

    def _answers(self) -> bool:
        assert self._process is not None
        try:
            code = self._process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            try:
                self.get("myself")
            except requests.ConnectionError:
                return False
            return True
        raise AssertionError(f"jira820 ended {code}:\n{self._log.read_text()}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End it, if it runs."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=DEADLINE)
            self._process = None

    def get(self, path: str) -> Any:
        """What its REST API shows."""
        reply = requests.get(f"{self.url}/rest/api/2/{path}", timeout=DEADLINE)
        reply.raise_for_status()
        return reply.json()

    def create(self, **fields: Any) -> str:
        """A ticket's key; ``reporter`` is shown as its creator, too."""
        whole = {"project": {"key": "CHG"}, "issuetype": {"name": "Task"}, **fields}
        return str(self._post("issue", {"fields": whole}).json()["key"])

    def transition(self, key: str, status: str) -> None:
        """``admin`` moves the ticket to a status."""
        offered = self.get(f"issue/{key}/transitions")["transitions"]
        (chosen,) = (way["id"] for way in offered if way["to"]["name"] == status)
        self._post(f"issue/{key}/transitions", {"transition": {"id": chosen}})

    def _post(self, path: str, body: Any) -> requests.Response:
        reply = requests.post(f"{self.url}/rest/api/2/{path}", json=body, timeout=DEADLINE)
        reply.raise_for_status()
        return reply


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a step said to the runner by a workflow command."""

    level: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow run as its runner saw it; steps go by their ``id``."""

    code: int
    results: Mapping[str, str]
    outputs: Mapping[str, Mapping[str, str]]
    summaries: Mapping[str, str]
    printed: Mapping[str, str]
    annotations: tuple[Annotation, ...]
    log: str


def act(
    workflow: Path,
    checkout: Path,
    home: Path,
    *,
    environment: Mapping[str, str],
    variables: Mapping[str, str],
    secrets: Mapping[str, str],
    actor: str,
) -> Workflow:
    """Let act run a workflow for a push to ``checkout``, on this machine and without Docker.

    ``environment`` is the runner's own, from which act takes what it cannot know (``GITHUB_…``).
    """
    home.mkdir(parents=True)
    files = {"env": environment, "var": variables, "secret": secrets}
    options = []
    for name, values in files.items():
        # Quoted, as the file is read as dotenv: a key of several lines stays one value.
        lines = [f"{key}={json.dumps(value)}\n" for key, value in values.items()]
        (home / name).write_text("".join(lines))
        options += [f"--{name}-file", str(home / name)]
    (home / "event.json").write_text(json.dumps({"ref": "refs/heads/main"}))
    ended = run(
        [
            *(str(COUNTERPARTS / "act"), "push", "--json", "--actor", actor),
            *("-P", "ubuntu-latest=-self-hosted", "-W", str(workflow)),
            *("-e", str(home / "event.json"), *options),
            # Its servers would listen to everybody.
            *("--no-cache-server", "--cache-server-addr", "127.0.0.1"),
            *("--artifact-server-addr", "127.0.0.1"),
        ],
        checkout,
        outside(home, WHEEL),
    )
    return _seen(ended)


def _seen(ended: Ended) -> Workflow:
    lines = [json.loads(line) for line in ended.out.splitlines() if line.startswith("{")]
    results, summaries = {}, {}
    outputs: dict[str, dict[str, str]] = {}
    printed: dict[str, str] = {}
    annotations = []
    for line in lines:
        step = (line.get("stepID") or [""])[0]
        command = line.get("command", "")
        if "stepResult" in line:
            results[step] = line["stepResult"]
        if line.get("raw_output"):
            printed[step] = printed.get(step, "") + line["msg"]
        if command == "set-output":
            outputs.setdefault(step, {})[line["name"]] = line["arg"]
        elif command == "summary":
            summaries[step] = line["content"]
        elif command in {"notice", "warning", "error"}:
            title = line.get("kvPairs", {}).get("title", "")
            annotations.append(Annotation(command, title, line["arg"]))
    return Workflow(
        ended.code,
        results,
        outputs,
        summaries,
        printed,
        tuple(annotations),
        ended.out + ended.err,
    )
