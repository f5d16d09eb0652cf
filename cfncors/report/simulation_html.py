"""``simulate --format html``: one page with the matrix, to be read anywhere and shared as it is.

Nothing is loaded from elsewhere and nothing runs. It follows the reader's light or dark scheme, and says with marks and
words what it shows in colour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Final

from cfncors.report.simulation import Case, Refused, Route, Simulation, Visit
from cfncors.report.simulation_words import (
    COLUMNS,
    DOUBT,
    LEGEND,
    MARKS,
    Note,
    assumed,
    closed,
    doubtful,
    groups,
    not_deployed,
    notes,
    summary,
    verdict_word,
    visitors,
    word,
)
from cfncors.report.terminal import printable

_STYLE: Final = """
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --ink: #1b1f27; --soft: #5b6472; --line: #dfe3e9; --head: #f0f2f5; --code: #f0f2f5;
  --good: #0b6b3a; --good-back: #dff5e7; --bad: #a4161a; --bad-back: #fde3e2;
  --open: #7a4d00; --open-back: #fdf0d0; --none: #5b6472; --none-back: transparent;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12151b; --card: #1a1f28; --ink: #e7eaf0; --soft: #a2abba; --line: #313946; --head: #212834;
    --code: #11151b;
    --good: #7fe0a5; --good-back: #12351f; --bad: #ffa19c; --bad-back: #45181b;
    --open: #f3cd78; --open-back: #3a2c0c; --none: #a2abba; --none-back: transparent;
  }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 2.5rem 1.25rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif; }
