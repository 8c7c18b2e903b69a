"""Who members are: owners of small firms, and those who finance them, as profile attributes."""

from random import Random

from agents.simulate.chance import happens, pick

_OCCUPATIONS = ("owner", "owner", "owner", "finance_manager", "bank_officer", "fintech", "broker")
_REGIONS = ("Guangdong", "Zhejiang", "Jiangsu", "Shanghai", "Beijing", "Sichuan", "Hubei", "Fujian")
_LICENCES = ("sole_trader", "sole_trader", "limited_company", "limited_company", "partnership")
_AGES = ("18-29", "30-39", "30-39", "40-49", "40-49", "50-59", "60+")
_INDUSTRIES = ("C34", "C35", "C39", "C18", "F51", "F52", "F52", "G54", "I65", "E50", "H62", "L72")
_GRADES = ("AAA", "AA", "AA", "A", "A", "A", "BBB", "BB", "B")
_COLLATERALS = ("none", "none", "none", "vehicle", "equipment", "property")


def profile(rng: Random) -> str:
    """All attributes of a new member, `,"attributes":{...}`."""
    staff = int(rng.lognormvariate(2.5, 1.2)) + 1  # median 13
    turnover = int(staff * rng.lognormvariate(12.5, 0.7)) // 1000 * 1000  # CNY a year
    return (
        f',"attributes":{{"occupation":"{pick(rng, _OCCUPATIONS)}",'
        f'"region":"{pick(rng, _REGIONS)}",'
        f'"identity_verified":{_true(rng, 0.8)},'
        f'"licence_type":"{pick(rng, _LICENCES)}",'
        f'"representative_age":"{pick(rng, _AGES)}",'
        f'"industry":"{pick(rng, _INDUSTRIES)}",'
        f'"staff":{staff},"turnover":{turnover},"fixed_assets":{turnover // 3},'
        f'"credit_grade":"{pick(rng, _GRADES)}",'
        f'"collateral":"{pick(rng, _COLLATERALS)}"}}'
    )


def change(rng: Random) -> str:
    """One attribute that changed."""
    if happens(rng, 0.5):
        return f',"attributes":{{"credit_grade":"{pick(rng, _GRADES)}"}}'
    return f',"attributes":{{"identity_verified":{_true(rng, 0.9)}}}'


def _true(rng: Random, share: float) -> str:
    return "true" if happens(rng, share) else "false"
