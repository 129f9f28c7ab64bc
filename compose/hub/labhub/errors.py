"""The one error that members see when their lab does not start."""

from tornado.web import HTTPError


class SpawnError(HTTPError):
    """Why a lab cannot start, in one sentence for the member.

    An HTTPError, because JupyterHub shows any other one that comes quickly as "Unhandled error".
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(status, sentence.replace("%", "%%"))
        self.jupyterhub_message = sentence
