"""Mounts that the tests of this room begin with."""

from ops.settings.config import parse

ENV = """LAB_HOST=x
SMB_USER=labnas
SMB_PASSWORD='pa,ss #1'
MOUNT_DATA=//nas/data ro
MOUNT_LEEM=//nas/leem rw group=leem
"""
MOUNTS = parse(ENV, ".env", {}).mounts
