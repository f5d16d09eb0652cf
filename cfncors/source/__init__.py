"""Text with exact places. YAML and JSON become a tree whose every node knows where it stands; edits go back as text.

Nothing here knows AWS. Offsets are code points from 0 in the decoded text, a byte order mark included.
"""

from cfncors.source.document import Document, Parent, Position, Shared
from cfncors.source.edit import Edit, append, apply, put, remove, rename, replace
from cfncors.source.emit import Data, Raw, Tagged
from cfncors.source.nodes import Entry, Mapping, Node, Scalar, Sequence
from cfncors.source.read import code_beside, decode, parse, parse_beside

__all__ = [
    "Data",
    "Document",
    "Edit",
    "Entry",
    "Mapping",
    "Node",
    "Parent",
    "Position",
    "Raw",
    "Scalar",
    "Sequence",
    "Shared",
    "Tagged",
    "append",
    "apply",
    "code_beside",
    "decode",
    "parse",
    "parse_beside",
    "put",
    "remove",
    "rename",
    "replace",
]
