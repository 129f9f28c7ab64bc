"""The hub's own part: host accounts as users, registry images as choices, one container per lab.

In the order of the data flow: `settings` from the environment; `accounts` (who exists on the
host), `auth` (who may log in); `catalogue` and `registry` (which images there are), `mounts` and
`guard` (which shares a lab gets, and whether they are there), `form` and `choices` (the page on
which a member chooses); `hostfiles`, `identity`, `container`, `furnish`, `idle` and `spawner` (the
lab that is started).
"""
