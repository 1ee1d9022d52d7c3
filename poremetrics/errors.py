"""What can go wrong, each with what to do about it.

Every error a user can meet is a :class:`PoremetricsError`. It carries the exit
code of the command line and reads as one line: subject, reason, remedy.
"""

from __future__ import annotations


class PoremetricsError(Exception):
    """An expected failure, told in one line.

    Parameters
    ----------
    subject : str
        What the failure is about: the photo, file, option or key as the user gave it.
    reason : str
        What is wrong with it.
    remedy : str
        What the user can do about it.
    """

    exit_code = 2

    def __init__(self, subject: str, reason: str, remedy: str) -> None:
        self.subject = subject
        self.reason = reason
        self.remedy = remedy
        super().__init__(subject, reason, remedy)

    def __str__(self) -> str:
        """Return the one line that is shown: subject, reason, remedy."""
        return " ".join(f"{self.subject}: {self.reason}; {self.remedy}".split())


class UsageError(PoremetricsError):
    """An option, settings, region, manifest or calibration file that cannot be used (exit 2)."""

    exit_code = 2


class PhotoError(PoremetricsError):
    """A photo that could not be read (exit 3)."""

    exit_code = 3


class SkinError(PoremetricsError):
    """A photo that was read but shows no usable skin region (exit 4)."""

    exit_code = 4
