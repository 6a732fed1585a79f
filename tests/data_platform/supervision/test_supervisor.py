"""The supervisor with real processes: it starts, restarts and stops them, however it ends itself."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.data_platform.supervision.processes import Started, alive, all_gone, command_of, eventually

SLEEPS = [sys.executable, "-c", "import time; time.sleep(300)"]
WITH_GRANDCHILD = ["sh", "-c", "sleep 300 & exec sleep 300"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(300)",
]
Start = Callable[..., Started]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Started] = []

    def begin(children: dict[str, list[str]], ignoring: tuple[int, ...] = (), lasting: int | None = None) -> Started:
        arguments = (str(tmp_path), json.dumps(children))
        process = Started("tests.data_platform.supervision.supervise", *arguments, environment={}, ignoring=ignoring)
        started.append(process)
        # The lifeline is one more.
        expected = 1 + (len(children) if lasting is None else lasting)
        eventually(lambda: len(process.tree()) >= expected, "the children were started")
        return process

    yield begin
    for process in started:
        process.clean_up()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_one_signal_stops_everything_with_exit_code_0(start: Start, number: signal.Signals) -> None:
    supervisor = start({"one": SLEEPS, "two": WITH_GRANDCHILD})
    eventually(lambda: len(supervisor.tree()) == 4, "the grandchild is there")
    tree = supervisor.tree()
    supervisor.send(number)
    assert supervisor.wait() == 0
    eventually(lambda: all_gone(tree), "all are gone")


def test_sigint_stops_it_also_where_the_shell_had_it_ignored(start: Start) -> None:
    supervisor = start({"one": SLEEPS}, ignoring=(signal.SIGINT,))
    supervisor.send(signal.SIGINT)
    assert supervisor.wait() == 0


def test_nohup_outlives_its_terminal(start: Start) -> None:
    supervisor = start({"one": SLEEPS}, ignoring=(signal.SIGHUP,))
    supervisor.send(signal.SIGHUP)
    with pytest.raises(psutil.TimeoutExpired):
        psutil.Process(supervisor.process.pid).wait(0.7)
    supervisor.send(signal.SIGTERM)
    assert supervisor.wait() == 0


def test_killing_the_supervisor_takes_children_and_grandchildren_along(start: Start) -> None:
    supervisor = start({"one": SLEEPS, "two": WITH_GRANDCHILD})
    eventually(lambda: len(supervisor.tree()) == 4, "the grandchild is there")
    tree = supervisor.tree()
    supervisor.send(signal.SIGKILL)
    supervisor.wait()
    eventually(lambda: all_gone(tree), "all are gone")


def test_a_child_that_dies_is_started_again_and_told(start: Start) -> None:
    supervisor = start({"one": SLEEPS})
    child = next(one for one in supervisor.tree() if "sleep" in command_of(one))
    child.kill()
    line = supervisor.wait_for_line("one was ended by signal 9")
    assert "starting it again in 1 s" in line
    eventually(lambda: any("sleep" in command_of(one) for one in supervisor.tree()), "it is there again")


def test_a_child_that_keeps_dying_is_started_less_and_less_often(start: Start) -> None:
    supervisor = start({"one": ["sh", "-c", "echo broken; exit 3"], "two": SLEEPS}, lasting=1)
    assert "ended with code 3; starting it again in 1 s" in supervisor.wait_for_line("one")
    assert "ended with code 3; starting it again in 2 s" in supervisor.wait_for_line("one")


def test_a_childs_output_is_kept_in_its_log(start: Start, tmp_path: Path) -> None:
    start({"one": ["sh", "-c", "echo to out; echo to err >&2; exec sleep 300"]})
    eventually(lambda: "to err" in (tmp_path / "one.log").read_text(), "the output is kept")
    assert (tmp_path / "one.log").read_text() == "to out\nto err\n"


def test_a_second_signal_ends_a_child_that_does_not_listen(start: Start, tmp_path: Path) -> None:
    supervisor = start({"one": STUBBORN})
    eventually(lambda: "deaf" in (tmp_path / "one.log").read_text(), "it is deaf")
    supervisor.send(signal.SIGTERM)
    supervisor.wait_for_line("stopping")
    assert supervisor.process.poll() is None
    supervisor.send(signal.SIGTERM)
    assert supervisor.wait() == 0


def test_a_lifeline_that_was_killed_is_replaced_and_knows_the_children(start: Start) -> None:
    supervisor = start({"one": SLEEPS})

    def lifelines() -> list[psutil.Process]:
        return [one for one in supervisor.tree() if "lifeline.py" in command_of(one) and alive(one)]

    eventually(lambda: len(lifelines()) == 1, "it has a lifeline")
    (first,) = lifelines()
    first.kill()
    eventually(lambda: [one.pid for one in lifelines()] not in ([], [first.pid]), "it has another")
    tree = supervisor.tree()
    supervisor.send(signal.SIGKILL)
    supervisor.wait()
    eventually(lambda: all_gone(tree), "all are gone")


def test_a_home_is_supervised_once_and_free_again_after_a_kill(start: Start, tmp_path: Path) -> None:
    first = start({"one": SLEEPS})
    arguments = (str(tmp_path), json.dumps({"one": SLEEPS}))
    second = Started("tests.data_platform.supervision.supervise", *arguments, environment={})
    assert f"stop it with kill {first.process.pid}" in second.wait_for_line("SupervisionError: ")
    assert second.wait() == 1
    first.send(signal.SIGKILL)
    first.wait()
    third = start({"one": SLEEPS})
    third.send(signal.SIGTERM)
    assert third.wait() == 0
