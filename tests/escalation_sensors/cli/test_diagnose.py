"""`escalation diagnose`, as a person and as a program use it."""

import json
import subprocess
import sys
from pathlib import Path

TRACEBACK = """Traceback (most recent call last):
  File "load.py", line 3, in <module>
    connect("postgresql://etl:hunter2@db/shop")
psycopg2.OperationalError: connection to server at "db", port 5432 failed: Connection refused
"""


def escalation(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "escalation_sensors.cli.app", *arguments]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=60)


def test_a_traceback_is_diagnosed_in_three_lines_without_its_secrets() -> None:
    done = escalation("diagnose", given=TRACEBACK)
    what, why, then = done.stdout.splitlines()
    assert what.startswith("what: source_unavailable (9")
    assert why.startswith("why:  rule ")
    assert then == "next: level 1 probes the source and tries again when it answers"
    assert "hunter2" not in done.stdout


def test_lines_of_json_are_diagnosed_one_by_one() -> None:
    lines = [
        {"id": 1, "exception": "duckdb.OutOfMemoryException", "message": ""},
        {"id": "b", "exception": "", "message": TRACEBACK},
        {"id": 3, "exception": "", "message": ""},
    ]
    done = escalation("diagnose", "--jsonl", given="\n".join(map(json.dumps, lines)))
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["id"], each["category"]) for each in found] == [
        (1, "out_of_memory"),
        ("b", "source_unavailable"),
        (3, "unknown"),
    ]
    assert all(set(each) == {"id", "category", "confidence", "rule", "recoverable", "fingerprint"} for each in found)


def test_a_line_that_is_no_json_is_named_by_its_number() -> None:
    for bad in ("not json", "[1]", '{"exception": "x"}', '{"id": 1, "message": 7}'):
        done = escalation("diagnose", "--jsonl", given='{"id": 1}\n' + bad)
        assert done.returncode == 1
        assert done.stderr.startswith("error: line 2: ")
        assert len(done.stderr.splitlines()) == 1


def test_nothing_on_standard_input_is_one_line() -> None:
    done = escalation("diagnose", given=" \n")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: there is nothing to diagnose; ")


def test_a_users_rules_count_and_their_faults_are_one_line(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("- rule: ours.x\n  category: unknown\n  says: connection refused\n", encoding="utf-8")
    assert "rule ours.x" in escalation("diagnose", "--rules", str(rules), given=TRACEBACK).stdout
    rules.write_text("- rule: ours.x\n  category: nothing\n  says: x\n", encoding="utf-8")
    done = escalation("diagnose", "--rules", str(rules), given=TRACEBACK)
    assert done.stderr.startswith(f"error: {rules}:2: ")
    assert len(done.stderr.splitlines()) == 1
