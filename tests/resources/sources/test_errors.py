import pickle

from resources.sources import SourceValueError


def test_an_error_is_one_line_that_says_where() -> None:
    error = SourceValueError("no\nnumber", source="flights", file="a.csv", row=3, column="delay")
    assert str(error) == "flights: a.csv, line 3, column delay: no number"


def test_an_error_survives_the_way_between_processes() -> None:
    error = SourceValueError("no number", source="flights", file="a.csv", row=3, column="delay", code="7")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))
