"""What is taught: the courses, their modules and their cohorts through the span of a demo.

Who enrols and how it goes does not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipelines.demo import streams
from pipelines.demo.world import DAY, World, local_text

# (course, cohort): too few learners to be published.
SMALL_COHORTS = frozenset({(1, 2), (2, 1), (4, 3), (5, 0), (6, 5)})


@dataclass(frozen=True)
class Course:
    """A course. `completion` is the share that finishes; `popularity` weighs its cohorts' sizes."""

    course_id: str
    title: str
    category: str
    price_idr: int
    modules: tuple[str, ...]
    optional: frozenset[int]
    completion: float
    popularity: float
    max_score: int = 100
    has_cohorts: bool = True


@dataclass(frozen=True)
class Cohort:
    """A run of a course; for the course without cohorts, a month in which people begin (`name` is empty)."""

    course: int
    name: str
    starts_at: int
    ends_at: int
    observation_days: int
    weight: float
    completion: float

    @property
    def closes_at(self) -> int:
        """The instant after which completions no longer count."""
        return self.ends_at + self.observation_days * DAY


def _course(slug: str, title: str, category: str, price: int, modules: str, **more: float | bool) -> Course:
    parts = modules.split(";")
    optional = frozenset(n for n, part in enumerate(parts) if part.endswith("*"))
    names = tuple(part.strip("* ") for part in parts)
    return Course(slug, title, category, price, names, optional, **more)  # type: ignore[arg-type]


COURSES = (
    _course(
        "desain-web-dasar",
        "Desain Web dari Nol sampai Tayang",
        "web",
        450_000,
        "Cara kerja web;HTML;CSS;Tata letak;Responsif;Aksesibilitas*;Tayang;Proyek akhir",
        completion=0.62,
        popularity=1.2,
    ),
    _course(
        "desain-grafis",
        "Desain Grafis: Warna, Huruf, Bentuk",
        "grafis",
        375_000,
        "Prinsip;Warna;Tipografi;Komposisi;Logo;Cetak*;Identitas merek;Portofolio*;Proyek akhir",
        completion=0.48,
        popularity=1.3,
    ),
    _course(
        "motion-graphics",
        "Motion Graphics untuk Media Sosial",
        "motion",
        650_000,
        "Waktu dan irama;Keyframe;Kurva;Teks bergerak;Karakter*;"
        "Suara;Transisi;3D ringan*;Render;Papan cerita;Penyuntingan;Proyek akhir",
        completion=0.27,
        popularity=0.9,
    ),
    _course(
        "copywriting",
        "Copywriting yang Menjual",
        "menulis",
        250_000,
        "Suara merek;Judul;Manfaat;Halaman jualan;Surel;Proyek akhir",
        completion=0.76,
        popularity=1.1,
        max_score=10,
    ),
    _course(
        "ilustrasi-digital",
        "Ilustrasi Digital",
        "ilustrasi",
        425_000,
        "Garis;Bentuk;Cahaya;Warna;Tekstur*;Karakter;Latar;Gaya pribadi*;Proyek akhir",
        completion=0.41,
        popularity=0.9,
    ),
    _course(
        "fotografi-produk",
        "Fotografi Produk di Rumah",
        "fotografi",
        395_000,
        "Kamera;Cahaya jendela;Latar;Komposisi;Makanan*;Penyuntingan;Proyek akhir",
        completion=0.57,
        popularity=0.8,
    ),
    _course(
        "ui-ux",
        "UI/UX: Riset, Prototipe, Uji Coba",
        "produk",
        750_000,
        "Riset;Persona;Alur;Kerangka;Komponen;Prototipe;Uji coba;Sistem desain*;Serah terima;Studi kasus*;Proyek akhir",
        completion=0.21,
        popularity=1.1,
    ),
    _course(
        "bisnis-freelance",
        "Bisnis Freelance, Kontrak & Harga",
        "bisnis",
        199_000,
        "Klien pertama;Penawaran;Kontrak;Harga;Pajak*;Menagih;Rencana setahun",
        completion=0.52,
        popularity=0.5,
        has_cohorts=False,
    ),
)


@dataclass(frozen=True)
class Catalogue:
    """The courses and, computed from the span, their cohorts."""

    world: World

    @cached_property
    def cohorts(self) -> tuple[Cohort, ...]:
        """Every cohort (and month of the course without), in order of course and start."""
        return tuple(cohort for number in range(len(COURSES)) for cohort in self._of(number))

    @cached_property
    def chances(self) -> streams.Units:
        """Cumulative shares of first enrolments, by cohort."""
        weights = np.cumsum([cohort.weight for cohort in self.cohorts])
        return np.asarray(weights / weights[-1], dtype=np.float64)

    def _of(self, number: int) -> list[Cohort]:
        course, world = COURSES[number], self.world
        runs = max(2, round(world.days / (60 if course.has_cohorts else 30)))
        spacing = max(0.0, world.days - 12 - 4 * number) / runs
        first_day = min(5, world.days // 10) + 4 * number
        return [self._run(number, run, first_day=first_day + run * spacing) for run in range(runs)]

    def _run(self, number: int, run: int, *, first_day: float) -> Cohort:
        course, world = COURSES[number], self.world
        rng = streams.rng(streams.key(world.seed, "cohort", number), run)
        starts_at = world.start_at + min(int(first_day), world.days - 1) * DAY + 9 * 3600
        length_days = max(5, int(min(world.days, 365) * rng.uniform(0.20, 0.30)))
        small = 0.1 if (number, run) in SMALL_COHORTS else 1.0
        return Cohort(
            course=number,
            name=f"angkatan-{run + 1:02d}" if course.has_cohorts else "",
            starts_at=starts_at,
            ends_at=starts_at + length_days * DAY,
            observation_days=30 if world.days >= 180 else max(3, world.days // 6),
            weight=course.popularity * small * rng.uniform(0.85, 1.15) * (1.0 if course.has_cohorts else 0.5),
            completion=min(0.85, course.completion * rng.uniform(0.85, 1.15)),
        )

    def course_rows(self) -> list[tuple[str, ...]]:
        """Header and rows of `courses`."""
        header: tuple[str, ...] = ("course_id", "title", "category", "price_idr", "published_at")
        published = [self.world.start_at - (40 + 9 * number) * DAY + 10 * 3600 for number in range(len(COURSES))]
        return [header] + [
            (course.course_id, course.title, course.category, str(course.price_idr), local_text(at) + "+07:00")
            for course, at in zip(COURSES, published, strict=True)
        ]

    def module_rows(self) -> list[tuple[str, ...]]:
        """Header and rows of `course_modules`."""
        header: tuple[str, ...] = ("course_id", "module_id", "title", "position", "required")
        return [header] + [
            (c.course_id, module_id(c, n), title, str(n + 1), "false" if n in c.optional else "true")
            for c in COURSES
            for n, title in enumerate(c.modules)
        ]

    def cohort_rows(self) -> list[tuple[str, ...]]:
        """Header and rows of `cohorts`."""
        header: tuple[str, ...] = ("course_id", "cohort", "starts_at", "ends_at", "observation_days")
        return [header] + [
            (
                COURSES[c.course].course_id,
                c.name,
                local_text(c.starts_at) + "+07:00",
                local_text(c.ends_at) + "+07:00",
                str(c.observation_days),
            )
            for c in self.cohorts
            if c.name
        ]


def module_id(course: Course, number: int) -> str:
    """Return the id of a course's module, counted from 0."""
    return f"{course.course_id}-m{number + 1:02d}"
