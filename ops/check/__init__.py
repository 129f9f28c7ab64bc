"""A member's session on the live system, as a member has it: does all that they need work?

``session``  the account for it, the session itself, and that nothing is left of either
``judge``    what it met, compared with what `.env` says
``walk``     the task `inv check`, and the end of `inv deploy`
"""
