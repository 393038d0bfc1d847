"""Certificate authorities that the environment names: set aside, since only the policy names them.

Whoever writes the job also writes its environment, and could answer for every service and store. A
library that looks for them by itself must not find them (docs/decisions/0005-ca-of-the-policy.md).
"""

from __future__ import annotations

import os

NAMES = ("SSL_CERT_FILE", "SSL_CERT_DIR")

_aside: dict[str, str] = {}


def set_aside() -> None:
    """Take them out of this process's environment."""
    _aside.clear()
    for name in NAMES:
        value = os.environ.pop(name, None)
        if value is not None:
            _aside[name] = value


def for_others() -> dict[str, str]:
    """Them, for a command that gate runs: its own connections are its own matter."""
    return dict(_aside)
