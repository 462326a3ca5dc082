"""The courses that are taught: their modules, prices, and where people find them hard.

Their cohorts are in `catalogue`, how it goes for one learner in `study`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Course:
    """A course. `completion` is the share that finishes; `popularity` weighs its cohorts' sizes.

    Most who give up do so at module `hard`, counted from 0. `level` is the usual share of the points in a first attempt,
    `pass_mark` the share that is needed. Courses `in_app` are also taken in the mobile app.
    """

    course_id: str
    title: str
    category: str
    price_idr: int
    modules: tuple[str, ...]
    optional: frozenset[int]
    completion: float
    popularity: float
    hard: int
    level: float
    pass_mark: float = 0.6
    max_score: int = 100
    has_cohorts: bool = True
    in_app: bool = False

    def is_assessed(self, number: int) -> bool:
        """Whether a module ends with an assessment: every third, the hard one and the last."""
        return number % 3 == 2 or number in (self.hard, len(self.modules) - 1)


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
        hard=3,
        level=0.70,
    ),
    _course(
        "desain-grafis",
        "Desain Grafis: Warna, Huruf, Bentuk",
        "grafis",
        375_000,
        "Prinsip;Warna;Tipografi;Komposisi;Logo;Cetak*;Identitas merek;Portofolio*;Proyek akhir",
        completion=0.48,
        popularity=1.3,
        hard=4,
        level=0.66,
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
        hard=2,
        level=0.61,
        pass_mark=0.7,
        in_app=True,
    ),
    _course(
        "copywriting",
        "Copywriting yang Menjual",
        "menulis",
        250_000,
        "Suara merek;Judul;Manfaat;Halaman jualan;Surel;Proyek akhir",
        completion=0.76,
        popularity=1.1,
        hard=3,
        level=0.80,
        in_app=True,
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
        hard=2,
        level=0.68,
    ),
    _course(
        "fotografi-produk",
        "Fotografi Produk di Rumah",
        "fotografi",
        395_000,
        "Kamera;Cahaya jendela;Latar;Komposisi;Makanan*;Penyuntingan;Proyek akhir",
        completion=0.57,
        popularity=0.8,
        hard=5,
        level=0.74,
    ),
    _course(
        "ui-ux",
        "UI/UX: Riset, Prototipe, Uji Coba",
        "produk",
        750_000,
        "Riset;Persona;Alur;Kerangka;Komponen;Prototipe;Uji coba;Sistem desain*;Serah terima;Studi kasus*;Proyek akhir",
        completion=0.21,
        popularity=1.1,
        hard=5,
        level=0.58,
        pass_mark=0.65,
    ),
    _course(
        "bisnis-freelance",
        "Bisnis Freelance, Kontrak & Harga",
        "bisnis",
        199_000,
        "Klien pertama;Penawaran;Kontrak;Harga;Pajak*;Menagih;Rencana setahun",
        completion=0.52,
        popularity=0.5,
        hard=2,
        level=0.76,
        has_cohorts=False,
    ),
)


def module_id(course: Course, number: int) -> str:
    """Return the id of a course's module, counted from 0."""
    return f"{course.course_id}-m{number + 1:02d}"