main { max-width: 72rem; margin: 0 auto; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: .25rem 0; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
code, pre, .path { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; margin: 1.5rem 0;
  overflow: hidden; }
section > header { padding: 1rem 1.25rem .75rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; min-width: 60rem; table-layout: fixed; }
col.case { width: 10.6rem; }
col.case:last-child { width: 11.2rem; }
th, td { padding: .55rem .6rem; text-align: left; border-top: 1px solid var(--line); }
thead th { background: var(--head); font-size: .85rem; white-space: nowrap; }
thead th small { display: block; font-weight: 400; color: var(--soft); }
tbody th[scope=rowgroup] { font-size: .85rem; color: var(--soft); padding: .9rem .75rem .35rem 1.25rem; }
tbody th[scope=row] { font-weight: 500; }
thead th:first-child, tbody th[scope=row] { padding-left: 1.25rem; }
td:last-child { padding-right: 1.25rem; }
tbody tr.group + tr th, tbody tr.group + tr td { border-top: 0; }
.path { font-size: .95rem; overflow-wrap: anywhere; }
.verb { display: inline-block; min-width: 4.2rem; font-weight: 700; font-size: .82rem; letter-spacing: .02em; }
.cell { display: flex; align-items: center; gap: .4rem; padding: .3rem .5rem; border-radius: 8px;
  min-height: 2.1rem;
  border: 1px solid transparent; white-space: nowrap; font-weight: 600; font-size: .95rem; }
.cell b { font-size: 1.1rem; line-height: 1; width: 1.1rem; text-align: center; }
.cell small { font-weight: 400; }
.allowed { color: var(--good); background: var(--good-back); border-color: var(--good); }
.blocked { color: var(--bad); background: var(--bad-back); border-color: var(--bad); border-width: 2px; }
.depends { color: var(--open); background: var(--open-back); border-color: var(--open); border-style: dashed; }
.not-needed { color: var(--none); background: var(--none-back); }
.unsent { background: transparent; border-style: dotted; border-width: 1px; font-weight: 400; }
.legend { display: flex; flex-wrap: wrap; gap: .35rem 1.1rem; padding: .75rem 1.25rem;
  border-top: 1px solid var(--line); font-size: .85rem; color: var(--soft); list-style: none; margin: 0; }
.legend b { color: var(--ink); margin-right: .3rem; }
.notes { padding: .25rem 1.25rem .5rem; border-top: 1px solid var(--line); }
.refused { border-top: 0; }
details { border-bottom: 1px solid var(--line); padding: .65rem 0; }
details:last-child { border-bottom: 0; }
summary { cursor: pointer; font-weight: 600; overflow-wrap: anywhere; }
summary .mark { display: inline-block; min-width: 1.5rem; padding: 0 .35rem; margin-right: .35rem; border-radius: 6px;
  text-align: center; border: 0; }
details > :not(summary) { margin: .4rem 0 .2rem 1.25rem; }
details p { overflow-wrap: anywhere; }
pre { background: var(--code); padding: .7rem .9rem; border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere;
  font-size: .85rem; }
footer { font-size: .85rem; color: var(--soft); }
@media (max-width: 62rem) {
  table, tbody, tr, th[scope=row], th[scope=rowgroup], td { display: block; min-width: 0; width: 100%; }
  colgroup { display: none; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr:not(.group) { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.6rem, 1fr)); gap: .3rem .6rem;
    padding: .6rem 1.25rem .9rem; border-top: 1px solid var(--line); }
  tr.group + tr { border-top: 0; padding-top: 0; }
  tbody th[scope=row], td, td:last-child { border: 0; padding: 0; }
  tbody th[scope=row] { grid-column: 1 / -1; }
  td::before { content: attr(data-case); display: block; font-size: .8rem; color: var(--soft); }
}
@media print { body { padding: 0; background: none; } section { break-inside: avoid; } }
"""
_LEAD: Final = "What browsers do with each route, before it is deployed."
_FOOT: Final = (
    "Predicted by cfncors from the template: AWS's answers, judged by the Fetch standard. A handler's own "
    "headers are not part of a template."
)
_SUBTITLES: Final = {
    "preflight": "may it be sent?",
    "success": "can its answer be read?",
    "client-error": "AWS's refusals",
    "server-error": "AWS's failures",
}


def render(simulation: Simulation) -> str:
    """The page."""
    name = re.split(r"[/\\]", simulation.name)[-1]  # a page that is shared says nothing about folders
    title = f"CORS of {name}" if name else "CORS"
    body = "\n".join(
        [
            f"<h1>{_text(title)}</h1>",
            f'<p class="soft">{_LEAD} {_text(summary(simulation))}</p>',
            *map(_refused, simulation.refused),
            *(_visit(visit) for visit in simulation.shown),
            *(f"<p>{_text(line.replace(chr(0xA0), chr(32)))}</p>" for line in closed(simulation)),
            *_incomplete(simulation),
            f"<footer>{_FOOT}</footer>",
        ]
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n"
        "</html>\n"
    )


def _text(text: str) -> str:
    return escape(printable(text))


def _refused(refused: Refused) -> str:
    file, line, column = refused.place
    name = re.split(r"[/\\]", file)[-1]
    title = not_deployed(refused._replace(place=(name, line, column)))
    mark = f'<span class="mark blocked">{MARKS["blocked"]}</span>'
    details = f"<details open><summary>{mark}{_text(title)}</summary><pre>{_text(refused.text)}</pre></details>"
    return f'<section><div class="notes refused">{details}</div></section>'


def _visit(visit: Visit) -> str:
    return "\n".join(
        [
            "<section>",
            f"<header><h2>{_text(visitors(visit)[:1].upper() + visitors(visit)[1:])}</h2>{_assumed(visit)}</header>",
            f'<div class="scroll"><table role="table"><colgroup><col>{"<col class=case>" * len(COLUMNS)}</colgroup>',
            *_head(),
            *_body(visit),
            "</table></div>",
            *_legend(),
            *_notes(visit),
            "</section>",
        ]
    )


def _head() -> Iterator[str]:
    yield '<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">route<small>&nbsp;</small></th>'
    for case, name in COLUMNS.items():
        yield f'<th scope="col" role="columnheader">{name}<small>{_text(_SUBTITLES[case])}</small></th>'
    yield "</tr></thead>"


def _body(visit: Visit) -> Iterator[str]:
    for label, routes in groups(visit):
        yield '<tbody role="rowgroup"><tr class="group" role="row">'
        yield f'<th scope="rowgroup" role="rowheader" colspan="{len(COLUMNS) + 1}">{_text(label)}</th></tr>'
        yield from map(_row, routes)
        yield "</tbody>"


def _row(route: Route) -> str:
    name = f'<span class="path"><span class="verb">{_text(route.method)}</span> {_text(route.path)}</span>'
    return f'<tr role="row"><th scope="row" role="rowheader">{name}</th>{"".join(map(_cell, route.cases))}</tr>'


def _cell(case: Case) -> str:
    said = verdict_word(case)
    classes = f"cell {case.verdict}{'' if case.sent else ' unsent'}"
    words = word(case)
    is_asked = case.sent and case.verdict != "not-needed"
    is_status = is_asked and (case.reply.status is not None or case.verdict == "allowed")
    shown = f"<span>{_text(words)}</span>" if is_status or not case.sent else ""
    detail = said if is_status or (case.sent and not is_asked) else words if case.sent else ""
    small = f"<small>{_text(detail)}</small>" if detail else ""
    doubt = f' <span title="inferred, not documented">{DOUBT}</span>' if doubtful(case) else ""
    mark = f'<b aria-hidden="true">{MARKS[case.verdict]}</b>'
    cell = f'<td role="cell" data-case="{COLUMNS[case.case]}" title="{_text(case.reason)}">'
    return f'{cell}<span class="{classes}">{mark}{shown}{small}{doubt}</span></td>'


def _legend() -> Iterator[str]:
    yield '<ul class="legend">'
    for mark, text in LEGEND:
        yield f"<li><b>{mark}</b>{text}</li>"
    yield "</ul>"


def _assumed(visit: Visit) -> str:
    values = assumed(visit)
    return f'<p class="soft">Assumed: <code>{_text(", ".join(values))}</code></p>' if values else ""


def _notes(visit: Visit) -> Iterator[str]:
    found = notes(visit)
    if found:
        yield f'<div class="notes">{"".join(map(_note, found))}</div>'


def _note(note: Note) -> str:
    is_open = " open" if note.verdict == "blocked" else ""
    mark = "" if note.kind == "doubt" else f'<span class="mark {note.verdict}">{MARKS[note.verdict]}</span>'
    lines = "".join(f"<p>{_text(line)}</p>" for line in note.lines)
    console = f"<pre>{_text(note.console)}</pre>" if note.console is not None else ""
    return (
        f"<details{is_open}><summary>{mark}{_text(note.title)}</summary>{lines}"
        f'<p class="soft">on {_text(note.where)}</p>{console}</details>'
    )


def _incomplete(simulation: Simulation) -> Iterator[str]:
    for each in simulation.incomplete:
        yield f"<p><b>{_text(each.api)}</b> is not simulated: {_text(each.reason)}.</p>"
