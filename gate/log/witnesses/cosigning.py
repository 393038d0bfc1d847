"""Having a log's newest head cosigned, after it was committed.

A head is committed first and cosigned after, so that what a witness has seen is in the store and
stays there. A crash between the two leaves a head that the log alone signed: readers end 12 with
it, and the next writer, who opens it with ``LogView(quorum=False)``, has its own head cosigned,
which covers everything before.
"""

from __future__ import annotations

from contextlib import closing

from gate.log.reading.trust import Trust
from gate.log.reading.view import LogView, read_head
from gate.log.witnesses.asking import Post
from gate.log.witnesses.witness import NewerHeadError, NotCosignedError, cosign
from gate.store.contract import Store


def cosign_head(
    store: Store, trust: Trust, view: LogView, *, known: int = 0, post: Post | None = None
) -> bytes:
    """The head of ``view`` with the cosignatures that the quorum needs, to be stored in its place.

    ``view`` is of the store's newest head; ``known`` guesses the size that witnesses have seen
    last, such as the size before the append. ``post`` is a ``gate.http.Poster`` with the policy's
    network settings; without it, one with the defaults. Raises ``NewerHeadError`` where somebody
    else has appended and had that cosigned: read the head again, and see whether it has the quorum.
    ``NotCosignedError`` where the quorum is not met; also where a witness has seen more than the
    store shows, which then was rolled back.
    """
    if post is None:
        from gate.http import Poster

        with closing(Poster()) as own:
            return cosign_head(store, trust, view, known=known, post=own)
    try:
        return cosign(view.checkpoint, trust.policy, view.prove_growth, post, known=known)
    except NewerHeadError as error:
        now = trust.policy.open_signed(read_head(store))
        if now.size > view.size:
            raise
        raise NotCosignedError(
            f"{error.message}\n  and {store.url} shows no more than {now.size} entries",
            remedy=error.remedy,
            answers=error.answers,
        ) from None
