"""Accounts, homes and groups of the lab's members.

``facts``      who and what there is
``operation``  the changes that give a member an account
``walk``       `inv add-user`
"""
