"""How people write what leads to them: addresses, numbers, names, dates, in every spelling that a contact form sees.

What they write it into is in `phrases`; whose it is does not matter here.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date

MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November",
    "Desember",
)  # fmt: skip
MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DIGITS = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")
_DIGITS_EN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_PHONES = (
    "0{p}-{z}-{n}", "0{p}{z}{n}", "0{p}{z}{n}", "0{p} {z} {n}", "0{p}.{z}.{n}", "+62{p}{z}{n}", "+62 {p} {z} {n}",
    "+62 {p}-{z}-{n}", "62{p}{z}{n}", "(+62) {p} {z} {n}", "0{p} - {z} - {n}", "0{p}/{z}{n}", "(0{p}) {z}{n}",
)  # fmt: skip


def email(address: str, *, rng: random.Random) -> str:
    """Return an e-mail address as somebody types it; a slip of the finger stays within the reserved domain."""
    local, _, domain = address.partition("@")
    roll = rng.random()
    if roll < 0.60:
        return address
    if roll < 0.67:
        return address[:1].upper() + address[1:]
    if roll < 0.71:
        return address.upper()
    if roll < 0.77:
        return f"{local} (at) {domain}"
    if roll < 0.82:
        return f"{local}[at]{domain.replace('.', '[dot]')}"
    if roll < 0.86:
        return f"{local} @ {domain}"
    if roll < 0.90:
        return f"{local} at {domain.replace('.', ' dot ')}"
    if roll < 0.93:
        return f"{local}@ {domain}"
    return f"{misspelt(local, rng=rng)}@{domain}"


def phone(e164: str, *, rng: random.Random, is_english: bool = False) -> str:
    """Return a mobile number in digits or in words, now and then with the letter O for the zero."""
    prefix, zeros, rest = e164[3:6], e164[6:10], e164[10:]
    roll = rng.random()
    if roll < 0.06:
        return f"0{prefix}{zeros}{rest}".replace("0", "O")
    if roll < 0.11:
        words = _DIGITS_EN if is_english else _DIGITS
        return " ".join(words[int(digit)] for digit in f"0{prefix}{zeros}{rest}")
    return rng.choice(_PHONES).format(p=prefix, z=zeros, n=rest)


def name(full: str, *, rng: random.Random) -> str:
    """Return a full name as its bearer writes it in a hurry."""
    roll, parts = rng.random(), full.split()
    if roll < 0.62:
        return full
    if roll < 0.76:
        return full.lower()
    if roll < 0.84:
        return full.upper()
    if roll < 0.90 and len(parts) > 2:
        return f"{parts[0]} {parts[1][0]}. {parts[-1]}"
    if roll < 0.95 and len(parts) > 2:
        return f"{parts[0]} {parts[-1]}"
    return misspelt(full, rng=rng) if roll > 0.995 else full


def misspelt(text: str, *, rng: random.Random) -> str:
    """Return the text with one slip: a letter doubled, left out, or swapped with the next."""
    spots = [n for n in range(1, len(text) - 1) if text[n].isalpha() and text[n + 1].isalpha()]
    if not spots:
        return text + text[-1]
    spot, roll = rng.choice(spots), rng.random()
    if roll < 0.35 or text[spot] == text[spot + 1]:
        return text[:spot] + text[spot] + text[spot:]
    if roll < 0.65:
        return text[:spot] + text[spot + 1 :]
    return text[:spot] + text[spot + 1] + text[spot] + text[spot + 2 :]


def spelt_out(full: str, *, rng: random.Random) -> str:
    """Return a name letter by letter, or in capitals."""
    if rng.random() < 0.5 or len(full) > 24:
        return full.upper()
    between = rng.choice(("-", " ", "."))
    return rng.choice(("  ", " / ", " spasi ")).join(between.join(word.upper()) for word in full.split())


def nickname(nick: str, *, rng: random.Random) -> str:
    """Return what somebody calls themselves in a message."""
    roll = rng.random()
    if roll < 0.7:
        return nick
    return nick.lower() if roll < 0.9 else nick + nick[-1] if nick[-1] in "aiu" else nick


def nik(number: str, *, rng: random.Random) -> str:
    """Return an identity number with or without separators."""
    roll = rng.random()
    if roll < 0.55:
        return number
    if roll < 0.75:
        return " ".join(number[n : n + 4] for n in range(0, 16, 4))
    if roll < 0.88:
        return f"{number[:6]}-{number[6:12]}-{number[12:]}"
    return f"{number[:2]}.{number[2:4]}.{number[4:6]}.{number[6:12]}.{number[12:]}"


def day(at: date, *, rng: random.Random, is_english: bool = False) -> str:
    """Return a date of birth as it is told."""
    month, short = MONTHS[at.month - 1], MONTHS[at.month - 1][:3]
    if is_english:
        month = MONTHS_EN[at.month - 1]
        return rng.choice((f"{at.day} {month} {at.year}", f"{month} {at.day}, {at.year}", f"{at:%Y-%m-%d}"))
    return rng.choice(
        (
            f"{at.day} {month} {at.year}",
            f"{at.day} {month} {at.year}",
            f"{at.day} {month.lower()} {at.year}",
            f"{at:%d-%m-%Y}",
            f"{at:%d/%m/%Y}",
            f"{at.day}/{at.month}/{at:%y}",
            f"{at.day} {short} {at.year}",
            f"{at:%d.%m.%Y}",
            f"{at:%d%m%Y}",
            f"tgl {at.day} bulan {at.month} tahun {at.year}",
        )
    )


def age(years: int, *, rng: random.Random, is_english: bool = False) -> str:
    """Return an age in years."""
    if is_english:
        return rng.choice((f"{years}", f"{years} years old"))
    return rng.choice((f"{years} tahun", f"{years} tahun", f"{years} thn", f"{years} th"))


def street(address: str, city: str, *, rng: random.Random) -> str:
    """Return a street address, mostly with its city, in one line."""
    text = f"{address}, {city}" if city and rng.random() < 0.7 else address
    changes: tuple[Callable[[str], str], ...] = (
        str,
        str,
        str.lower,
        lambda line: line.replace("Jl.", "Jalan").replace("No. ", "no "),
        lambda line: line.replace("Jl. ", "jln ").replace(", RT", " rt"),
    )
    return rng.choice(changes)(text)


def account(number: str, *, rng: random.Random) -> str:
    """Return a bank account number."""
    return rng.choice((number, number, f"{number[:3]}-{number[3:7]}-{number[7:]}", f"{number[:4]} {number[4:]}"))


def card(number: str, *, rng: random.Random) -> str:
    """Return a card number, whole or half hidden."""
    grouped = " ".join(number[n : n + 4] for n in range(0, 16, 4))
    return rng.choice(
        (grouped, grouped, number, grouped.replace(" ", "-"), f"{number[:4]} {number[4:6]}** **** {number[12:]}")
    )


def npwp(digits: str, *, rng: random.Random) -> str:
    """Return a taxpayer number of fifteen digits with or without its points."""
    d = digits
    pointed = f"{d[:2]}.{d[2:5]}.{d[5:8]}.{d[8]}-{d[9:12]}.{d[12:]}"
    return rng.choice((pointed, pointed, digits, f"{d[:9]}-{d[9:12]}.{d[12:]}"))
