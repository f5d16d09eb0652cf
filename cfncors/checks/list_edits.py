"""The edits of values in a list, whichever front door it is for: other texts in their place, or none."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Items

from cfncors.checks.policy_remedies import drop_items, rewrite_item
from cfncors.checks.remedies import Edits, rewritten, together
from cfncors.errors import CannotEdit
from cfncors.facts.listings import Entry, Listing
from cfncors.gateway.expressions import literal
from cfncors.gateway.policy import Policy
from cfncors.source import Document, Scalar
from cfncors.source.edit import replace
from cfncors.template import Known


def respelled(document: Document, listing: Listing, texts: dict[Entry, str]) -> Edits:
    """Other texts in the place of entries. Raises :class:`CannotEdit`."""
    if isinstance(listing.written, Policy):
        return together(*(_respelled_item(document, listing, entry, text) for entry, text in texts.items()))
    return together(*(_changed(document, leaf, some) for leaf, some in _by_leaf(texts)))


def _respelled_item(document: Document, listing: Listing, entry: Entry, text: str) -> Edits:
    if not entry.plain or entry.item is None:
        raise CannotEdit("it has to be an entry of its own first (E9412, E9418)")
    whole = listing.setting.node if listing.setting is not None else None
    if isinstance(whole, Scalar) and not whole.foreign and whole.tag is None and entry.node.foreign:
        # one of several in a text with commas, which the Serverless Framework takes for a list
        parts = [
            part.replace(entry.text, text) if part.strip() == entry.text else part for part in whole.text.split(",")
        ]
        return replace(document, whole, ",".join(parts))
    return rewrite_item(document, entry.item._replace(node=entry.node), text)


def dropped(document: Document, listing: Listing, entries: Items[Entry]) -> Edits:
    """Entries taken out, but not the last one of a list. Raises :class:`CannotEdit`."""
    setting = listing.setting
    if setting is not None:
        if any(not entry.plain or entry.item is None for entry in entries):
            raise CannotEdit("it has to be an entry of its own first (E9412, E9418)")
        return drop_items(document, setting, [entry.item for entry in entries if entry.item is not None])
    return together(*(_changed(document, leaf, some) for leaf, some in _by_leaf(dict.fromkeys(entries))))


Changes = dict[Entry, str | None]


def _by_leaf(changes: dict[Entry, str] | dict[Entry, None] | Changes) -> Iterator[tuple[Known, dict[int, str | None]]]:
    """What to write for the values of each text, by their places in it; ``None`` takes one out."""
    leaves_: dict[int, tuple[Known, dict[int, str | None]]] = {}
    for entry, text in changes.items():
        leaves_.setdefault(id(entry.leaf), (entry.leaf, {}))[1][entry.at] = text
    yield from leaves_.values()


def _changed(document: Document, leaf: Known, changes: dict[int, str | None]) -> Edits:
    """A literal with some of its values changed; the blanks between those that stay are kept."""

    def change(text: str) -> str:
        if text != leaf.text:
            raise CannotEdit("its text is put together from parts")
        inner = literal(text)
        parts = (text if inner is None else inner).split(",")
        kept = [_in_place(part, changes.get(at, part)) for at, part in enumerate(parts) if changes.get(at, part)]
        if not any(part.strip() for part in kept):
            raise CannotEdit("the list would be empty")
        shorter = ",".join(kept)
        shorter = shorter.lstrip() if 0 in changes else shorter
        return shorter if inner is None else f"'{shorter}'"

    return rewritten(document, leaf.node, change)


def _in_place(part: str, text: str | None) -> str:
    return part if text is None or text == part else part.replace(part.strip(), text, 1)
