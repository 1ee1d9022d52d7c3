"""The command ``poremetrics``, also as ``python -m poremetrics``.

Ctrl-C is met here, around everything, so that it is told in one line at any moment; also while the
libraries are still loading, which takes the longest part of a second.
"""

import signal
import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line."""
    try:
        from poremetrics.cli import main as run  # noqa: PLC0415 - loading can be interrupted

        run()
    except KeyboardInterrupt:
        # A second one finds nothing left to interrupt.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if "--debug" in sys.argv:
            raise
        sys.stderr.write("poremetrics: interrupted; run it again to go on or begin anew\n")
        sys.exit(INTERRUPTED)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    main()
