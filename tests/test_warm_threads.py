"""Which thread does what comes in."""

import threading

import pytest

from portal.warm_threads import WarmThreads


class Task:
    """Something to do, which notes the thread that did it and waits, if it is told to."""

    def __init__(self, until=None):
        self.by, self.done, self.begun, self._until = None, threading.Event(), threading.Event(), until

    def service(self):
        self.by = threading.current_thread().name
        self.begun.set()
        if self._until:
            assert self._until.wait(60)
        self.done.set()

    def cancel(self):
        raise AssertionError("everything was done")


@pytest.fixture
def threads():
    made = WarmThreads()
    made.set_thread_count(4)
    yield made
    made.shutdown()
    assert not made.threads


def wait_until_all_rest(threads):
    pause = threading.Event()
    for _look in range(6000):
        with threads.lock:
            if threads.active_count == 0:
                return
        pause.wait(0.01)
    raise AssertionError("not all of them rest")


def test_one_thing_after_the_other_is_done_by_the_same_thread(threads):
    tasks = [Task() for _number in range(12)]
    for task in tasks:
        wait_until_all_rest(threads)
        threads.add_task(task)
        assert task.done.wait(60)
    assert len({task.by for task in tasks}) == 1


def test_what_comes_at_once_is_done_by_all_threads_at_once_and_the_rest_in_turn(threads):
    go_on = threading.Event()
    first, later = [Task(go_on) for _number in range(4)], [Task() for _number in range(8)]
    for task in [*first, *later]:
        threads.add_task(task)
    assert all(task.begun.wait(60) for task in first)
    assert not any(task.begun.is_set() for task in later)
    go_on.set()
    assert all(task.done.wait(60) for task in [*first, *later])
    assert len({task.by for task in first}) == 4


def test_all_end_when_they_are_told_to_even_at_rest(threads):
    wait_until_all_rest(threads)
    threads.shutdown()
    assert not threads.threads
