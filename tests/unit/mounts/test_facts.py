from typing import Any

from ops.mounts.facts import (
    ACTIVE,
    FILES,
    INSTALLED,
    KERNEL,
    OFFERED,
    POINTS,
    STALE,
    File,
    Target,
    mount_questions,
    parse_mounts,
    target_question,
)
from ops.plan.groups import GROUPS
from ops.plan.question import Question
from tests.unit.answers import answered
from tests.unit.mounts.samples import MOUNTS


def test_facts_are_read_from_what_a_host_answers() -> None:
    asked = mount_questions(MOUNTS)
    texts: dict[Question[Any], str] = {
        KERNEL: "6.12.57\nmodule",
        INSTALLED: "installed cifs-utils\nnot-installed e2fsprogs",
        ACTIVE: "srv-labhub-data-share.automount loaded active waiting",
        FILES: "600 root:root /etc/labhub/credentials/data\n"
        f"{'0' * 64}  /etc/labhub/credentials/data",
        POINTS: "data mounted\nleem 0:0",
        target_question(MOUNTS): "/mnt/data|link|/srv/labhub/data/share\n/mnt/leem|regular file|",
        STALE: "data\nleem",
        OFFERED: '[{"name": "data", "target": "/mnt/data"}]',
        GROUPS: "users:x:100:\nleem:x:1001:jupyter-alice",
    }
    facts = parse_mounts(MOUNTS, answered(asked, texts))
    assert facts.packages == {"cifs-utils"} and facts.has_module and facts.kernel == "6.12.57"
    assert facts.active == {"srv-labhub-data-share.automount"}
    assert facts.files == {"/etc/labhub/credentials/data": File("600", "root:root", "0" * 64)}
    assert facts.points == {"data": "mounted", "leem": "0:0"}
    assert facts.targets["/mnt/leem"] == Target("regular file", "")
    assert facts.outdated == {"data", "leem"} and facts.offered == {"data": "/mnt/data"}
    texts |= {KERNEL: "6.12\nnone", OFFERED: "{"}
    assert not parse_mounts(MOUNTS, answered(asked, texts)).has_module
