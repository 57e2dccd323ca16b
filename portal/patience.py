"""How long a client may take to say what it wants: it costs no thread meanwhile, but a place among the connections."""

HEADER_SECONDS = 20
BODY_SECONDS = 60  # and one more for each SLOWEST bytes
SLOWEST = 2000


class Patience:
    """Ends the connections whose request has been coming in for too long, however busily."""

    def __init__(self):
        self._began = {}

    def look_at(self, channels, now):
        """Close those of waitress's `channels` that are too slow; `now` is in seconds, of any clock that only grows."""
        coming = {channel: channel.request for channel in channels if channel.request is not None}
        self._began = {channel: self._known(channel, request, now) for channel, request in coming.items()}
        for channel, (request, began) in self._began.items():
            if now - began > allowed(request):
                channel.will_close = True

    def _known(self, channel, request, now):
        known = self._began.get(channel)
        return known if known is not None and known[0] is request else (request, now)


def allowed(request):
    """Return how many seconds a request that is coming in may have taken so far."""
    if not request.headers_finished:
        return HEADER_SECONDS
    return BODY_SECONDS + request.body_bytes_received / SLOWEST
