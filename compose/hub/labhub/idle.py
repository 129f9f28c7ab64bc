"""When an idle lab ends: by Jupyter Server's own options, which know whether a kernel is busy."""

KERNELS = "MappingKernelManager"


def idle_args(hours: float) -> list[str]:
    """Return the options that end what has been idle for so long; none at all for 0.

    A culler in the hub sees only the traffic and would end a computation that prints nothing.
    Inside the lab each kernel ends after its own idle time and never while busy, open in a browser
    or not. The image's `lab_session` knows better what runs and ends the lab in time; in an image
    without it the lab ends later, when neither kernel nor terminal is left.
    """
    if hours <= 0:
        return []
    seconds = max(1, round(hours * 3600))
    return [
        f"--{KERNELS}.cull_idle_timeout={seconds}",
        f"--{KERNELS}.cull_interval={_interval(seconds)}",
        f"--{KERNELS}.cull_connected=True",
        f"--{KERNELS}.cull_busy=False",
        f"--TerminalManager.cull_inactive_timeout={seconds}",
        f"--TerminalManager.cull_interval={_interval(seconds)}",
        f"--ServerApp.shutdown_no_activity_timeout={seconds}",
    ]


def _interval(seconds: int) -> int:
    """Look often enough that the time is kept, seldom enough that it costs nothing."""
    return min(300, max(5, seconds // 4))
