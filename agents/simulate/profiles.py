"""Who members are: owners of small firms, and those who finance them, as profile attributes."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from agents.simulate.chance import happens, pick

_OCCUPATIONS = ("owner", "owner", "owner", "finance_manager", "bank_officer", "fintech", "broker")
_REGIONS = ("Guangdong", "Zhejiang", "Jiangsu", "Shanghai", "Beijing", "Sichuan", "Hubei", "Fujian")
_LICENCES = ("sole_trader", "sole_trader", "limited_company", "limited_company", "partnership")
_AGES = ("18-29", "30-39", "30-39", "40-49", "40-49", "50-59", "60+")
_INDUSTRIES = (
    *("C34", "C35", "C39", "C18", "F51", "F52", "F52", "G54", "I65", "E50", "H62", "L72"),
    *("A01", "B06", "C14", "F51", "F52", "G59", "G60", "H61", "I64", "K7010", "K7020", "M73"),
    *("C33", "C38", "F51", "F52", "F52", "G54", "I65", "E48", "H62", "L71", "O80", "P83"),
)
"""Sections and divisions of GB/T 4754-2017, trade and manufacturing most often."""
_GRADES = ("AAA", "AA", "AA", "A", "A", "A", "BBB", "BB", "B")
_COLLATERALS = ("none", "none", "none", "vehicle", "equipment", "property")
_OLDEST = 20  # years of a firm


def profile(rng: Random, at: int) -> str:
    """All attributes of a new member at that time (ms), `,"attributes":{...}`."""
    staff = _staff(rng)
    turnover = int(staff * rng.lognormvariate(12.5, 0.7)) // 1000 * 1000  # CNY a year
    return (
        f',"attributes":{{"occupation":"{pick(rng, _OCCUPATIONS)}",'
        f'"region":"{pick(rng, _REGIONS)}",'
        f'"identity_verified":{_true(rng, 0.8)},'
        f'"licence_type":"{pick(rng, _LICENCES)}",'
        f'"representative_age":"{pick(rng, _AGES)}",'
        f'"industry":"{pick(rng, _INDUSTRIES)}",'
        f'"staff":{staff},"turnover":{turnover},"fixed_assets":{turnover // 3},'
        f'"founded":"{_founded(rng, at)}",'
        f'"credit_grade":"{pick(rng, _GRADES)}",'
        f'"collateral":"{pick(rng, _COLLATERALS)}",'
        f'"financial_assets":{_financial_assets(rng)}}}'
    )


def change(rng: Random) -> str:
    """One attribute that changed."""
    if happens(rng, 0.5):
        return f',"attributes":{{"credit_grade":"{pick(rng, _GRADES)}"}}'
    return f',"attributes":{{"identity_verified":{_true(rng, 0.9)}}}'


def _staff(rng: Random) -> int:
    """Median 13; every fortieth firm is a large one."""
    size = int(rng.lognormvariate(2.5, 1.2)) + 1
    return size * 60 if happens(rng, 0.025) else size


def _founded(rng: Random, at: int) -> date:
    """A third of the firms are younger than two years."""
    age = timedelta(days=int(rng.random() ** 2 * _OLDEST * 365))
    return datetime.fromtimestamp(at // 1000, UTC).date() - age


def _financial_assets(rng: Random) -> int:
    """The family's, in yuan: median 500,000; one family in forty has ten times as much."""
    return int(rng.lognormvariate(13.1, 1.2)) // 1000 * 1000


def _true(rng: Random, share: float) -> str:
    return "true" if happens(rng, share) else "false"
