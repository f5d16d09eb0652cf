"""Text with exact places. YAML and JSON become a tree whose every node knows where it stands; edits go back as text.

Nothing here knows AWS. Offsets are code points from 0 in the decoded text, a byte order mark included.
"""

from cfncors.source.document import Document
from cfncors.source.edit import Edit, apply
from cfncors.source.nodes import Entry, Mapping, Node, Scalar, Sequence
from cfncors.source.read import decode, parse

__all__ = ["Document", "Edit", "Entry", "Mapping", "Node", "Scalar", "Sequence", "apply", "decode", "parse"]
