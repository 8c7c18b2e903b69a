"""Catalogues for tests: one that has a bit of everything, and a short way to write small ones."""

from streams.catalogue.faults import CatalogueError, Fault
from streams.catalogue.load import load
from streams.catalogue.model import Catalogue, Expression

HEAD = "catalogue: shop\nversion: 1\n"

EVERYTHING = """\
catalogue: community-lending      # name, [a-z0-9-]
version: 1                        # integer
currency: CNY
timezone: Asia/Shanghai           # for measures by calendar day
forget_after: 730d                # a user with no event for so long is dropped (default: never)
measures:
  interactions_7d: {count: [like, comment, share, post], window: 7d, step: 6h}
  visit_seconds_7d: {sum: duration_s, of: [visit], window: 7d, step: 6h}
  small_borrows_24h: {count: [borrow], where: "amount < 5000", window: 24h, step: 1h}
  communities_7d: {distinct: community_id, of: [post], window: 7d, step: 6h}
  top_product_90d: {top: product, of: [purchase, payment], window: 90d, step: 3d}
  points_30d: {score: {like: 1, comment: 3, share: 5, post: 8}, window: 30d, step: 1d}
  days_active_30d: {days: [visit, like, comment, share, post], window: 30d}
  last_seen: {last: time, of: [visit, like, comment, share, post]}
  defaults_ever: {count: [default]}                   # no window: for ever
  grade: {attribute: credit_grade}                    # type: text (default), number, date, bool
  staff: {attribute: staff, type: number}
  industry_code: {attribute: industry}
  communities_joined: {set: community_id, add: [join, post], remove: [leave]}
tags:
  activity:
    title: {zh: 活跃度, en: Activity}
    dimension: behaviour          # customer | need | behaviour | risk | composite
    hold: 10m
    values:                       # ordered, exclusive: the first that holds is the value
      highly_active: interactions_7d >= 20
      active: interactions_7d >= 5
      low: interactions_7d >= 1
      silent: else                # only as the last
  default_history:
    dimension: risk
    when: defaults_ever >= 1      # a flag: present (true) or absent
  credit_grade:
    dimension: risk
    value: grade                  # the value of an expression as text; missing: no tag
  industry:
    dimension: customer
    value: industry_code
    levels: [1, 2]                # lengths of the parts: C, then 34
  communities:
    dimension: behaviour
    set: communities_joined       # many values at once: a sorted list; empty: no tag
  scale:
    dimension: customer
    values: {small: staff < 100, large: else}
  micro_owner:
    dimension: composite
    when: scale == 'small' and activity in ('active', 'highly_active')
detectors:
  small_frequent_borrowing:
    title: {zh: 小额高频借贷, en: "Small, frequent borrowing"}
    kind: velocity
    of: [borrow]
    where: "amount < 5000"
    count: 3
    within: 24h
    severity: warning
    flag: 24h
    cooldown: 6h
"""
"""A bit of everything that a catalogue can say; its words and messages are promised."""

MEASURES = """\
measures:
  seen: {count: [visit], window: 7d, step: 6h}
  spent: {sum: amount, of: [payment]}
  last_seen: {last: time, of: [visit]}
  last_paid: {last: time, of: [payment]}
  grade: {attribute: grade}
  checked: {attribute: checked, type: bool}
  clubs: {set: community_id, add: [join], remove: [leave]}
tags:
  level: {values: {high: seen >= 5, low: else}}
  member_of: {set: clubs}
"""
"""One measure or tag of each type, for expressions."""


def faults_of(text: str) -> list[Fault]:
    """What is wrong with a text; empty if it is a catalogue."""
    try:
        load(text, "test.yaml")
    except CatalogueError as error:
        return error.faults
    return []


def messages_of(text: str) -> list[str]:
    """The same without the places."""
    return [fault.message for fault in faults_of(text)]


def with_rule(rule: str) -> Catalogue:
    """A catalogue whose tag `flag` has this condition."""
    quoted = rule.replace('"', '\\"')
    return load(f'{HEAD}{MEASURES}  flag: {{when: "{quoted}"}}\n', "test.yaml")


def condition(rule: str) -> Expression:
    """The checked form of a condition over `MEASURES`."""
    found = with_rule(rule).tags["flag"].rules[0].condition
    assert found is not None
    return found
