"""`.env` → `Config`, or every mistake in it at once, before anything is asked of a host.

``envfile``     finds and splits the file
``rules``       check one value
``shares``      a line that describes a mount
``mount_keys``  such lines joined with their logins
``web``         where members find the hub, encrypted or not
``config``      all of it
"""
