"""Random data written as YAML or JSON in random styles, by a writer that shares nothing with the edit engine."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

WORDS = ("Alpha", "Beta", "Api", "a-b", "x_y", "Fn::Sub", "https://a.example", "AWS::Lambda::Function", "two words")
NASTY = (
    "", " ", "~", "null", "yes", "No", "on", "y", "true", "1", "0x1f", "0o17", "017", "1e3", "1_000", ".5", ".inf",
    "-", "- a", "-a", "?", "? a", ":", "a:", "a: b", "a:b", "a #b", "#", "a#b", "'*'", "'GET,POST'", "*", "&a",
    "!x", "%", "@", "`", "|", ">", "{", "}", "[", "]", ",", "a,b", "[a]", "{a}", "2012-10-17", "12:30", "12:30:45",
    "...", "---", "=", "<<", '"', "'", "it's", 'say "x"', "back\\slash", "tab\t", "line\nbreak", "\r", "\u0085",
    "\u2028", "\ufeff", "é", "😀", "\u007f", "\u0000", " lead", "trail ", "a'b\"c", "${x}", "//", "1.2.3", "0", "-1",
    "+1", "1e", "e1", ".", "0b1", "NaN",
)  # fmt: skip


def value(random: Random, depth: int) -> Any:
    """Random data without tags; texts include those that look like something else."""
    kind = random.random()
    if depth > 0 and kind < 0.35:
        return {key(random): value(random, depth - 1) for _ in range(random.randint(0, 4))}
    if depth > 0 and kind < 0.55:
        return [value(random, depth - 1) for _ in range(random.randint(0, 3))]
    return random.choice([random.choice(WORDS), random.choice(NASTY), random.choice(WORDS), 7, True, None])


def key(random: Random) -> str:
    """Mostly dull, sometimes awkward."""
    return random.choice(NASTY) if random.random() < 0.15 else random.choice(WORDS) + str(random.randint(0, 99))


@dataclass
class Writer:
    """One file's style; ``comment`` numbers the comments so that each can be looked for."""

    random: Random
    step: int = 2
    dash: int = 0
    newline: str = "\n"
    count: int = field(default=0)
    #: a block scalar was written last: a comment or a line of blanks below it could become its text
    open: bool = field(default=False)

    @classmethod
    def any(cls, random: Random) -> Writer:
        step = random.choice([1, 2, 2, 3, 4, 8])
        return cls(random, step, random.choice([0, 2, step]), random.choice(["\n", "\n", "\r\n"]))

    def comment(self) -> str:
        self.count += 1
        return f"#c{self.count}."

    def document(self, content: Any) -> str:
        """A whole YAML file."""
        lines = self.block(content)
        if self.random.random() < 0.3:
            lines = [*([self.comment()] * self.random.randint(0, 1)), "---", *lines]
        if self.random.random() < 0.1:
            lines.append("...")
        text = self.newline.join(lines)
        if self.random.random() < 0.7:
            text += self.newline + self.random.choice(["", "", self.newline, self.comment() + self.newline])
        return ("\ufeff" if self.random.random() < 0.1 else "") + text

    def _extra(self, width: int) -> list[str]:
        if self.open:
            self.open = False
            return []
        chance = self.random.random()
        if chance < 0.1:
            return [" " * width + self.comment()]
        if chance < 0.2:
            return [self.random.choice(["", "  "])]
        if chance < 0.25:
            return ["", " " * width + self.comment()]
        if chance < 0.28:
            return [" " * (width + 1) + self.comment()]
        return []

    def _tail(self) -> str:
        chance = self.random.random()
        return " " + self.comment() if chance < 0.1 else " " if chance < 0.15 else ""

    def block(self, content: Any) -> list[str]:
        lines: list[str] = []
        if isinstance(content, dict) and content:
            for name, inner in content.items():
                lines += self._extra(0)
                lines += self._entry(name, inner)
            return lines
        if isinstance(content, list) and content:
            for inner in content:
                lines += self._extra(0)
                lines += self._item(inner)
            return lines
        return [self.flow(content, False)]

    def _entry(self, name: str, inner: Any) -> list[str]:
        head = self.text(name, False, key=True) + ":"
        if isinstance(inner, (dict, list)) and inner and self.random.random() < 0.8:
            width = self.dash if isinstance(inner, list) else self.step
            return [head + self._tail(), *self._shift(self.block(inner), width)]
        if isinstance(inner, (dict, list)) and self.random.random() < 0.4:
            first, *rest = self.spread(inner)
            return [f"{head} {first}", *self._shift(rest, 1)]
        if inner is None and self.random.random() < 0.6:
            return [head + self._tail()]
        if isinstance(inner, str) and (lines := self._literal(inner)):
            return [f"{head} {lines[0]}", *self._shift(lines[1:], self.step)]
        if self.random.random() < 0.08:
            return [head + self._tail(), *self._shift([self.flow(inner, False) + self._tail()], self.step)]
        return [f"{head} {self.flow(inner, False)}{self._tail()}"]

    def _item(self, inner: Any) -> list[str]:
        if isinstance(inner, (dict, list)) and inner and self.random.random() < 0.8:
            lines = self.block(inner)
            while not lines[0].strip() or lines[0].lstrip().startswith("#"):
                lines.pop(0)
            return ["- " + lines[0], *self._shift(lines[1:], 2)]
        if inner is None and self.random.random() < 0.5:
            return ["-" + self._tail()]
        return [f"- {self.flow(inner, False)}{self._tail()}"]

    @staticmethod
    def _shift(lines: list[str], width: int) -> list[str]:
        return [" " * width + line if line.strip() else line for line in lines]

    def _literal(self, text: str) -> list[str]:
        if not text.isalnum() or not text.isascii() or self.random.random() < 0.7:
            return []
        self.open = True
        return [self.random.choice(["|-", ">-"]) + self._tail().rstrip(), text, *[""] * self.random.randint(0, 1)]

    def spread(self, content: Any) -> list[str]:
        """A flow collection with one entry to a line."""
        mapping = isinstance(content, dict)
        parts = list(content.items()) if mapping else list(content)
        lines = ["{" if mapping else "["]
        for number, part in enumerate(parts):
            text = (
                self.text(part[0], True, key=True) + ": " + self.flow(part[1], True)
                if mapping
                else self.flow(part, True)
            )
            comma = "," if number < len(parts) - 1 or self.random.random() < 0.3 else ""
            lines.append(" " * self.step + text + comma + self._tail())
        return [*lines, "}" if mapping else "]"]

    def flow(self, content: Any, inside: bool) -> str:
        if isinstance(content, dict):
            pad = self.random.choice(["", " "])
            inner = ", ".join(f"{self.text(k, True, True)}: {self.flow(v, True)}" for k, v in content.items())
            return f"{{{pad}{inner}{pad}}}" if inner else "{}"
        if isinstance(content, list):
            return f"[{', '.join(self.flow(item, True) for item in content)}]"
        if isinstance(content, str):
            return self.text(content, inside)
        return json.dumps(content)

    def text(self, content: str, inside: bool, key: bool = False) -> str:
        if content in WORDS and not (inside and ":" in content) and self.random.random() < 0.7:
            return content
        if content.isprintable() and content.isascii() and self.random.random() < 0.5:
            return "'" + content.replace("'", "''") + "'"
        return json.dumps(content, ensure_ascii=True) if max(content, default="a") < "\U00010000" else f'"{content}"'


def json_text(random: Random, content: Any) -> str:
    """A JSON file: tabs, blanks or one line."""
    indent = random.choice([None, "\t", "  ", "    ", " "])
    separators = random.choice([(",", ":"), (", ", ": ")]) if indent is None else None
    text = json.dumps(content, indent=indent, separators=separators, ensure_ascii=random.random() < 0.5)
    return text.replace("\n", random.choice(["\n", "\r\n"])) + random.choice(["", "\n"])
