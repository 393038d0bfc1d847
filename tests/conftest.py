"""Tests run offline and in a clean environment, whoever's machine or CI they run on."""

from __future__ import annotations

import ipaddress
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

# Importlib mode adds nothing to the path, and ``worlds.py`` is for every test to import; so are the
# modules of the benches, whose generated logs must be right, and those of the matrix.
for folder in (Path(__file__).parent, *(Path(__file__).parent / n for n in ("bench", "matrix"))):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))

# Beside pytest's own cache: it takes a .hypothesis at the root for a misconfiguration, and warns.
set_hypothesis_home_dir(Path(__file__).parents[1] / ".pytest_cache" / "hypothesis")

# A deadline is a timing assertion: on a busy runner it fails for nothing.
settings.register_profile("gate", deadline=None)
settings.load_profile("gate")

_SOCKET_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKUP_EVENTS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
_LOCAL_NAMES = frozenset({"", "localhost", "localhost.localdomain"})

_DIRTY = (
    *("GATE_", "GITHUB_", "GITLAB_", "CI_", "JENKINS_", "BUILD_", "RUNNER_", "ACTIONS_", "GIT_"),
    *("AWS_", "GOOGLE_", "AZURE_"),
)
_DIRTY_NAMES = frozenset(
    {
        *("CI", "NO_COLOR", "FORCE_COLOR", "JOB_NAME", "JOB_URL", "REQUESTS_CA_BUNDLE"),
        *(
            "CURL_CA_BUNDLE",
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
            "NO_PROXY",
        ),
        *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    }
)


class OutsideError(Exception):
    """A test reached for something beyond this machine."""


def is_local(host: object) -> bool:
    """Whether a host, as given to the socket functions, is this machine."""
    if host is None or host in _LOCAL_NAMES:
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return text in _LOCAL_NAMES


def refuse_outside(event: str, args: tuple[object, ...]) -> None:
    """Audit hook: sockets may connect and send to loopback only, and names are not looked up."""
    if not event.startswith("socket."):
        return
    if event in _SOCKET_EVENTS:
        address = args[1] if len(args) > 1 else None
        # A string or bytes is a path in the file system: a Unix socket.
        if isinstance(address, tuple) and not is_local(address[0]):
            raise OutsideError(f"{event} to {address[0]!r}: tests may use loopback only")
    elif event in _LOOKUP_EVENTS and not is_local(args[0]):
        raise OutsideError(f"{event} of {args[0]!r}: tests may use loopback only")


# Under nohup, or in the background of a script, the commands that tests start would not heed the
# signals that tests send.
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

sys.addaudithook(refuse_outside)  # beneath every client library; it cannot be taken off again


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    """No variable of the CI that runs the tests, nor a developer's own token, reaches a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in tuple(os.environ):
            if name.startswith(_DIRTY) or name in _DIRTY_NAMES:
                patch.delenv(name)
        yield
