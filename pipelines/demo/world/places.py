"""Cities with their provinces, and streets that could be anywhere. Who lives where stands in `people`."""

from __future__ import annotations

import random
from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple


class City(NamedTuple):
    """A city: its province (`region`), the first digits of identity cards issued there, and whose names are common."""

    name: str
    region: str
    code: str
    weight: int
    origin: str


CITIES = (
    City("Jakarta Selatan", "DKI Jakarta", "3174", 30, ""),
    City("Jakarta Timur", "DKI Jakarta", "3175", 25, ""),
    City("Jakarta Barat", "DKI Jakarta", "3173", 25, "chinese"),
    City("Bekasi", "Jawa Barat", "3275", 22, ""),
    City("Depok", "Jawa Barat", "3276", 18, ""),
    City("Bogor", "Jawa Barat", "3271", 16, "sundanese"),
    City("Bandung", "Jawa Barat", "3273", 42, "sundanese"),
    City("Cirebon", "Jawa Barat", "3274", 6, "sundanese"),
    City("Tasikmalaya", "Jawa Barat", "3278", 6, "sundanese"),
    City("Tangerang", "Banten", "3671", 14, ""),
    City("Tangerang Selatan", "Banten", "3674", 18, ""),
    City("Semarang", "Jawa Tengah", "3374", 20, "javanese"),
    City("Surakarta", "Jawa Tengah", "3372", 14, "javanese"),
    City("Purwokerto", "Jawa Tengah", "3302", 8, "javanese"),
    City("Yogyakarta", "DI Yogyakarta", "3471", 24, "javanese"),
    City("Sleman", "DI Yogyakarta", "3404", 20, "javanese"),
    City("Surabaya", "Jawa Timur", "3578", 34, "javanese"),
    City("Malang", "Jawa Timur", "3573", 22, "javanese"),
    City("Sidoarjo", "Jawa Timur", "3515", 10, "javanese"),
    City("Kediri", "Jawa Timur", "3571", 6, "javanese"),
    City("Denpasar", "Bali", "5171", 22, "balinese"),
    City("Gianyar", "Bali", "5104", 8, "balinese"),
    City("Mataram", "Nusa Tenggara Barat", "5271", 5, "arabic"),
    City("Kupang", "Nusa Tenggara Timur", "5371", 5, "eastern"),
    City("Medan", "Sumatera Utara", "1271", 20, "batak"),
    City("Pematangsiantar", "Sumatera Utara", "1272", 4, "batak"),
    City("Padang", "Sumatera Barat", "1371", 9, "minang"),
    City("Bukittinggi", "Sumatera Barat", "1375", 4, "minang"),
    City("Pekanbaru", "Riau", "1471", 8, "minang"),
    City("Batam", "Kepulauan Riau", "2171", 8, ""),
    City("Palembang", "Sumatera Selatan", "1671", 9, "arabic"),
    City("Bandar Lampung", "Lampung", "1871", 8, "javanese"),
    City("Banda Aceh", "Aceh", "1171", 5, "arabic"),
    City("Pontianak", "Kalimantan Barat", "6171", 6, "chinese"),
    City("Banjarmasin", "Kalimantan Selatan", "6371", 5, "arabic"),
    City("Balikpapan", "Kalimantan Timur", "6471", 7, ""),
    City("Samarinda", "Kalimantan Timur", "6472", 5, ""),
    City("Makassar", "Sulawesi Selatan", "7371", 16, "bugis"),
    City("Manado", "Sulawesi Utara", "7171", 6, "eastern"),
    City("Ambon", "Maluku", "8171", 3, "eastern"),
    City("Jayapura", "Papua", "9171", 3, "eastern"),
)
_LIMITS = list(accumulate(city.weight for city in CITIES))
_REGIONS = {city.name: city.region for city in CITIES}

_STREETS = (
    "Melati", "Kenanga", "Cempaka", "Anggrek", "Flamboyan", "Mawar", "Dahlia", "Teratai", "Kamboja", "Bougenville",
    "Merpati", "Cendrawasih", "Kutilang", "Rajawali", "Garuda", "Jalak", "Mangga", "Rambutan", "Jambu", "Nangka",
    "Durian", "Belimbing", "Cemara", "Mahoni", "Jati", "Beringin", "Ketapang", "Pinus", "Merdeka", "Pahlawan",
    "Pemuda", "Veteran", "Pendidikan", "Sukamaju", "Sejahtera", "Gotong Royong", "Masjid", "Pasar Lama", "Stasiun",
    "Kali Jernih", "Bukit Hijau", "Lembah Asri", "Taman Sari", "Wijaya Kusuma", "Kartini", "Dewi Sartika", "Pattimura",
)  # fmt: skip
_ESTATES = ("Griya Asri", "Bumi Permai", "Taman Puri", "Villa Mutiara", "Pesona Alam", "Graha Indah", "Puri Lestari")


def city(rng: random.Random) -> City:
    """Draw a city; large ones are drawn more often."""
    return CITIES[bisect_right(_LIMITS, rng.random() * _LIMITS[-1])]


def region_of(name: str) -> str:
    """Return a city's province."""
    return _REGIONS[name]


def street(rng: random.Random) -> str:
    """Draw an address within a city, as people write it."""
    roll, house = rng.random(), f"{rng.randint(1, 148)}{rng.choice(('', '', '', '', 'A', 'B', 'C'))}"
    ward = f"RT {rng.randint(1, 14):02d}/RW {rng.randint(1, 16):02d}"
    road = rng.choice(_STREETS)
    if roll < 0.45:
        return f"Jl. {road} No. {house}, {ward}"
    if roll < 0.60:
        return f"Jl. {road} Raya No. {house}"
    if roll < 0.75:
        return f"Jl. {road} {rng.choice(('I', 'II', 'III', 'IV'))} No. {house}, {ward.replace(' ', '.', 1)}"
    if roll < 0.88:
        return f"Gg. {road} {rng.randint(1, 9)} No. {house}, {ward}"
    return f"Perum {rng.choice(_ESTATES)} Blok {rng.choice('ABCDEFGH')}{rng.randint(1, 12)} No. {rng.randint(1, 40)}"
