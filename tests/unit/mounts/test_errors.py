import pytest

from ops.errors import OperationError, StepError
from ops.mounts.errors import explain, trials_explained
from tests.unit.mounts.samples import MOUNTS


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "mount error(13): Permission denied\nCIFS: STATUS_LOGON_FAILURE",
            "refuses the user labnas",
        ),
        ("mount error(13): Permission denied", "may not use the share"),
        ("mount error(2): No such file or directory\nBAD_NETWORK_NAME", "no such share"),
        ("mount error: could not resolve address for nas: Unknown error", "no machine of the name"),
        ("mount error(111): could not connect to 10.0.2.2", "no file server listens there"),
        ("mount error(113): could not connect", "does not answer"),
        ("mount error(95): Operation not supported", "another vers="),
        ("mount error(22): Invalid argument\ncifs: Unknown parameter 'x'", "no option x"),
        (
            "mount error: cifs filesystem not supported by the system\nmount error(19)",
            "no cifs module",
        ),
        ("something new", "something new"),
    ],
)
def test_what_mount_cifs_says_becomes_a_sentence(said: str, sentence: str) -> None:
    assert sentence in explain(MOUNTS[0], said)


def test_a_failed_trial_is_told_of_its_mount() -> None:
    printed = ["try leem", "mount error(13): Permission denied"]
    sentence = "MOUNT_LEEM: the user labnas may not use"
    with pytest.raises(OperationError, match=sentence), trials_explained(MOUNTS):
        raise StepError("On host this failed", printed)
    with pytest.raises(StepError), trials_explained(MOUNTS):
        raise StepError("On host this failed", ["E: no package"])
