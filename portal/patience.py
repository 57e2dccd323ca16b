"""How long a client may take to say what it wants and to take the answer.

Saying it costs no thread, but a place among the connections; the answer is a thread's as long as much of it is untaken.
"""

HEADER_SECONDS = 20
BODY_SECONDS = 60  # and one more for each SLOWEST bytes
SLOWEST = 2000
UNTAKEN_SECONDS = 60  # in which not one byte of the answer was taken


class Patience:
    """Ends the connections whose request has been coming in for too long, however busily."""

    def __init__(self):
        self._began = {}

    def look_at(self, channels, now):
        """Close those of waitress's `channels` that are too slow; `now` is time.time(), by which waitress counts too."""
        coming = {channel: channel.request for channel in channels if channel.request is not None}
        self._began = {channel: self._known(channel, request, now) for channel, request in coming.items()}
        for channel, (request, began) in self._began.items():
            if now - began > allowed(request):
                channel.will_close = True
        for channel in channels:
            if channel.total_outbufs_len and now - channel.last_activity > UNTAKEN_SECONDS:
                channel.will_close = True

    def _known(self, channel, request, now):
        known = self._began.get(channel)
        return known if known is not None and known[0] is request else (request, now)


def allowed(request):
    """Return how many seconds a request that is coming in may have taken so far."""
    if not request.headers_finished:
        return HEADER_SECONDS
    return BODY_SECONDS + request.body_bytes_received / SLOWEST
