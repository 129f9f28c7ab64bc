"""What runs on the operator's laptop, in rooms. An import leads down, never up or across.

``tasks.py`` stands above all of it and calls ``lab``, which only names the tasks: what one does
stands in its room. A room's own docstring says what is in it. Subjects do not know of each other:
what two of them need stands below them, what joins them above.

``lab``         the tasks, one line each
``deploy``      the one task that puts several subjects together

``members``     subject: accounts, homes and groups
``mounts``      subject: the file server's shares, on the host and in labs
``stack``       subject: registry, proxy and hub, with the engine that they run in
``images``      subject: the lab image, from the analysis package's source to the registry

``remote``      how a host is spoken to: SSH, sudo, facts and changes
``console``     everything that is printed
``settings``    `.env` → one configuration, or every mistake in it at once
``plan``        what is said to a host and what it answers; pure

``names``       the ground: what members, accounts and tags may be called; shared with the hub
``publisher``   who may write to the registry, and where
``labels``      what marks an image as ours
``hashing``     short digests that tell whether two things are the same
``wording``     how a sentence names several things
``errors``      the sentences that end a task
``interrupts``  Ctrl-C, at any moment: one sentence, which ends the process

A subject has those of the same doors that it needs: ``facts.py`` (questions to the host, and what
their answers make together), ``operation.py`` (what is wanted, against the facts → changes),
``walk.py`` (what a task reads, does and says, in its order), and ``*.sh`` (what is sent to a host).
"""
