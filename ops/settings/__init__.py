"""`.env` → one frozen `Config`, or every mistake in it at once.

``config``      the keys, and all of them together
``envfile``     the file: found, read and split
``rules``       how one value is checked
``shares``      the line that describes a mount
``mount_keys``  the keys of mounts, joined with their logins
"""
