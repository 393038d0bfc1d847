"""The one way gate asks services anything, and what it says when they do not answer.

One policy for every service, also inside their client libraries, which are handed ``Wire.session``:

* connecting may take 5 s and each read 15 s, both clipped to what is left of the budget, and the
  budget bounds the whole exchange, however slowly it drips;
* a GET, and what else may be sent twice, is tried at most three times, with jitter;
  ``Retry-After`` (RFC 9110 10.2.3, and decimals as some services send them) is honoured within the
  budget;
* redirects are followed to the same scheme, host and port only;
* TLS is always verified; plain http goes to loopback only; proxies are honoured, ``.netrc``
  and cookies never; the CA is the policy's or certifi's, never the environment's;
* a reply over 10 MB is refused while it streams, and its Content-Type is looked at before it is
  parsed.

Whatever goes wrong is a ``FetchError`` that carries a ``Problem``: service, request, cause, remedy.
"""

from gate.http.auth import Bearer
from gate.http.budget import Budget
from gate.http.failure import FetchError
from gate.http.once import write_once
from gate.http.post import Posted, Poster
from gate.http.session import PolicySession, Request, utc_now
from gate.http.wire import Wire, get_json

__all__ = [
    "Bearer",
    "Budget",
    "FetchError",
    "PolicySession",
    "Posted",
    "Poster",
    "Request",
    "Wire",
    "get_json",
    "utc_now",
    "write_once",
]
