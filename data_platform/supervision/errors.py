"""What can be wrong before the platform is up; each a single line with the way out."""


class SupervisionError(Exception):
    """The platform cannot be started; the message is one line that says why and what to do."""
