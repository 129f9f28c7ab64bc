"""What `inv backup` and `inv restore` are asked for, and which walk that is."""

import os
from dataclasses import replace

from ops.backup import restore as restoring
from ops.backup import walks
from ops.backup.onhost.files import lab_of
from ops.backup.places import read_place
from ops.backup.schedule import read_time
from ops.backup.walks import Wanted, without_secrets
from ops.lab import Lab
from ops.remote.host import Host
from ops.settings import envfile
from ops.stack.walks import deploy


def back_up(
    lab: Lab, to: str, keep: int, homes: bool, schedule: str, *, only_list: bool, wait: bool
) -> None:
    """Write a backup, list those that there are, or let the host write them by itself."""
    wanted = _wanted(lab, to, keep, homes)
    when = read_time(schedule) if schedule else ""
    if only_list and not wanted.place.is_on_host:
        walks.show(None, wanted.place)
        return
    with lab.host() as host:
        if only_list:
            walks.show(host, wanted.place)
        elif when:
            wanted = replace(wanted, place=walks.scheduled_place(wanted.place))
            walks.schedule(host, wanted, when, wait=wait, dry=lab.dry)
        else:
            walks.back_up(host, wanted, wait=wait, dry=lab.dry)


def back_up_as_configured(host: Host, lab: Lab, wait: bool) -> None:
    """Write a backup to where `.env` says."""
    walks.back_up(host, _wanted(lab, "", -1, homes=False), wait=wait, dry=False)


def _wanted(lab: Lab, to: str, keep: int, homes: bool) -> Wanted:
    config = lab.config
    path = envfile.find(lab.root, os.environ.get("LAB", ""))
    return Wanted(
        lab=lab_of(config.lab_name, config.lab_host),
        passphrase=_passphrase(lab),
        place=read_place(to or config.backup_to, config.mounts),
        keep=config.backup_keep if keep < 0 else keep,
        homes=homes,
        env=without_secrets(envfile.read(path), path.name),
        host=config.lab_host,
    )


def restore(lab: Lab, source: str, *, force: bool, wait: bool) -> None:
    """Make the host what a backup says."""
    place = restoring.require_file(read_place(source, lab.config.mounts))
    with lab.host() as host:
        it = restoring.Restore(host, place, _passphrase(lab), wait=wait, dry=lab.dry)
        restoring.restore(it, lambda: deploy(lab, wait), force=force, dry=lab.dry)


def _passphrase(lab: Lab) -> str:
    secret = lab.config.backup_passphrase
    return secret.value if secret else ""
