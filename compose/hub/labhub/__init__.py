"""The hub's own part: host accounts as users, registry images as choices, one container per lab.

In the order of the data flow: `settings` from the environment; `accounts` (who exists on the
host), `auth` (who may log in); `catalogue` and `registry` (which images there are), `form` (the
page to choose one); `hostfiles`, `identity`, `container`, `idle` and `spawner` (the lab that is
started).
"""
