"""Retargeting audiences of people who said yes: who is in one, what may be sent of them, and to whom.

Contact data are in memory here while they are sent and nowhere else. What people consented to stands in `consent`, who may
receive what in `data_contracts/recipients.yaml`. Cells of a release and pages of a dashboard do not belong here.
"""
