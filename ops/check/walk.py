"""The walk of `inv check`: a member's session, and what it met."""

import json
from dataclasses import asdict

from ops import console
from ops.apply import carry_out, order
from ops.check.judge import judge, wanted_of
from ops.check.session import SESSION, Session, have_session, parse_session
from ops.findings import has_problem, say, say_verdict
from ops.lab import Lab
from ops.remote.host import Host
from ops.remote.script import Order
from ops.settings.config import Config


def check(lab: Lab, *, as_json: bool, wait: bool) -> bool:
    """Have a session as a member and say what it met; tell whether all of it is right."""
    with lab.host() as host:
        if lab.dry:
            console.preview((have_session(lab.config.mounts),), host.where)
            return True
        session = meet(host, lab.config, order("check", wait), is_silent=as_json)
    found = tuple(judge(session, wanted_of(lab.config)))
    if as_json:
        console.say(json.dumps([asdict(it) for it in found], indent=1))
    else:
        for it in found:
            say(it)
        say_verdict(found)
    return not has_problem(found)


def meet(host: Host, config: Config, order: Order, *, is_silent: bool = False) -> Session:
    """Have a session as a member, and return what it met.

    :raises StepError: where it cannot be had to its end.
    """
    plan = (have_session(config.mounts),)
    answers = None
    # None: another operator was waited for.
    while answers is None:
        if is_silent:
            answers = host.change(plan, (SESSION,), order, lambda event: None)
        else:
            answers = carry_out(host, plan, (SESSION,), order)
    return parse_session(answers)
