"""What the rules ask of a template, each thing worked out when it is first asked for, and once.

:class:`Facts` stands above the model and below the rules. It is the one place that keeps what was worked out: nothing
is kept in the model, whose values are frozen. The modules beside it hold the types of the facts and how they are found;
they are loaded when somebody asks.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cfncors.functions import Functions, with_code

if TYPE_CHECKING:
    from cfncors.facts.allow_lists import AllowList, ListRole
    from cfncors.facts.chosen_in_code import Allowed, Chosen
    from cfncors.facts.chosen_in_template import Choice
    from cfncors.facts.code import Behind, Calling
    from cfncors.facts.headers import Site
    from cfncors.facts.lacking import Lacking
    from cfncors.facts.listings import Listing
    from cfncors.facts.preflights_in_code import Answering
    from cfncors.functions.places import Places
    from cfncors.gateway.model import HttpApi, Model, RestApi
    from cfncors.gateway.policy import Role
    from cfncors.template import Template
    from cfncors.verdicts import Exchange, Matrix


class Facts:
    """Everything that a rule may ask of one template. ``functions`` are those of the model, where some of their code
    has been looked at already.

    No fact refers to the object that keeps it: with the garbage collector off, a cycle would stay in memory for ever.
    """

    def __init__(self, model: Model, functions: Functions | None = None) -> None:
        #: the front doors, as the template configures them
        self.model = model
        #: the functions of the template; the code of each is found and followed when somebody asks for it
        self.functions = functions if functions is not None else Functions(model)

    @property
    def template(self) -> Template:
        """The template that the model was made of."""
        return self.model.template

    @cached_property
    def model_with_code(self) -> Model:
        """The model with what the code of its functions answers, for a simulation."""
        return with_code(self.model, self.functions)

    @cached_property
    def matrix(self) -> Matrix | None:
        """The verdicts on all routes of the front doors that pages of other origins call, asked as the settings of the
        run say; ``None`` when all front doors are closed."""
        from cfncors.verdicts.options import asked_by

        called = [door for door in self.model.doors if not self.model.is_closed(door)]
        if not called:
            return None
        from cfncors.verdicts.matrix import matrix_of

        return matrix_of(self.model_with_code, asked_by(self.model.settings), called)

    @cached_property
    def blocked(self) -> tuple[Exchange, ...]:
        """The faults: blocked exchanges of routes that pages of other origins are known to call."""
        if self.matrix is None:
            return ()
        from cfncors.gateway.across import is_called

        blocked = [each for each in self.matrix.exchanges() if each.blocked]
        called = {id(each.asked) for each in blocked if is_called(self.model, each.asked.door, each.asked.path)}
        return tuple(each for each in blocked if id(each.asked) in called)

    # -- what front doors configure ------------------------------------------------------------------------------------

    @cached_property
    def called_rest_apis(self) -> tuple[RestApi, ...]:
        """The REST APIs that pages of other origins are known to call, and whose definition is seen."""
        from cfncors.facts.allow_lists import called_rest_apis

        return tuple(called_rest_apis(self.model))

    @cached_property
    def called_http_apis(self) -> tuple[HttpApi, ...]:
        """The same of HTTP APIs: a CORS configuration, an OPTIONS route, or code that sends a CORS header."""
        from cfncors.facts.allow_lists import called_http_apis

        return tuple(called_http_apis(self.model))

    @cached_property
    def headers(self) -> tuple[Site, ...]:
        """All response headers of REST APIs that somebody wrote, once for each written place."""
        from cfncors.facts.headers import sites

        return tuple(sites(self.model))

    @cached_property
    def sent_headers(self) -> tuple[Site, ...]:
        """The same as they are sent: with what response templates set in the place of what is mapped."""
        from cfncors.facts.headers import sent

        return tuple(sent(self.model))

    @cached_property
    def listings(self) -> tuple[Listing, ...]:
        """Every list of origins, methods and headers that is configured, once for each written place."""
        from cfncors.facts.listings import listings

        return tuple(listings(self.model, self.sent_headers))

    def listings_of(self, *roles: Role) -> tuple[Listing, ...]:
        """The listings of some roles."""
        return tuple(listing for listing in self.listings if listing.role in roles)

    def allow_lists(self, role: ListRole) -> tuple[AllowList, ...]:
        """Every list of allowed methods or headers that a front door's configuration answers preflights with."""
        return self._allowed_methods if role == "methods" else self._allowed_headers

    @cached_property
    def _allowed_methods(self) -> tuple[AllowList, ...]:
        from cfncors.facts.allow_lists import configured

        return tuple(configured(self.model, "methods"))

    @cached_property
    def _allowed_headers(self) -> tuple[AllowList, ...]:
        from cfncors.facts.allow_lists import configured

        return tuple(configured(self.model, "headers"))

    @cached_property
    def chosen_in_template(self) -> tuple[Choice, ...]:
        """The responses of REST APIs whose origin the request chooses without code, once for each written place."""
        from cfncors.facts.chosen_in_template import choices

        return tuple(choices(self.model))

    # -- what code answers ---------------------------------------------------------------------------------------------

    @cached_property
    def places(self) -> Places:
        """Where code is written: in files beside the template, or in it. The files of functions behind front doors
        that have suppressions in them are read with the first question."""
        from cfncors.facts.code import places

        return places(self.functions, self.behind)

    @cached_property
    def behind(self) -> tuple[Behind, ...]:
        """The functions behind front doors whose code is read because it may matter, by front door."""
        from cfncors.facts.code import behind

        return tuple(behind(self.model, self.functions))

    @cached_property
    def passed_on(self) -> tuple[Behind, ...]:
        """Those whose own CORS headers reach the page: no configuration of the front door, and no response headers
        policy in front of it, replaces them."""
        return tuple(each for each in self.behind if self.is_passed_on(each.door))

    def is_passed_on(self, door: Calling) -> bool:
        """Whether the CORS headers of the code behind a front door reach the page."""
        from cfncors.facts.code import is_left_to_code

        return is_left_to_code(door) and door.logical_id not in self._covered

    @cached_property
    def _covered(self) -> frozenset[str]:
        """The front doors, by logical id, to whose answers a distribution adds CORS headers, or may."""
        from cfncors.facts.code import covered

        return frozenset(covered(self.model))

    @cached_property
    def preflights_in_code(self) -> tuple[Answering, ...]:
        """The code that answers preflights, with the routes that they are for."""
        from cfncors.facts.preflights_in_code import answering

        return tuple(answering(self))

    def allow_lists_in_code(self, role: ListRole) -> tuple[AllowList, ...]:
        """Every list of allowed methods or headers that code answers preflights with, and where it has none."""
        return self._methods_in_code if role == "methods" else self._headers_in_code

    @cached_property
    def _methods_in_code(self) -> tuple[AllowList, ...]:
        from cfncors.facts.preflights_in_code import lists_in_code

        return tuple(lists_in_code(self, "methods"))

    @cached_property
    def _headers_in_code(self) -> tuple[AllowList, ...]:
        from cfncors.facts.preflights_in_code import lists_in_code

        return tuple(lists_in_code(self, "headers"))

    @cached_property
    def lacking(self) -> tuple[Lacking, ...]:
        """The responses of code that certainly have no Access-Control-Allow-Origin, once for each written place."""
        if not self.passed_on:
            return ()
        from cfncors.facts.lacking import lacking

        return tuple(lacking(self))

    @cached_property
    def chosen_in_code(self) -> tuple[Chosen, ...]:
        """The ways in which code chooses the origin that it sends, once for each written place."""
        if not self.passed_on:
            return ()
        from cfncors.facts.chosen_in_code import chosen

        return tuple(chosen(self))

    @cached_property
    def allowed_in_code(self) -> tuple[Allowed, ...]:
        """The origins that code allows, once for each written place."""
        if not self.passed_on:
            return ()
        from cfncors.facts.chosen_in_code import allowed

        return tuple(allowed(self))
