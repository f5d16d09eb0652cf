"""From a function's source to what it may return."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from cfncors.handlers import frameworks, modules, origins
from cfncors.handlers.files import Files
from cfncors.handlers.library import LAMBDA_CONTEXT
from cfncors.handlers.machine import Machine, OutOfBudget
from cfncors.handlers.model import (
    Asked,
    Framework,
    Handler,
    Header,
    Kind,
    OriginChoice,
    Place,
    Response,
    Site,
    Source,
    Status,
)
from cfncors.handlers.syntax import NotRead
from cfncors.handlers.values import (
    NULL,
    UNDEFINED,
    Closure,
    Const,
    Ends,
    Env,
    Event,
    External,
    Given,
    Object,
    Ref,
    Sink,
    Text,
    Undefined,
    Unknown,
    UnknownKind,
    Value,
    choice,
    const,
    options,
    text_of,
)

if TYPE_CHECKING:
    from cfncors.handlers.frameworks import Policy

_HEADERS: Final = "headers"
_MULTI: Final = "multiValueHeaders"
#: Code that is not seen may have taken such a field away again, or have never set it.
_MAY_BE_ABSENT: Final = (UnknownKind.CHANGED, UnknownKind.FIELD)


def follow(
    source: Source, texts: Mapping[str, str] | None = None, asked: Asked | None = None, files: Files | None = None
) -> Handler:
    """Everything that a function of JavaScript, TypeScript or Python may return, to any request or to one.

    ``texts`` stand in for files on disk; ``files`` are those of an earlier run, parsed already. Raises
    :class:`NotRead`.
    """
    collector = _Collector(Machine(files or Files(source, texts or {}), asked))
    collector.run(source)
    return collector.handler()


class _Collector:
    """Hears what the function returns while it is followed."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.found: dict[object, Response] = {}
        self.origins: dict[OriginChoice, None] = {}
        self.framework: Framework | None = None
        self.crash: Place | None = None

    def run(self, source: Source) -> None:
        """Load the file and call what it exports."""
        machine = self.machine
        try:
            module = modules.load(machine, source.path)
            machine.scope = module.scope
            self.enter(self._exported(module, source), Place(source.path, 0, 0, 1))
            machine.finish()
        except Ends:
            self.crash = self._crash()
            machine.give_up("the function ends with an error on every way")
        except OutOfBudget:
            machine.give_up("the code is too long to be followed")
        except RecursionError:
            machine.give_up("the code is nested too deeply to be followed")

    def _crash(self) -> Place | None:
        """The function that ends with an error, where that is certain: nothing that was not followed may answer in its
        place, and no callback that it was given."""
        machine = self.machine
        is_certain = not (machine.reasons or machine.deferred or self.found)
        return machine.entered if is_certain else None

    def _exported(self, module: modules.Module, source: Source) -> Value:
        machine = self.machine
        names = source.export.split(".")
        value = modules.exported(machine, module, names[0])
        for name in names[1:]:
            from cfncors.handlers import members

            value = members.get_member(machine, value, const(name), Place(source.path, 0, 0, 1))
        if isinstance(value, Undefined):
            raise NotRead(f"{machine.files.shown(source.path)} does not export {source.export!r}")
        return value

    # --- the function that Lambda calls

    def enter(self, value: Value, place: Place) -> None:
        """Call the function with an event, hearing what it returns."""
        machine = self.machine
        event = (Event(()), External((LAMBDA_CONTEXT,)))
        machine.listeners[0] = self._callback
        for option in options(value):
            if isinstance(option, Closure):
                machine.entered = option.code.place
                arguments = event if machine.module.language == "python" else (*event, Sink(0))
                machine.call_closure(option, Given(arguments), self._listener(len(machine.frames)))
            elif isinstance(option, Ref) and machine.state.heap[option.address].maker is not None:
                self._library(option, place)
            elif isinstance(option, Ref) and machine.object(option) is not None:
                self._callable_object(option, place)
            else:
                self._not_known(option, place)

    def _listener(self, depth: int) -> Callable[[Value, Place], None]:
        """Hears what the call at a depth returns, and whether it does so where an error was caught."""
        return lambda value, place: self.hear(value, place, self.machine.frames[depth].catching)

    def _callable_object(self, option: Ref, place: Place) -> None:
        self.machine.give_up(f"{self._at(place)}: what is exported is no function")

    def _library(self, entry: Ref, place: Place) -> None:
        """What a library made of the function."""
        machine = self.machine
        wrapped = frameworks.wrapped(machine, entry)
        if wrapped is None:
            self._of_framework(entry, machine.state.heap[entry.address].place or place)
            return
        inner = _Collector(machine)
        inner.enter(wrapped.function, place)
        self.framework = inner.framework
        for key, response in inner.found.items():
            self.found[key] = _with_policy(response, wrapped.policy, wrapped.is_open)
        if wrapped.policy is None:
            self.origins.update(inner.origins)
        else:
            self._use(wrapped.policy)
        for reason in wrapped.reasons:
            machine.give_up(reason)

    def _of_framework(self, entry: Ref, place: Place) -> None:
        """A response that a library makes: its headers are those that its options say."""
        machine = self.machine
        policy = frameworks.policy(machine, entry)
        if policy is None:
            maker = machine.state.heap[entry.address].maker
            name = maker.path[0] if maker is not None else "a library"
            machine.give_up(f"{self._at(place)}: answered by {name}, whose CORS options were not found")
            return
        self._use(policy)
        headers = dict(policy.headers)
        self.found[place, policy.place] = Response(
            ("unknown",), headers, True, "unknown", place, None, None, how=policy.name
        )

    def _use(self, policy: Policy) -> None:
        self.framework = Framework(policy.name, policy.place, policy.shown)
        self.origins.update(dict.fromkeys(policy.origins))

    def _not_known(self, value: Value, place: Place) -> None:
        reason = value.reason if isinstance(value, Unknown) else "a value that is no function"
        self.machine.give_up(f"{self._at(place)}: the function is {reason}")

    def _at(self, place: Place) -> str:
        return f"{self.machine.files.shown(place.path)}:{place.line}"

    def _callback(self, given: Given, place: Place) -> None:
        error = given.at(0)
        if len(given.values) > 1 or given.more:
            self.hear(given.at(1), place, 0)
        elif not isinstance(error, Undefined) and error != NULL:
            return  # the invocation fails: the front door answers

    # --- what it returns

    def hear(self, value: Value, place: Place, catching: int) -> None:
        """One returned value."""
        for option in options(value):
            if isinstance(option, Undefined) or option == NULL:
                continue
            found = self.machine.object(option)
            if found is not None and found.maker is not None:
                assert isinstance(option, Ref)
                self._of_framework(option, place)
            elif found is not None and found.items is None and (found.made_of is None or not self.machine.is_python):
                self._object(found, place, catching)
            elif (found is not None and found.items is not None) or isinstance(option, Const | Text | Env):
                self._keep(_plain(place, self.machine), None)
            else:
                reason = option.reason if isinstance(option, Unknown) else "something that is not followed"
                self.machine.give_up(f"{self._at(place)}: returns {reason}")

    def _object(self, found: Object, place: Place, catching: int) -> None:
        statuses = tuple(dict.fromkeys(map(_status, options(found.get("statusCode")))))
        if statuses == (None,):
            self._keep(_plain(place, self.machine)._replace(literal=found.place), None)
            return
        reader = _HeaderReader(self.machine, found)
        reader.read()
        response = Response(
            statuses=statuses,
            headers=reader.headers,
            is_open=reader.is_open,
            kind=_kind(statuses, catching),
            place=place,
            literal=found.place,
            headers_place=reader.place,
            methods=found.methods.both(self.machine.state.methods),
            doubled=reader.doubled,
            sites=tuple(reader.sites),
            denied=found.denied or self.machine.state.denied,
            caught=bool(catching),
        )
        self._keep(response, reader)

    def _keep(self, response: Response, reader: _HeaderReader | None) -> None:
        key = (response.place, response.literal, response.statuses, tuple(response.headers.items()), response.is_open)
        known = self.found.get(key)
        if known is not None:
            response = response._replace(methods=known.methods.either(response.methods))
        if known is not None and not known.denied:
            response = response._replace(denied=False)
        if known is not None and not known.caught:
            response = response._replace(caught=False)
        self.found[key] = response
        if reader is not None:
            for each in reader.origins(response):
                self.origins.setdefault(self._believed(each), None)

    def _believed(self, found: OriginChoice) -> OriginChoice:
        """No origin counts as unchecked when some test of it was perhaps not seen."""
        if found.kind != "reflected":
            return found
        from cfncors.handlers.examined import looks_at_origin

        files = self.machine.files
        is_tested = looks_at_origin((each for _, each in files.parsed.values()), files.texts)
        return found._replace(kind="unknown") if is_tested else found

    def handler(self) -> Handler:
        """All that was heard."""
        machine = self.machine
        reasons = (*machine.reasons, *machine.files.problems) if machine.reasons else ()
        if not self.found and not reasons:
            reasons = ("it returns nothing that is a response",)
        return Handler(
            tuple(self.found.values()),
            not reasons,
            tuple(reasons),
            tuple(self.origins),
            self.framework,
            tuple(machine.files.texts),
            frozenset(machine.asks),
            tuple(machine.named),
            self.crash,
        )


