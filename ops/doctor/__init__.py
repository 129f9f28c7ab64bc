"""What is wrong anywhere between the operator's laptop and the members' pages, and what mends it.

``here``   the links on the laptop
``there``  the links on the host, from one session
``walk``   `inv doctor`: from link to link, as far as the chain holds
"""
