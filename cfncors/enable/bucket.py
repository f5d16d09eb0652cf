"""Buckets: the first rule that matches origin, method and headers answers, so a wish has a rule of its own.

Amazon S3 User Guide, "Elements of a CORS configuration".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cfncors.enable.asked import Asked
from cfncors.enable.changes import Change
from cfncors.enable.in_lists import in_line
from cfncors.enable.wanted import Wanted, headers, in_lists, written
from cfncors.errors import CannotEdit
from cfncors.gateway.model import Bucket, Door, Model
from cfncors.gateway.policy import BUCKET_NAMES, Policy
from cfncors.source import Mapping, Sequence
from cfncors.source.edit import append, put

#: What a page does with a bucket when nothing else is said: it reads.
READS: Final = ("GET", "HEAD")
#: What hands over the parts of an upload, which the page names by the ETag of each (S3 User Guide, "Uploading an
#: object using multipart upload").
_UPLOADS: Final = frozenset(("PUT", "POST"))


def plan(model: Model, door: Door, wish: Asked) -> Iterator[Change]:
    """What a bucket lacks."""
    assert isinstance(door, Bucket)
    wanted = _wanted(wish)
    rule = _rule(door, wish, wanted)
    if rule is not None:
        yield from in_line(model, rule, wanted, wish)
        return
    document = model.template.document
    made = written(wanted, BUCKET_NAMES)
    what = f"a rule with {', '.join(made)}"
    if not door.policies:
        edits = put(document, door.resource.node, ("Properties", "CorsConfiguration", "CorsRules"), [made])
        yield Change(f"CorsConfiguration: {what}", edits)
        return
    configuration = door.resource.get("CorsConfiguration")
    rules = configuration.get("CorsRules") if isinstance(configuration, Mapping) else None
    if not isinstance(rules, Sequence) or rules.tag is not None:
        raise CannotEdit("CorsRules is made by an intrinsic function; write the rules out")
    yield Change(f"CorsRules: {what}", append(document, rules, made))


def _wanted(wish: Asked) -> Wanted:
    verbs = list(wish.methods or READS)
    wish = wish._replace(methods=tuple(verbs))
    wanted = in_lists("s3", (), wish)
    wanted["methods"] = verbs
    # Signed requests bring half a dozen headers along, which differ by SDK; S3 sends back only the names asked for.
    wanted["headers"] = headers((), wish) if wish.headers else ["*"]
    if not _UPLOADS.isdisjoint(verbs) and "etag" not in (name.lower() for name in wish.expose):
        wanted["expose"] = [*wish.expose, "ETag"]
    return wanted


def _rule(door: Bucket, wish: Asked, wanted: Wanted) -> Policy | None:
    """The rule for the pages asked for: one that names them, or one for all that would answer them first without
    the credentials that they send (S3 allows none together with ``*``)."""
    for rule in door.policies:
        origins = rule.texts("origins")
        if origins is not None and set(wish.origins) <= set(origins):
            return rule
        verbs = rule.texts("methods") or []
        if wish.credentials and "*" in (origins or []) and not set(verbs).isdisjoint(_verbs(wanted)):
            return rule
    return None


def _verbs(wanted: Wanted) -> list[str]:
    listed = wanted["methods"]
    return listed if isinstance(listed, list) else []
