"""Tables in Markdown, row by row as their figures come, for the scripts that score."""

from __future__ import annotations


def print_head(*names: str, words: int = 1) -> None:
    """Print the head of a table whose first columns hold words and the others figures."""
    print_row(*names)
    print_row(*["---"] * words, *["---:"] * (len(names) - words))


def print_row(*cells: object) -> None:
    """Print a row."""
    print(f"| {' | '.join(map(str, cells))} |", flush=True)
