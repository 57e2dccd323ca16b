"""One file per page: load, act, answer."""
