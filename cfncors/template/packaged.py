"""What the Serverless Framework packages for a service: its API Gateway resources and function URLs.

Follows ``serverless`` 3 and ``osls`` (``lib/plugins/aws/package/compile``) step by step, with their logical ids; the
tests compare with templates that both really made. Everything stands at its place in the service's file and takes no
edit there: what can be edited is the event, the ``cors`` of the provider or of the URL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cfncors.source import Mapping, Node
from cfncors.source.nodes import Entry
from cfncors.template.packaged_http import http_resources, url_resources
from cfncors.template.packaged_nodes import Made, node_of
from cfncors.template.packaged_rest import rest_resources
from cfncors.template.placed import text_at
from cfncors.template.serverless import Service, extensions, overlaid


def with_packaged(service: Service, written: Iterable[Entry]) -> Iterator[Entry]:
    """The resources that the framework makes, with those that the service writes merged into them."""
    made: dict[str, Entry] = {}
    for each in (*_functions(service), *rest_resources(service), *http_resources(service), *url_resources(service)):
        node = node_of({"Type": each.type, "Properties": each.properties}, each.place)
        made[each.logical_id] = Entry(text_at(each.logical_id, each.place), node)
    for name, extension in extensions(service):
        if name in made:
            made[name] = Entry(made[name].key, _extended(made[name].value, extension))
    for entry in written:
        before, value = made.pop(entry.key.text, None), service.written(entry.value)
        yield Entry(entry.key, value if before is None else overlaid(before.value, value))
    yield from made.values()


def _functions(service: Service) -> Iterator[Made]:
    for function in service.functions:
        handler = function.node.get("handler")
        yield Made(function.logical_id, function.key, "AWS::Lambda::Function", {"Handler": handler})


def _extended(node: Node, extension: Mapping) -> Node:
    """``extensions`` replace properties one by one (``lib/merge-custom-provider-resources.js``)."""
    if not isinstance(node, Mapping):
        return node
    entries = dict(node.items())
    given, more = entries["Properties"].value, extension.get("Properties")
    if isinstance(given, Mapping) and isinstance(more, Mapping):
        properties = Mapping(list({**dict(given.items()), **dict(more.items())}.values()), more.start, more.end, False)
        properties.foreign = True
        entries["Properties"] = Entry(entries["Properties"].key, properties)
    for name in ("Condition", "Metadata", "DependsOn"):
        found = extension.entry(name)
        if found is not None:
            entries[name] = found
    extended = Mapping(list(entries.values()), node.start, node.end, False)
    extended.foreign = True
    return extended
