"""Every anomaly that the simulation can plant, by the detector that has to find it.

A new one is a file in this folder and a line here.
"""

from collections.abc import Mapping

from agents.simulate.anomalies.small_frequent_borrowing import SMALL_FREQUENT_BORROWING
from agents.simulate.anomalies.story import Anomaly

ANOMALIES: Mapping[str, Anomaly] = {
    "small_frequent_borrowing": SMALL_FREQUENT_BORROWING,  # small loans, several in a day
}
