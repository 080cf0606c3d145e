"""The queue is fair, and the worker survives every job."""

import threading
import time

from jphoto.app.jobs.queue import FairQueue
from jphoto.app.jobs.worker import OPENING_SECONDS, Worker


class Note:
    """A job that notes what happens to it."""

    held = has_something = True

    def __init__(self, client, key, notes, work=lambda: None):
        self.client, self.key, self.notes, self.work = client, key, notes, work
        self.places = []

    def run(self):
        self.notes.append(self.key)
        self.work()

    def stop(self):
        self.notes.append(f"stop {self.key}")

    def fail(self, line):
        self.notes.append(f"{self.key}: {line}")

    def drop(self):
        self.notes.append(f"drop {self.key}")

    def wait(self, place):
        self.places.append(place)


def jobs(*names):
    return [Note(name[0], name, []) for name in names]


def test_clients_take_turns():
    queue = FairQueue()
    for job in jobs("a1", "a2", "a3", "b1", "c1", "b2"):
        queue.add(job)
    order = ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert [job.key for job in queue.in_order()] == order
    assert [queue.take().key for _ in order] == order
    assert queue.take(0) is None


def test_a_client_that_has_just_had_its_turn_waits_for_the_others():
    queue = FairQueue()
    for job in jobs("a1", "a2", "b1"):
        queue.add(job)
    assert queue.take().key == "a1"
    queue.add(jobs("a3")[0])
    assert [queue.take().key for _ in range(3)] == ["b1", "a2", "a3"]


def test_what_waits_can_be_taken_out():
    queue = FairQueue()
    for job in jobs("a1", "b1", "a2"):
        queue.add(job)
    assert [job.key for job in queue.remove(lambda job: job.client == "a")] == ["a1", "a2"]
    assert len(queue) == 1 and queue.take().key == "b1"


def fail():
    raise ValueError("a bug")


def test_a_job_that_fails_and_one_whose_failure_cannot_be_noted_end_nothing():
    notes, done = [], threading.Event()
    broken = Note("a", "a2", notes, fail)
    broken.fail = lambda line: fail()
    worker = Worker()
    for job in (Note("a", "a1", notes, fail), broken, Note("a", "a3", notes, done.set)):
        worker.add(job)
    worker.begin()
    assert done.wait(10) and worker.end()
    assert notes[0] == "a1" and "ValueError: a bug" in notes[1] and notes[-1] == "a3"


def test_the_running_job_is_stopped_and_those_that_wait_are_dropped():
    notes, running, go = [], threading.Event(), threading.Event()

    def work():
        running.set()
        go.wait(10)

    worker = Worker()
    worker.begin()
    worker.add(Note("a", "a1", notes, work))
    assert running.wait(10)
    other = Note("b", "b1", notes)
    for job in (Note("a", "a2", notes), other):
        worker.add(job)
    assert worker.has_waiting and other.places == [2]
    worker.stop(lambda job: job.client == "a")
    assert notes == ["a1", "stop a1", "drop a2"] and other.places[-1] == 1
    go.set()
    assert worker.end()


def test_idle_work_gives_way_and_does_not_go_on_at_once(monkeypatch):
    notes, done = [], threading.Event()

    def idle():
        for number in range(1000):
            notes.append(number)
            if not number:
                worker.add(Note("a", "a1", notes, done.set))
            yield number

    monkeypatch.setattr("jphoto.app.jobs.worker.OPENING_SECONDS", 0.0)
    worker = Worker(idle)
    worker.begin()
    assert done.wait(10)
    time.sleep(0.05)
    assert worker.end()
    assert notes == [0, "a1"]


def test_what_is_expected_later_does_not_shorten_the_wait():
    notes = []
    worker = Worker(lambda: iter(notes.append(number) for number in range(9)))
    worker.expect(60)
    worker.expect(0.0)
    worker.begin()
    time.sleep(0.05)
    assert worker.end()
    assert notes == []


def test_while_a_browser_opens_the_page_no_idle_work_begins(server, monkeypatch):
    expected = []
    monkeypatch.setattr(server.worker, "expect", lambda *seconds: expected.append(seconds))
    assert server.http.get("/").status_code == 200
    assert expected == [(OPENING_SECONDS,)]
