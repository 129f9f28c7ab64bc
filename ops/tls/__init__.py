"""HTTPS: the certificate of the hub, the operator's own or one that the lab's authority signs.

``certificate``     a certificate's facts, and the sentence on its end, for every task that shows it
``own``             the files that `.env` names, with every mistake in them
``certificate.sh``  the host's part: makes and renews a certificate, once a day
``facts``           what of this is on a host, and who has its ports
``operation``       what is to be done for HTTPS, and what to go back to plain HTTP
``words``           what the operator is told at the end of a deploy
"""
