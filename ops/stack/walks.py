"""The walks of `inv deploy`, `upgrade`, `announce` and `releases`."""

from collections.abc import Callable
from datetime import UTC, datetime

from ops import console
from ops.apply import converge, follow, order
from ops.check.gate import require_check
from ops.lab import Lab
from ops.mounts.errors import trials_explained
from ops.remote.host import Host
from ops.remote.script import Order
from ops.stack import announce as announcement
from ops.stack.deploy import deployment, hub_url, limits, questions
from ops.stack.facts import STACK, parse_stack
from ops.stack.limits import nobodys
from ops.stack.release import LOCK, jupyterhub_version
from ops.stack.releases import RELEASES, parse_releases, rows
from ops.stack.upgrade import LABS, needs_upgrade, older_labs
from ops.tls.words import last_words, require_choice


def deploy(lab: Lab, wait: bool, *, check: bool = True) -> None:
    """Make the host a running lab hub; what does not pass its check is put back."""
    require_choice(lab.config)
    with lab.host() as host:
        _deploy(host, lab, order("deploy", wait), check=check)


def _deploy(host: Host, lab: Lab, order: Order, *, check: bool, upgrades: bool = False) -> None:
    config = lab.config
    operation = deployment(config, lab.compose, upgrades=upgrades)
    with trials_explained(config.mounts):
        before, answers = follow(host, questions(config), operation, order, lab.dry)
    ran, runs = (parse_stack(it).current for it in (before, answers))
    if check and ran != runs:
        require_check(host, config, ran, order)
    for sentence in nobodys(limits(config), answers):
        console.say(sentence, "yellow")
    if not lab.dry:
        console.say(f"The hub of {config.lab_name}: {hub_url(config, host.address)}")
    for said, style in last_words(config, answers, datetime.now(UTC)):
        console.say(said, style)


def upgrade(lab: Lab, wait: bool, backup: Callable[[Host], None]) -> None:
    """Move the hub to the JupyterHub of this checkout, with a backup and a way back.

    Labs keep running; those with an older JupyterHub inside are named.
    """
    require_choice(lab.config)
    version = jupyterhub_version(lab.compose / LOCK)
    with lab.host() as host:
        has = parse_stack(host.ask(STACK)).jupyterhub
        if not needs_upgrade(has, version, host.where):
            console.say(f"✓ {host.where} runs JupyterHub {version}, as this checkout has.", "green")
            return
        if not lab.dry:
            backup(host)
        _deploy(host, lab, order("upgrade", wait), check=True, upgrades=True)
        if lab.dry:
            return
        for member, older in older_labs(host.ask((LABS,)), version):
            console.say(f"The lab of {member} goes on with JupyterHub {older} until it is stopped.")
        console.say(f"JupyterHub {has} → {version}. inv rollback goes back, with its database.")


def announce(lab: Lab, text: str, wait: bool) -> None:
    """Show a text on every page of the hub, take it away, or say which one is shown."""
    wanted = announcement.read_text(text)
    with lab.host() as host:
        if wanted is None:
            facts = announcement.parse_announcement(host.ask(announcement.ANNOUNCEMENT))
            console.say(announcement.describe(facts))
            return
        operation = announcement.announcing(wanted, datetime.now(UTC))
        converge(host, announcement.ANNOUNCEMENT, operation, order("announce", wait), lab.dry)


def show_releases(lab: Lab) -> None:
    """Show the releases of the stack that the host keeps."""
    with lab.host() as host:
        found = parse_releases(host.ask((RELEASES,)))
        console.table(("release", "made", "JupyterHub", ""), rows(found))
