from pathlib import Path

import pytest

from tests.data_platform.models.model_case import MODELS, ModelCase, cases

CASES = list(cases(Path(__file__).parent))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.model.name}: {case.name}")
def test_a_model_makes_of_the_given_rows_what_is_expected(case: ModelCase) -> None:
    assert case.rows() == case.expected()


def test_every_model_has_a_case() -> None:
    assert {case.model.name for case in CASES} == MODELS.keys()
