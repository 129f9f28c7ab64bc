"""What `inv deploy` and `inv upgrade` end with: a release that does not pass its check goes."""

from collections.abc import Iterator
from dataclasses import replace

from ops import console
from ops.apply import converge
from ops.check.judge import of_the_shares, of_the_stack, wanted_of
from ops.check.walk import meet
from ops.errors import OperationError, UsageError
from ops.findings import Level, lines, say
from ops.remote.host import Host
from ops.remote.script import Order
from ops.settings.config import Config
from ops.stack.releases import RELEASES, choose, ensure_release, parse_releases


def require_check(host: Host, config: Config, before: str | None, order: Order) -> None:
    """Have a member's session on the release that runs now; put `before` back where it fails.

    A share that is away is said, and is no fault of the release.

    :raises OperationError: with what failed, and what runs now.
    """
    order = replace(order, wait=True)
    failed = "\n".join(_failures(host, config, order))
    if failed:
        raise OperationError(
            f"The new release does not pass its check:\n{failed}\n{_put_back(host, before, order)}"
        )


def _failures(host: Host, config: Config, order: Order) -> Iterator[str]:
    try:
        session = meet(host, config, order)
    except OperationError as error:
        yield str(error)
        return
    for it in of_the_stack(session, wanted_of(config)):
        if it.level is Level.PROBLEM:
            yield from lines(it)
        elif it.level is Level.NOTICE:
            say(it)
    for it in of_the_shares(session, config.mounts):
        if it.level is not Level.RIGHT:
            say(it)


def _put_back(host: Host, before: str | None, order: Order) -> str:
    if before is None:
        return "Nothing ran before it that could be put back: mend the cause, then inv deploy."
    console.say("It is not as it should be for members: what ran before is put back.", "yellow")
    try:
        found = parse_releases(host.ask((RELEASES,)))
        release = choose(found, before.rpartition("/")[2], host.where)
        converge(
            host,
            (RELEASES,),
            lambda answers: ensure_release(release, parse_releases(answers)),
            order,
            dry=False,
        )
    except (OperationError, UsageError) as error:
        return f"What ran before was not put back: {error}"
    return f"Release {release.name}, which ran before, runs again."
