"""`inv sandbox`, `.down`, `.reset`, `.ssh`: imports stand inside, to keep `inv --list` quick."""

from invoke import Collection, Context, task

from ops.console import errors_as_sentences

NAME = {"name": "which sandbox; several can run side by side"}


@task(default=True, help=NAME)
def up(context: Context, name: str = "sandbox") -> None:
    """Start a disposable Debian 13 host in a container."""
    with errors_as_sentences():
        from sandbox import host

        running = host.up(name)
        print(f"The sandbox host {running.alias} is up; `LAB={name} inv deploy` makes it a hub.")


@task(help=NAME)
def down(context: Context, name: str = "sandbox") -> None:
    """Remove a sandbox host with everything on it."""
    with errors_as_sentences():
        from sandbox import host

        host.down(name)


@task(help=NAME)
def reset(context: Context, name: str = "sandbox") -> None:
    """Make a sandbox host bare again, at the same address."""
    with errors_as_sentences():
        from sandbox import host

        host.reset(name)


@task(help=NAME)
def ssh(context: Context, name: str = "sandbox") -> None:
    """Log in to a sandbox host as its operator."""
    import os

    with errors_as_sentences():
        from sandbox import host

        argv = host.up(name).ssh_argv()
    os.execvp(argv[0], argv)  # noqa: S606 - the shell belongs to the person from here on


namespace = Collection("sandbox", up, down, reset, ssh)
