"""The headers of an object, by a request that a store's library signed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gate.store.contract import StoreError

if TYPE_CHECKING:
    from gate.place import Place
    from gate.store.bucket.primitive import HeadHeaders


def headers_by(place: Place, ca: str) -> HeadHeaders:
    """What asks for the headers of an object by its URL, with the policy's network settings.

    ``ca`` is a CA bundle as the policy writes it, "" for the network's own. What it returns raises
    ``StoreError`` unless the object's headers were had.
    """
    from gate.http import Budget, FetchError, Wire

    network = place.policy.network
    bundle = ca or network.ca
    path = str(place.root / bundle) if bundle else ""

    def headers(url: str) -> Mapping[str, str]:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        budget = Budget(network.budget)
        wire = Wire("bucket", origin, auth=None, network=network, budget=budget, ca=path)
        with closing(wire):
            try:
                # Of all but success it raises: other headers than the object's tell nothing of it.
                return dict(wire.session.request("HEAD", url, headers={"Accept": "*/*"}).headers)
            except FetchError as error:
                raise StoreError(
                    f"the headers of an object at {origin} could not be read: "
                    f"{error.problem.cause}",
                    remedy="check that this job may read what it writes, its retention included",
                ) from error

    return headers
