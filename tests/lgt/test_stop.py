from __future__ import annotations

import signal
import threading
import time

import pytest

from lgt.stop import Stop, stop_requests


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_for_a_stop_and_handlers_come_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_requests(None) as stop:
        assert signal.getsignal(number) is not before
        assert not stop.requested()
        signal.raise_signal(number)
        assert stop.requested()
        assert stop.signalled
        assert stop.reason == number.name
        assert signal.getsignal(number) is before  # a second one acts as it would without us
    assert signal.getsignal(number) is before


def test_handlers_come_back_after_an_error() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(RuntimeError, match="inside"), stop_requests(None):
        raise RuntimeError("inside")
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stop_requests(None) as stop:
            signal.raise_signal(signal.SIGINT)
            assert not stop.requested()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_leave_handlers_alone() -> None:
    seen = []

    def work() -> None:
        with stop_requests(0.0) as stop:
            seen.append((signal.getsignal(signal.SIGTERM), stop.requested()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(signal.getsignal(signal.SIGTERM), True)]


def test_the_time_limit() -> None:
    stop = Stop(0.02)
    assert not stop.requested()
    time.sleep(0.03)
    assert stop.requested()
    assert not stop.signalled
    assert stop.reason == "the time limit"


def test_the_first_reason_stays() -> None:
    stop = Stop()
    stop.request("one")
    stop.request("two")
    assert stop.reason == "one"
