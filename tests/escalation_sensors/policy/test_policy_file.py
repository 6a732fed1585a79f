"""The policy file: what it sets, and that what is wrong in it is told with its line."""

from pathlib import Path

import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.setup import setup_with
from escalation_sensors.policy.policy import Cap, Policy
from escalation_sensors.policy.policy_file import PolicyError, load_policy


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "escalation.yaml"
    path.write_text(text)
    return path


def test_what_is_written_is_read_and_paths_are_beside_the_file(tmp_path: Path) -> None:
    policy = load_policy(
        written(
            tmp_path,
            "pipeline: project.recovery:pipeline\n"
            "rules: rules/own.yaml\n"
            "categories:\n  data_quality: propose\n  unknown: watch\n"
            "packages:\n  allow_list: allowed.txt\n  modules: {yaml: pyyaml}\n"
            "relax_after_good_runs: 3\n",
        )
    )
    assert policy.cap(Category.DATA_QUALITY) is Cap.PROPOSE
    assert policy.cap(Category.UNKNOWN) is Cap.WATCH
    assert policy.cap(Category.OUT_OF_MEMORY) is Cap.REPAIR
    assert (policy.rules, policy.packages.allow_list) == (tmp_path / "rules/own.yaml", tmp_path / "allowed.txt")
    assert (policy.packages.modules, policy.relax_after_good_runs) == ({"yaml": "pyyaml"}, 3)


def test_an_empty_file_is_the_default(tmp_path: Path) -> None:
    assert load_policy(written(tmp_path, "# nothing yet\n")) == Policy()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("categories:\n  data_quality: propose\n  unkown: watch\n", ":3: categories.unkown: "),
        ("categories:\n  data_quality: fix\n", ":2: categories.data_quality: input should be 'watch'"),
        ("\n\nretries: 7\n", ":3: retries: there is no such setting"),
        ("pipeline: project.recovery\n", ":1: pipeline: "),
        ("relax_after_good_runs: 0\n", ":1: relax_after_good_runs: "),
        ("\nmost_age_hours: .inf\n", ":2: most_age_hours: input should be less than or equal to 8760"),
        ("stale_heartbeat_seconds: 1e300\n", ":1: stale_heartbeat_seconds: input should be less than or equal to "),
        ("packages:\n  allowlist: x\n", ":2: packages.allowlist: there is no such setting"),
        ("- one\n", ":1: a policy file holds settings"),
        ("a: [\n", ":2: "),
    ],
)
def test_what_is_wrong_is_told_in_one_line_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(PolicyError) as error:
        load_policy(path)
    assert str(error.value).startswith(f"{path}{told}")
    assert "\n" not in str(error.value)


def test_a_policy_that_cannot_be_read_allows_nothing_and_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = setup_with(tmp_path / "missing.yaml")
    assert {setup.policy.cap(category) for category in Category} == {Cap.WATCH}
    assert "nothing is repaired" in capsys.readouterr().err


def test_rules_that_cannot_be_read_are_left_out_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "own.yaml").write_text("- rule: mine\n  category: nonsense\n  says: x\n")
    setup = setup_with(written(tmp_path, "rules: own.yaml\n"))
    assert setup.classifier is not None
    assert "own.yaml:2: rule mine, category: " in capsys.readouterr().err


def test_a_pipeline_that_cannot_be_made_is_left_out_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = setup_with(written(tmp_path, "pipeline: no_such_module:pipeline\n"))
    assert setup.pipeline.versions is None
    assert "no_such_module" in capsys.readouterr().err
