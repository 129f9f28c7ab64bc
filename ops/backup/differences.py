"""What on a host is not as a backup says."""

from collections.abc import Mapping
from typing import Any

from ops.backup.onhost.facts import accounts_of
from ops.images.storage import parse_storage
from ops.members.account_facts import parse_accounts
from ops.members.facts import parse_hub
from ops.remote.framing import Answers


def differences(header: Mapping[str, Any], answers: Answers) -> list[str]:
    """Say what on the host is not as a backup says."""
    facts = parse_accounts(answers)
    problems = []
    for it in accounts_of(header):
        has = facts.accounts.get(it.name)
        if has is None or (has.uid, has.gid) != (it.uid, it.gid):
            problems.append(f"{it.name} should have uid {it.uid} and gid {it.gid}")
        elif missing := {*it.groups} - facts.groups_of(it.name):
            problems.append(f"{it.name} should be in {', '.join(sorted(missing))}")
    tags = parse_storage(answers).tags
    for image, wanted in header["tags"].items():
        for tag, digest in wanted.items():
            if tags.get(image, {}).get(tag) != digest:
                problems.append(f"{image}:{tag} should be {digest}")
    if parse_hub(answers) is None:
        problems.append("the hub should answer")
    return problems
