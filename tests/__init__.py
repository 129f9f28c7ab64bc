"""What all tests begin with: Ctrl-C that ends them, and the tasks that they start."""

import signal

# Who runs the tests in the background of a script has let them, and all that they start, ignore it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
