"""What a terminal needs: colour, width of characters, wrapped lines, and no control characters from files."""

from __future__ import annotations

from typing import Final, NamedTuple

#: Control characters would let a template write to the terminal, and bidirectional overrides make a line look like
#: another (CVE-2021-42574); tabs and line ends are the reports' own business.
_CONTROLS: Final = {
    code: "\ufffd"
    for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    if chr(code) not in "\t\n"
}


class Style(NamedTuple):
    """How to write for one output: with colour or without, and how many columns are there."""

    colour: bool = False
    width: int = 80

    def red(self, text: str) -> str:
        """Errors and removed lines."""
        return self._paint("31", text)

    def yellow(self, text: str) -> str:
        """Warnings."""
        return self._paint("33", text)

    def green(self, text: str) -> str:
        """What is on offer, and added lines."""
        return self._paint("32", text)

    def cyan(self, text: str) -> str:
        """Advice and hunks."""
        return self._paint("36", text)

    def bold(self, text: str) -> str:
        """Names."""
        return self._paint("1", text)

    def dim(self, text: str) -> str:
        """The frame around source lines."""
        return self._paint("2", text)

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


def printable(text: str) -> str:
    """The text without characters that steer a terminal."""
    return text.translate(_CONTROLS)


def printable_name(name: str) -> str:
    """A file name on one line."""
    return printable(name).replace("\n", "\ufffd")


def columns(char: str) -> int:
    """How many columns a character takes on a terminal."""
    if char.isascii():
        return 1
    import unicodedata

    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wrapped(text: str, width: int, first: str, rest: str) -> str:
    """The text in lines of at most ``width`` columns after their prefixes. A longer word stands alone, unbroken; a
    no-break space joins words that belong together, such as a command."""
    lines: list[str] = []
    for paragraph in printable(text).split("\n"):
        line = first if not lines else rest
        empty = True
        for word in paragraph.replace("\t", " ").split(" "):
            if not word:
                continue
            if not empty and _width(line) + 1 + _width(word) > width:
                lines.append(line)
                line, empty = rest, True
            line += word if empty else f" {word}"
            empty = False
        lines.append(line.rstrip())
    return "\n".join(lines).replace("\u00a0", " ")


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(map(columns, text))
