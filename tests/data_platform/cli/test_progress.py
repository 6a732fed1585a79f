"""The progress of a run, from events alone."""

from data_platform.cli.progress import EndedStep, Progress, StepEvent, shown_step


def test_a_step_runs_from_its_start_to_its_end() -> None:
    progress = Progress(total=2)
    assert progress.take(StepEvent("STEP_START", "core__flight", 10.0)) is None
    assert progress.running(12.5) == [("core__flight", 2.5)]
    assert progress.take(StepEvent("STEP_SUCCESS", "core__flight", 13.0)) == EndedStep("core__flight", 3.0, "done")
    assert progress.running(14.0) == []


def test_a_retry_counts_from_its_own_start() -> None:
    progress = Progress()
    for event in (
        StepEvent("STEP_START", "a", 0.0),
        StepEvent("STEP_UP_FOR_RETRY", "a", 5.0),
        StepEvent("STEP_RESTARTED", "a", 8.0),
    ):
        progress.take(event)
    assert progress.take(StepEvent("STEP_FAILURE", "a", 9.0)) == EndedStep("a", 1.0, "failed")


def test_a_step_that_never_began_is_skipped_after_no_time() -> None:
    assert Progress().take(StepEvent("STEP_SKIPPED", "b", 9.0)) == EndedStep("b", 0.0, "skipped")


def test_steps_are_shown_by_the_name_of_their_table() -> None:
    assert shown_step("core__flight") == "core.flight"