def _plain(place: Place, machine: Machine) -> Response:
    """A value without ``statusCode``: the front door makes the response, or refuses it."""
    return Response((None,), {}, False, "unknown", place, None, None, machine.state.methods, how="without statusCode")


def _status(value: Value) -> Status:
    if isinstance(value, Undefined):
        return None
    if isinstance(value, Const):
        if isinstance(value.value, int) and not isinstance(value.value, bool):
            return value.value
        if isinstance(value.value, str) and value.value.isdecimal():
            return int(value.value)
    return "unknown"


def _kind(statuses: tuple[Status, ...], catching: int) -> Kind:
    if catching:
        return "error"
    numbers = [status for status in statuses if isinstance(status, int)]
    if len(numbers) < len(statuses) or not numbers:
        return "unknown"
    errors = [number >= 400 for number in numbers]
    return "error" if all(errors) else "success" if not any(errors) else "unknown"


def _with_policy(response: Response, policy: Policy | None, is_open: bool) -> Response:
    """A response with the headers that a middleware adds: those that it has not already."""
    headers = dict(response.headers)
    for name, header in policy.headers if policy is not None else ():
        own = headers.get(name)
        if own is None:
            headers[name] = header._replace(always=header.always)
        elif not own.always:
            values = tuple(dict.fromkeys((*own.values, *header.values)))
            headers[name] = own._replace(values=values, always=header.always)
    return response._replace(headers=headers, is_open=response.is_open or is_open)


