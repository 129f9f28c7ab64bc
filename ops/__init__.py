"""What runs on the operator's laptop, in the order in which data flows through it.

``names``     what a member, an account and a tag may be called; shared with the hub
``config``    `.env` → `Config`, or every mistake in it at once
``connect``   `Config` → an open SSH connection, or one sentence why not
``host``      remote sessions over that connection: facts, changes, files, forwards
``facts``     the questions asked of a host, and the parsers of its answers
``engine``    operation: Docker Engine, Compose and the base image
``stack``     operation: registry, proxy and hub, from `compose/`
``users``     operation: accounts, groups and homes
``source``    the analysis package at a tag, as a clean folder
``images``    build, smoke-test and push the lab image
``registry``  what the registry holds, asked through the connection
``command``   commands, uploads and changes as data, and the script that they become
``apply``     facts → plan → preview or changes → facts again
``console``   everything that is printed
``errors``    the sentences that end a task
"""
