"""What runs on the operator's laptop; data flows through it from the settings to the host.

``tasks``     what an operator can type; `tasks.py` at the top collects them
``lab``       one lab: its settings, and the way to its host
``settings``  `.env` → `Config`, or every mistake in it at once
``remote``    questions, changes and files for the host, over SSH; the only package that does so
``stack``     the engine and registry, proxy and hub; the operation of `inv deploy`
``tls``       HTTPS: the hub's certificate, and who renews it
``members``   accounts, homes, groups and logins
``mounts``    the file server's shares, on the host and in the labs
``images``    the versions of the lab image, from a source's tag to what a lab runs
``status``    how a host is, on one page
``check``     a member's session on the live system
``doctor``    what is wrong on the way from the laptop to the members' pages
``look``      what happened on a host, and a way in
``backup``    a lab in one file, and a host made again from it
``apply``     facts → plan → preview or changes → facts again

``names``     what members, accounts and tags may be called; shared with the hub
``packages``  how a Debian package is installed
``findings``  what was looked at, and how it is
``words``     lists, counts and moments in a sentence
``hashing``   short digests that tell whether two things are the same
``console``   everything that is printed; ``progress`` is what is shown while something lasts
``errors``    the sentences that end a task

Each package says in its first lines what its modules are. Those with `facts` in their name ask and
parse, pure functions named `ensure_…` and `remove_…` are operations, `walks` are whole tasks.
"""
