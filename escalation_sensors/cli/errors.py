"""The error that a person can mend."""


class CommandError(Exception):
    """A command cannot do what it was asked; the message is one line with the way out."""
