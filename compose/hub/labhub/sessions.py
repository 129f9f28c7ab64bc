"""A user's open sessions, and how they end."""

from typing import Any

from jupyterhub import orm

SERVER_NOTE = "Server at "
"""How JupyterHub notes the token with which a running lab speaks to it."""


def end_sessions(db: Any, user: orm.User, kept: str | None = None) -> None:
    """End what browsers hold of a user, all but one session where one is `kept`."""
    user.cookie_id = orm.new_token()
    for token in list(user.api_tokens):
        if token.session_id and token.session_id != kept:
            db.delete(token)
    db.commit()


def revoke_tokens(db: Any, user: orm.User) -> None:
    """Revoke the tokens that a user has made, not the one of a running lab: it goes on working."""
    for token in list(user.api_tokens):
        if not (token.note or "").startswith(SERVER_NOTE):
            db.delete(token)
    db.commit()
