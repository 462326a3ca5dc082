"""What is shown of a page's path: the site's own pages, ids of the catalogue, and nothing that could lead to a person (O4)."""

from __future__ import annotations

import polars as pl

from tests.truth.reading import World

MASKED = ":masked"
UNLISTED = "/:unlisted"
_SITE = (
    "/", "/kursus", "/belajar", "/harga", "/daftar", "/masuk", "/keluar", "/akun", "/keranjang", "/pembayaran",
    "/pembayaran/selesai", "/bantuan", "/tentang", "/kontak", "/kebijakan-privasi", "/blog", "/blog/memilih-warna",
    "/blog/portofolio-pertama", "/blog/tarif-freelance", "/blog/kerja-dari-rumah", "/blog/klien-sulit",
)  # fmt: skip
_PERSONAL = "*"  # the truth's mark of a segment that is a person's own


def shown(world: World) -> pl.Expr:
    """Return the path as it is shown, of the column `page_path`; no path stays none."""
    courses = world.frame("courses")["course_id"].to_list()
    modules = world.frame("course_modules").select("course_id", "module_id").rows()
    listed = [
        *_SITE,
        *(f"/{room}/{course}" for room in ("kursus", "belajar") for course in courses),
        *(f"/belajar/{course}/{module}" for course, module in modules),
        f"/undangan/{MASKED}",
    ]
    path = pl.col("page_path").str.replace_all(_PERSONAL, MASKED, literal=True)
    return pl.when(path.is_null() | path.is_in(listed)).then(path).otherwise(pl.lit(UNLISTED))