class _HeaderReader:
    """The headers of one response object."""

    def __init__(self, machine: Machine, found: Object) -> None:
        self.machine = machine
        self.found = found
        self.headers: dict[str, Header] = {}
        self.values: dict[str, Value] = {}
        self.places: dict[str, Place | None] = {}
        self.is_open = False
        self.place: Place | None = None
        self.doubled: tuple[str, ...] = ()
        self.sites: list[Site] = []

    def read(self) -> None:
        """Take ``headers`` and ``multiValueHeaders`` together."""
        self._take(self.found.get(_HEADERS), multi=False)
        single = dict(self.headers)
        self._take(self.found.get(_MULTI), multi=True)
        self.doubled += tuple(
            name
            for name, header in single.items()
            if (other := self.headers[name]).multi and not {*other.values} <= {*header.values, None}
        )

    def _take(self, value: Value, multi: bool) -> None:
        maps: list[dict[str, Value]] = []
        unknown = False
        for option in options(value):
            if isinstance(option, Undefined) or option == NULL:
                maps.append({})
                if not multi and self.found.place is not None:
                    self.sites.append(Site(self.found.place, True, frozenset()))
                continue
            found = self.machine.object(option)
            if found is None or found.items is not None or found.maker is not None:
                unknown = True
                continue
            unknown = unknown or found.is_open
            maps.append(self._by_name(found))
            if not multi and found.place is not None:
                self.place = found.place
                names = frozenset(map(str.lower, found.fields))
                self.sites.append(Site(found.place, False, names, found.spreads))
        self.is_open = self.is_open or unknown
        for name in dict.fromkeys(name for each in maps for name in each):
            self._header(name, [each.get(name, UNDEFINED) for each in maps], unknown and len(options(value)) > 1, multi)

    def _by_name(self, found: Object) -> dict[str, Value]:
        """Fields by lower-case name; one that is written in two ways may be sent twice."""
        named: dict[str, Value] = {}
        for name, value in found.fields.items():
            lower = name.lower()
            if lower in named and not isinstance(value, Undefined):
                self.doubled = (*self.doubled, lower)
                value = choice((named[lower], value))
            named[lower] = value
            self.places[lower] = found.written(name)
        return named

    def _header(self, name: str, values: list[Value], may_lack: bool, multi: bool) -> None:
        flat = options(choice(values))
        sent = [each for each in flat if not isinstance(each, Undefined) and each != NULL]
        if not sent:
            return
        if any(isinstance(each, Unknown) and each.kind in _MAY_BE_ABSENT for each in sent):
            may_lack = True
        always = len(sent) == len(flat) and not may_lack
        texts = tuple(dict.fromkeys(self._text(each, multi) for each in sent))
        self.values[name] = choice(sent)
        known = self.headers.get(name)
        if known is None:
            self.headers[name] = Header(name, texts, always, self.places.get(name) or self.place, multi)
        else:
            both = tuple(dict.fromkeys((*known.values, *texts)))
            self.headers[name] = known._replace(values=both, always=known.always or always, multi=True)

    def _text(self, value: Value, multi: bool) -> str | None:
        found = self.machine.object(value)
        if multi and found is not None and found.items is not None:
            texts = [text_of(item) for item in found.items]
            known = [text for text in texts if text is not None]
            return ", ".join(known) if len(known) == len(texts) and not found.is_open else None
        return text_of(value)

    def origins(self, response: Response) -> tuple[OriginChoice, ...]:
        """How its ``Access-Control-Allow-Origin`` is chosen."""
        value = self.values.get(origins.ALLOW_ORIGIN)
        if value is None:
            return ()
        place = self.places.get(origins.ALLOW_ORIGIN) or self.place or response.place
        return origins.choices(self.machine, value, place, response)
