"""Rules about the check itself. They ask for no facts: ``lint`` reports them while it reads and suppresses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cfncors.checks.registry import CHECKS, rule
from cfncors.findings import Finding, Rule

if TYPE_CHECKING:
    from cfncors.facts import Facts


@rule("E9490", "unreadable-template", doors="", about="advice")
def unreadable_template(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """The file cannot be read as a template, so nothing in it was checked.

    ## Why
    A template that is not YAML or JSON, is not UTF-8, or has a list where CloudFormation wants a mapping cannot be
    deployed. Nothing is known about its CORS settings, so the file is neither clean nor faulty: the other files are
    checked, and the exit code is 3. `fix` never writes such a file.

    A file found in a folder is reported only when it speaks of `AWS::` types; any other YAML or JSON is skipped.

    ## Example
    ```yaml
    Resources:
      - Api:
          Type: AWS::Serverless::Api
    ```
    `Resources` is a list where a mapping belongs: write `Api:` without the dash.

    ## Fix safety
    No fix. The message has the line and column at which reading stopped; the slip is there or just before it.

    ## References
    - https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
    """
    return iter(())


@rule("I9491", "unused-suppression", doors="", about="advice")
def unused_suppression(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A suppression silences nothing, or is not written as one.

    ## Why
    An ignore that outlives its finding hides the next one of that kind. One that is misspelt hides nothing, although
    its author believes so.

    A suppression is a comment with ids, prefixes of ids or names, at the end of the finding's line or on the line
    above, or an entry in `Metadata` of the resource (or of the template, for all of it). A reason is welcome in both.
    A suppression of a rule that is switched off in this run is not reported.

    ## Example
    ```yaml
    Resources:
      # cfncors: ignore[E9421] errors are read by our own client, which is no browser
      Api:
        Type: AWS::Serverless::Api
        Metadata:
          cfncors:
            ignore:
              - {id: W9422, reason: internal API}
    ```

    ## Fix safety
    No fix: whether the suppression is stale or stands on the wrong line is for its author to say.
    """
    return iter(())


UNREADABLE: Final = CHECKS["E9490"][0]
UNUSED_SUPPRESSION: Final = CHECKS["I9491"][0]
