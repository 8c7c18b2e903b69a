"""Every anomaly that the simulation can plant, by the detector that has to find it.

A new one is a file in this folder and a line here, with lookalikes that must not be found. How
they are spread over the traffic is `planting.py`, one folder up.
"""

from collections.abc import Mapping

from agents.simulate.anomalies.advert_ring import ADVERT_RING
from agents.simulate.anomalies.copied_advert import COPIED_ADVERT
from agents.simulate.anomalies.overdue_loan import OVERDUE_LOAN
from agents.simulate.anomalies.post_flood import POST_FLOOD
from agents.simulate.anomalies.small_frequent_borrowing import SMALL_FREQUENT_BORROWING
from agents.simulate.anomalies.split_transfers import SPLIT_TRANSFERS
from agents.simulate.anomalies.story import Anomaly, Ring
from agents.simulate.anomalies.unusual_amount import UNUSUAL_AMOUNT
from agents.simulate.anomalies.woken_account import WOKEN_ACCOUNT

ANOMALIES: Mapping[str, Anomaly] = {
    "small_frequent_borrowing": SMALL_FREQUENT_BORROWING,  # small loans, several in a day
    "unusual_amount": UNUSUAL_AMOUNT,  # far above what the member usually pays
    "split_transfers": SPLIT_TRANSFERS,  # several just below a limit
    "woken_account": WOKEN_ACCOUNT,  # used again after a long silence
    "post_flood": POST_FLOOD,  # the same few words, again and again
    "copied_advert": COPIED_ADVERT,  # the same words in several groups
    "overdue_loan": OVERDUE_LOAN,  # not paid back in time
}
"""Of one member each, for the detectors of the packaged catalogue."""

RINGS: Mapping[str, Ring] = {
    "advert_ring": ADVERT_RING,  # the same words of several members
}
"""Of several members; planted only if asked for: no packaged detector looks across users."""
