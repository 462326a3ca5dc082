"""The pages of the website, how long people stay on them, and which page they open after which.

What a browser sends while they do is in `calls`; who comes and why is in `browsing`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import NamedTuple

from pipelines.demo.world.courses import COURSES, module_id

SITE = "https://mastery.crosslife.example"


class Page(NamedTuple):
    """A page: people stay `least` seconds and `seconds` more in the mean; `shown` is its path with `*` for what is personal.

    `video` is the length in seconds of the film on it, the same for whoever watches it.
    """

    kind: str
    path: str
    title: str
    seconds: float
    shown: str
    course: int = -1
    module: str = ""
    least: int = 2
    video: int = 0


def _page(
    kind: str,
    path: str,
    title: str,
    seconds: float,
    *,
    course: int = -1,
    module: str = "",
    least: int = 2,
    video: int = 0,
) -> Page:
    return Page(kind, path, f"{title} | Crosslife Mastery", seconds, path, course, module, least, video)


def _length(module: str) -> int:
    """Seconds of a lesson's film: from a minute to five."""
    return 60 + sum(module.encode()) * 89 % 240


HOME = Page("home", "/", "Crosslife Mastery: kursus untuk pekerja lepas kreatif", 16.0, "/")
LIST = _page("list", "/kursus", "Semua kursus", 18.0)
PRICE = _page("price", "/harga", "Harga", 20.0)
ABOUT = _page("about", "/tentang", "Tentang kami", 18.0)
HELP = _page("help", "/bantuan", "Bantuan", 28.0)
CONTACT = _page("contact", "/kontak", "Kontak", 20.0)
PRIVACY = _page("privacy", "/kebijakan-privasi", "Kebijakan privasi", 30.0)
SIGN_UP = _page("sign_up", "/daftar", "Daftar", 20.0, least=18)
LOG_IN = _page("log_in", "/masuk", "Masuk", 8.0, least=6)
LOG_OUT = _page("log_out", "/keluar", "Keluar", 3.0)
ACCOUNT = _page("account", "/akun", "Akun", 22.0)
LEARNING = _page("learning", "/belajar", "Kelas saya", 9.0, least=3)
CART = _page("cart", "/keranjang", "Keranjang", 20.0)
PAYMENT = _page("payment", "/pembayaran", "Pembayaran", 32.0, least=12)
PAID = _page("paid", "/pembayaran/selesai", "Pesanan diterima", 14.0)
BLOG = _page("blog", "/blog", "Blog", 14.0)
POSTS = tuple(
    _page("post", f"/blog/{slug}", title, 58.0)
    for slug, title in (
        ("memilih-warna", "Memilih warna tanpa ragu"),
        ("portofolio-pertama", "Menyusun portofolio pertama"),
        ("tarif-freelance", "Berapa tarif freelance yang wajar?"),
        ("kerja-dari-rumah", "Kerja dari rumah tanpa kehilangan jam tidur"),
        ("klien-sulit", "Menghadapi klien yang sulit"),
    )
)
COURSE = tuple(_page("course", f"/kursus/{c.course_id}", c.title, 34.0, course=n) for n, c in enumerate(COURSES))
CLASSROOM = tuple(
    _page("classroom", f"/belajar/{c.course_id}", f"{c.title} - ruang kelas", 12.0, course=n)
    for n, c in enumerate(COURSES)
)
LESSONS = tuple(
    tuple(
        _page(
            "lesson",
            f"/belajar/{c.course_id}/{module_id(c, m)}",
            f"{m + 1}. {title} - {c.title}",
            62.0,
            course=n,
            module=module_id(c, m),
            video=_length(module_id(c, m)),
        )
        for m, title in enumerate(c.modules)
    )
    for n, c in enumerate(COURSES)
)

_ONE = {
    page.kind: page
    for page in (HOME, LIST, PRICE, ABOUT, HELP, CONTACT, PRIVACY, SIGN_UP, LOG_IN, BLOG, LEARNING, ACCOUNT)
}
# Which kind of page is opened after which, by people who are looking round.
_NEXT: Mapping[str, tuple[tuple[str, float], ...]] = {
    "home": (("list", 0.45), ("course", 0.32), ("price", 0.10), ("post", 0.06), ("about", 0.07)),
    "list": (("course", 0.90), ("price", 0.06), ("home", 0.04)),
    "course": (("course", 0.30), ("price", 0.28), ("list", 0.26), ("sign_up", 0.08), ("help", 0.04), ("post", 0.04)),
    "price": (("course", 0.55), ("sign_up", 0.22), ("help", 0.13), ("home", 0.10)),
    "post": (("post", 0.30), ("course", 0.36), ("blog", 0.14), ("list", 0.12), ("home", 0.08)),
    "blog": (("post", 0.85), ("home", 0.15)),
    "about": (("list", 0.50), ("contact", 0.30), ("home", 0.20)),
    "help": (("contact", 0.25), ("price", 0.25), ("course", 0.50)),
    "contact": (("home", 0.60), ("help", 0.40)),
    "sign_up": (("privacy", 0.20), ("course", 0.60), ("price", 0.20)),
    "privacy": (("sign_up", 0.40), ("home", 0.60)),
}
_LONGEST_STAY_SECONDS = 1500
_WATCHED = 0.35  # of the lessons that are opened, to the end


def invitation(email: str) -> Page:
    """Return the page on which somebody with this address is invited."""
    return Page("invitation", f"/undangan/{email}", "Undangan | Crosslife Mastery", 18.0, "/undangan/*")


def account(name: str) -> Page:
    """Return the account page, whose title greets its owner."""
    return ACCOUNT._replace(title=f"Akun {name} | Crosslife Mastery")


def after(page: Page, *, interest: int, rng: random.Random) -> Page:
    """Return the page that somebody interested in a course opens next."""
    kind = _drawn(_NEXT.get(page.kind, _NEXT["home"]), rng.random())
    if kind == "course":
        wanted = interest if page.course != interest and rng.random() < 0.6 else rng.randrange(len(COURSE))
        return COURSE[wanted] if wanted != page.course else LIST
    if kind == "post":
        found = rng.choice(POSTS)
        return found if found != page else BLOG
    return _ONE[kind]


def stay(page: Page, rng: random.Random) -> int:
    """Draw how many seconds somebody stays; many watch a lesson's film to its end."""
    if page.video and rng.random() < _WATCHED:
        return page.video + 12 + int(rng.expovariate(1 / 15))
    return page.least + min(_LONGEST_STAY_SECONDS, int(rng.expovariate(1 / page.seconds)))


def _drawn(chances: tuple[tuple[str, float], ...], roll: float) -> str:
    for kind, chance in chances:
        roll -= chance
        if roll < 0:
            return kind
    return chances[0][0]
