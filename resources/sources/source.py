"""What the source kinds have in common: a name, the wait for the landing area, and `extract`."""

from abc import ABC, abstractmethod
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from resources.sources.landed import Landed
from resources.sources.request import ExtractRequest

SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]


class Source(BaseModel, ABC):
    """A declared source. A kind is a subclass with a literal `kind`.

    Attributes:
        name: the name of its landing folder and in every message.
        may_be_empty: whether a day, or the whole of what is not delivered by the day, may have no row at all. Not so by
            default: what was cut short looks like that, and would empty the table.
        lock_wait_seconds: how long to wait for another extraction of the same source.
    """

    # An input may hold a password, so errors do not repeat it.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: str
    name: SourceName
    may_be_empty: bool = False
    lock_wait_seconds: float = Field(default=60.0, gt=0)

    @property
    def partitioned(self) -> bool:
        """Whether it delivers by the day."""
        return False

    @abstractmethod
    def extract(self, request: ExtractRequest) -> Landed:
        """Land what the source has, unless it is landed already.

        Safe to repeat, and to start again after being killed: nothing is landed twice, nothing is lost.

        Raises:
            SourceError: one line that names the source; the landing area then holds nothing half-written.
        """
