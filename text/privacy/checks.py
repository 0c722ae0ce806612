"""Checksums of the numbers that are looked for. Digits are ASCII, without separators."""


def luhn_holds(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: bank cards."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def national_id_holds(digits: str) -> bool:
    """Iran: ten digits, r = Σ dᵢ·(10−i) mod 11 over the first nine; check digit r or 11−r."""
    if len(digits) != 10 or len(set(digits)) == 1:
        return False
    rest = sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return int(digits[9]) == (rest if rest < 2 else 11 - rest)


def company_id_holds(digits: str) -> bool:
    """Iran: eleven digits, r = Σ (dᵢ + d₁₀ + 2)·cᵢ mod 11 over the first ten; a rest of 10 is 0."""
    if len(digits) != 11 or len(set(digits)) == 1:
        return False
    added = int(digits[9]) + 2
    weights = (29, 27, 23, 19, 17) * 2
    rest = sum(
        (int(digit) + added) * weight for digit, weight in zip(digits, weights, strict=False)
    )
    return int(digits[10]) == rest % 11 % 10


def iban_holds(iban: str) -> bool:
    """ISO 13616: the first four characters behind the rest, letters as 10 to 35, mod 97 = 1."""
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1
