"""The hub's own part: host accounts as users, registry images as choices, one container per lab.

In the order of the data flow: `settings` from the environment, `database` whether it is whole;
`accounts` (who exists on the host), `disabled`, `passwords` and `throttle` (slower for who
guesses), `auth` (who may log in), `login` and `sessions` (its pages, and how a session ends);
`operate` (what the operator's tasks ask), `operator` and `passwords_api` (with which rights, and
who answers); `catalogue`, `details` and `registry` (which images there are, and what they say of
themselves), `mounts` and `guard` (which shares a lab gets, and whether they are there), `versions`,
`form` and `choices` (the page on which a member chooses); `progress` and `errors` (what a start
tells its member); `limits` (what a lab may take), `provenance` (the record of a start), `ending`
(why a lab ended) and `lifetime` (these three of one lab); `hostfiles`, `identity`, `container`,
`furnish`, `idle` and `spawner` (the lab that is started); `announcement` (what stands on every
page); `trust` (how to trust the hub); `browser`, `member`, `kernel`, `incell` and `probe` (a
member's session, by which `inv check` tries all that).
"""
