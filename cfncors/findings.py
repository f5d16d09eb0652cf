"""What a rule says: a finding with its place, what a browser or the deployment will say, and the fix on offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from cfncors.source import Edit, Node

if TYPE_CHECKING:
    from cfncors.browser import Fault

Severity = Literal["error", "warning", "info"]
Safety = Literal["safe", "unsafe"]

#: What a rule is about. ``exchange``: a call that a browser blocks, so that it says nothing where none is blocked.
#: ``value``: a text that no browser or service understands as it is meant. ``deployment``: what AWS, SAM or the
#: Serverless Framework refuses or drops. ``security``: what lets in more pages than anybody means. ``advice``.
About = Literal["exchange", "value", "deployment", "security", "advice"]
CaseName = Literal["preflight", "success", "client-error", "server-error"]
#: Who gives an answer: the front door itself, an integration that maps headers (a MOCK too), code, the list of a CORS
#: configuration, a bucket, CloudFront without asking what is behind it.
Answerer = Literal["door", "integration", "code", "configuration", "bucket", "edge"]

#: What a rule is about -> that in words, for people.
ABOUT: dict[About, str] = {
    "exchange": "calls that a browser blocks; it says nothing where none is blocked",
    "value": "a value that no browser or service understands as it is meant",
    "deployment": "what AWS, SAM or the Serverless Framework refuses or drops at deployment",
    "security": "access for more pages than anybody means",
    "advice": "something to know or to decide; it names no blocked call",
}
#: How many deployments a message names.
_MOST_DEPLOYMENTS = 3

_SEVERITIES: dict[str, Severity] = {"E": "error", "W": "warning", "I": "info"}


class Explains(NamedTuple):
    """A kind of blocked exchange that a rule is the explanation of. An empty set stands for all."""

    cases: frozenset[CaseName] = frozenset()
    faults: frozenset[Fault] = frozenset()
    answerers: frozenset[Answerer] = frozenset()


class Rule(NamedTuple):
    """A rule of the table: one id everywhere. ``doc`` is the docstring that ``explain``, docs and cfn-lint show."""

    id: str
    name: str
    doc: str
    #: what the rule may offer: ``"safe"``, ``"unsafe"``, both in this order, or none
    fixes: tuple[Safety, ...] = ()
    #: the front doors that it speaks of: ``"rest"``, ``"http"``, ``"url"``, ``"s3"``, ``"cdn"``; empty for any file
    doors: tuple[str, ...] = ()
    #: what somebody who looks over a configuration wants to see, and who means it does not; off unless named
    audit: bool = False
    about: About = "exchange"
    #: the blocked exchanges that it explains
    explains: tuple[Explains, ...] = ()
    #: rules whose fixes leave a finding of this one: it says what remains to be done
    follows: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """E breaks in a browser or at deployment, W is very probably wrong, I is advice."""
        return _SEVERITIES[self.id[0]]

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return self.doc.strip().partition("\n")[0]

    @property
    def url(self) -> str:
        """The rule's page."""
        return f"https://github.com/cfncors/cfncors/blob/main/docs/rules/{self.id}.md"


class Fix(NamedTuple):
    """An edit on offer. *Safe* keeps or restores what the template already says; *unsafe* says something new."""

    title: str
    safety: Safety
    edits: tuple[Edit, ...]


class Says(NamedTuple):
    """The words by which a user meets the fault."""

    who: Literal["browser", "deployment"]
    text: str


#: What a rule about exchanges says in place of a browser's words: that there is a blocked exchange to take them from.
#: Where none is blocked, its finding is dropped (:mod:`cfncors.explained`).
PROMISED: Final = Says("browser", "")


class Explained(NamedTuple):
    """A blocked exchange that a finding explains: which answer of which route pages of an origin do not get.
    ``deployment`` are the values that were chosen, as ``Stage=prod``."""

    api: str
    method: str
    path: str
    case: CaseName
    status: int | None
    #: what makes the answer: a type of gateway response, ``MOCK``, ``code``, …
    kind: str
    origin: str
    credentials: bool
    deployment: tuple[str, ...] = ()


#: See :attr:`Finding.key`.
Key = tuple[str, tuple[str, ...], tuple[str, ...], str]


class Finding(NamedTuple):
    """One fault at one place. ``node`` is the key or value that is wrong."""

    rule: Rule
    message: str
    node: Node
    fix: Fix | None = None
    #: why there is no fix although the rule has one, in a few words
    no_fix: str | None = None
    says: Says | None = None
    #: logical ids of the resources it speaks of, for suppression by resource Metadata
    resources: tuple[str, ...] = ()
    #: paths whose exchanges it is about, for the proof after a fix; empty for all of the API
    paths: tuple[str, ...] = ()
    #: the blocked exchanges that it explains, all of those that were judged
    exchanges: tuple[Explained, ...] = ()
    #: the deployments in which it holds, as ``Stage=prod``; empty when it holds in all
    deployments: tuple[str, ...] = ()
    #: which of several things is wrong, where a rule may find several in the same resources and paths
    subject: str = ""
    #: the blocked exchanges that it can explain, where they are fewer than those of its rule
    explains: tuple[Explains, ...] = ()

    @property
    def explained(self) -> tuple[Explains, ...]:
        """The kinds of blocked exchanges that it is the explanation of."""
        return self.explains or self.rule.explains

    @property
    def told(self) -> str:
        """The message with the deployments that it holds in, where it does not hold in all and does not name them."""
        return told(self.message, self.deployments)

    @property
    def refused(self) -> bool:
        """Whether it is refused at deployment, in the words of :attr:`says`; what is dropped without a word is not."""
        return self.says is not None and self.says.who == "deployment" and self.rule.severity == "error"

    @property
    def key(self) -> Key:
        """What makes two findings the same, from one state of a file to the next: not its words, and not its place or
        text, which other edits change. Several may be alike; then their number counts."""
        return self.rule.id, self.resources, self.paths, self.subject


def told(message: str, deployments: Sequence[str]) -> str:
    """A message with deployments that it does not name itself."""
    if all(name in message for name in deployments):
        return message
    shown = deployments[:_MOST_DEPLOYMENTS]
    more = len(deployments) - len(shown)
    others = f" and {more} other deployments" if more > 1 else " and another deployment" if more else ""
    return f"{message} (in {' or '.join(shown)}{others})"
