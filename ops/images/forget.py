"""`inv push --forget`: take a tag out of the registry, and give its space back."""

from ops import console
from ops.errors import OperationError, OvertakenError, UsageError
from ops.images.build import ADDRESS, prune
from ops.images.facts import PASSWORD, RUNNING, members_of
from ops.images.registry import Registry
from ops.names import tag_problem
from ops.plan.command import Change, Here, Hold, Plan, Shell, run
from ops.plan.script import ANY_TURN, lock_file
from ops.remote.apply import carry_out, order
from ops.remote.host import Host
from ops.wording import listed

_REGISTRY = lock_file("registry")
NOBODY_FORGETS = Hold(_REGISTRY, is_shared=True)
"""What every push begins with: what it finds in the registry stays there until it has ended."""
_ALONE = Hold(_REGISTRY)
# What no tag names any more, in no image: also what notes and earlier pushes have left.
_SWEEP = (
    *("docker", "exec", "--user", "5000", "labhub-registry", "docker-registry"),
    *("garbage-collect", "--delete-untagged", "/etc/docker/registry/write.yml"),
)


def forget(host: Host, tag: str, *, wait: bool, dry: bool) -> None:
    """Forget a tag of the lab image, unless it is `latest` or somebody runs it.

    :raises UsageError: before any connection, where there can be no such tag.
    """
    if tag == "latest":
        raise UsageError("latest is what another tag is: forget that one")
    if problem := tag_problem(tag):
        raise UsageError(problem)
    name = host.config.image_name
    by = order(f"push --forget {tag}", wait, lock=f"push-{name}-{tag}")
    with host:
        while True:
            answers = host.ask((PASSWORD, RUNNING))
            registry = Registry(host.http, answers[PASSWORD])
            registry.check_login(host.where)
            digests = registry.digests(name, tag)
            if why := _why_not(registry, name, tag, digests, members_of(answers[RUNNING], digests)):
                raise OperationError(why)
            plan = _plan(registry, name, tag, digests)
            if dry:
                console.preview(plan, host.where)
                return
            if carry_out(host, plan, (), by, ANY_TURN) is not None:
                left = ", ".join(registry.tags(name)) or "none"
                console.say(f"{name} has these tags: {left}")
                return


def _why_not(
    registry: Registry, name: str, tag: str, digests: tuple[str, ...], members: list[str]
) -> str | None:
    if not digests:
        has = ", ".join(registry.tags(name)) or "none"
        return f"There is no {name}:{tag} in the registry; its tags are: {has}"
    if digests[0] in registry.digests(name, "latest")[:1]:
        return (
            f"{name}:{tag} is what latest means. Let that be another one first, such as  "
            "inv push --tag 1.2 --latest"
        )
    if members:
        they = "runs" if len(members) == 1 else "run"
        return f"{listed(members)} {they} {name}:{tag}: forget it when that has been stopped"
    return None


def _plan(registry: Registry, name: str, tag: str, digests: tuple[str, ...]) -> Plan:
    def forget_it(_: object) -> str:
        if registry.digests(name, tag)[:1] != digests[:1] or (
            digests[0] in registry.digests(name, "latest")[:1]
        ):
            raise OvertakenError(f"a push has changed {name}:{tag}")
        registry.forget(name, digests[0])
        return f"which was {digests[0]}"

    image = f"{ADDRESS}/{name}:{tag}"
    engines = Shell(f"docker image rm {image}", 'docker image rm "$1" || true', (image,))
    return (
        Change(
            f"Forget {name}:{tag}", (_ALONE, Here(f"delete {digests[0][:19]} there", forget_it))
        ),
        Change("Sweep what no tag names any more", (run(*_SWEEP), engines, prune(name))),
    )
