"""One attempt to publish an image: refuse, build and test, publish, ask what there is."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ops import console
from ops.errors import OperationError, OvertakenError, StepError
from ops.images.build import Image, build, leave, verdict
from ops.images.earlier import remember
from ops.images.facts import (
    HOME,
    PASSWORD,
    QUESTIONS,
    RUNNING,
    lacking,
    members_of,
    stack,
    too_full,
)
from ops.images.forget import NOBODY_FORGETS
from ops.images.latest import settle
from ops.images.log import keep, log_of
from ops.images.publish import get_ready, publish
from ops.images.published import Published
from ops.images.registry import Registry, whole
from ops.images.told import notes, outcome, refusal
from ops.labels import INPUTS, NOTE
from ops.plan.command import Change, Here, Hold, Plan
from ops.plan.script import ANY_TURN, Order, lock_file
from ops.remote.apply import carry_out
from ops.remote.host import Host


@dataclass(frozen=True)
class Manner:
    """How a push is carried out: `latest` says expressly whether it becomes that."""

    latest: bool | None = None
    force: bool = False
    wait: bool = False
    dry: bool = False


class Attempt:
    """One attempt to publish an image under its tag; it ends where another push was quicker."""

    def __init__(self, host: Host, image: Image, manner: Manner) -> None:
        self.host, self.image, self.manner = host, image, manner
        self.name = f"{image.name}:{image.tag}"
        self._said = ""
        self._done: Published | None = None

    def is_carried_out(self, by: Order) -> bool:
        """Publish, and as `latest` where that is wanted or moves forward; say what was done.

        False means that another push has published something since it was looked.

        :raises OperationError: when another image has the tag and `force` is not given; when the
            build or its test fails, and then nothing is published.
        """
        image, manner, there = self.image, self.manner, stack(self.image.base)
        answers = self.host.ask((there, *QUESTIONS))
        self.password = answers[PASSWORD]
        self.registry = Registry(self.host.http, self.password)
        if lacks := lacking(answers, there, image.base, self.host.config.lab_base_image):
            raise OperationError(f"{lacks} on {self.host.where}: first  inv deploy")
        self.registry.check_login(self.host.where)
        before = self._published()
        is_same = before is not None and before.labels.get(INPUTS) == image.inputs
        if before and is_same and not manner.force:
            return self._is_as_wanted(before, by)
        if full := too_full(answers, is_first=not self.registry.tags(image.name)):
            raise OperationError(f"{self.host.where} {full}")
        who = members_of(answers[RUNNING], before.ids) if before else []
        if before and not manner.force:
            raise OperationError(refusal(image, before, who))
        if before and image.note is None:
            self.image = replace(image, note=before.labels.get(NOTE))
        plan = self._plan(before, answers[HOME], anew=is_same)
        if manner.dry:
            console.preview(plan, self.host.where)
            console.say(self._settle(None)[1])
            return True
        if not self._is_made(plan, by, before) or (after := self._done) is None:
            return False
        for line in notes(self.registry, after):
            console.say(line, "yellow")
        for line in outcome(self.registry, self.image, before, after, who):
            console.say(line)
        self._finish(after)
        return True

    def _plan(self, before: Published | None, home: str, *, anew: bool) -> Plan:
        image = self.image
        send = Here(f"rsync what is new to ~/{image.folder}", lambda _: self._send(before))
        push = Here(f"docker push {image.published_by}", self._push)
        check = Here("ask the registry, and move latest", lambda _: self._check())
        return (
            Change(f"Send {self.name}", (NOBODY_FORGETS, send)),
            build(image, home, datetime.now(UTC), anew=anew),
            Change(f"Push {self.name}", (push,)),
            Change(f"Publish {self.name}", (self._alone, check, *leave(image, home))),
        )

    @property
    def _alone(self) -> Hold:
        # What `latest` means is decided by one at a time, and so is what is left for the next tag.
        return Hold(lock_file(f"publish-{self.image.name}"))

    def _send(self, before: Published | None) -> str:
        self._refuse_another_than(before)
        remember(self.registry, self.image, before)
        self.host.rsync(self.image.context, self.image.folder, self.image.last_folder)
        get_ready(self.host)
        return ""

    def _push(self, show: Callable[[str], None]) -> str:
        return publish(self.image, self.password, self.host.root_shell, show)

    def _check(self) -> str:
        after = self.registry.find(self.image.name, self.image.tag)
        if after is None or after.labels.get(INPUTS) != self.image.inputs:
            raise OperationError(f"{self.name} is not in the registry; push it again")
        _, self._said = self._settle(after)
        self._done = after
        return f"as {after.digest}"

    def _is_made(self, plan: Plan, by: Order, before: Published | None) -> bool:
        """Build an image and publish it; keep what that printed."""
        printed: list[str] = []
        try:
            return carry_out(self.host, plan, (), by, ANY_TURN, printed.append) is not None
        except StepError as error:
            if sentence := verdict(error.printed):
                # Where a cause is shown, there is more of it.
                log = f"\n  All that the build printed: {log_of(self.image)}"
                # With `LAB` both have its name behind them.
                lab = self.host.config.site.name.removeprefix("site")
                sentence = re.sub(r" (site(?=/)|\.env\b)", rf" \g<1>{lab}", sentence)
                how = "stays as it was" if before else "is not published"
                more = log if "\n" in sentence else ""
                raise OperationError(f"{self.name} {how}: {sentence}{more}") from error
            raise
        finally:
            if printed:
                keep(self.image, printed)

    def _is_as_wanted(self, done: Published, by: Order) -> bool:
        """Give what is published already the note that is asked for, and `latest` its turn."""
        console.say(f"✓ {self.name} is published already, from the same source.")
        note = self.image.note
        is_noted = note is None or note == done.labels.get(NOTE, "")
        moves, self._said = settle(self.registry, self.image, done, self.manner.latest, dry=True)
        if not is_noted and self.manner.dry:
            console.say(f"  then its note: {note or 'none'}")
        if not self.manner.dry and (moves or not is_noted):
            adjust = Here("note it, and move latest", lambda _: self._adjust(done))
            change = Change(f"Publish {self.name}", (self._alone, adjust))
            if carry_out(self.host, (change,), (), by, ANY_TURN) is None:
                return False
            done = self._published() or done
        elif not self.manner.dry:
            _, self._said = self._settle(done)
        self._finish(done)
        return True

    def _adjust(self, done: Published) -> str:
        self._refuse_another_than(done)
        note = self.image.note
        if note is not None and note != done.labels.get(NOTE, ""):
            done = self.registry.relabel(done, {NOTE: note})
        _, self._said = self._settle(done)
        return f"as {done.digest}"

    def _refuse_another_than(self, expected: Published | None) -> None:
        now = self._published()
        if (now and now.digest) != (expected and expected.digest):
            raise OvertakenError(f"another push has published {self.name}")

    def _published(self) -> Published | None:
        find = whole if self.manner.force else Registry.find
        return find(self.registry, self.image.name, self.image.tag)

    def _settle(self, done: Published | None) -> tuple[bool, str]:
        return settle(self.registry, self.image, done, self.manner.latest, self.manner.dry)

    def _finish(self, done: Published) -> None:
        if self._said:
            console.say(self._said)
        console.say(f"{self.name}  {done.digest}  {done.size / 1e6:.0f} MB", "bold")
