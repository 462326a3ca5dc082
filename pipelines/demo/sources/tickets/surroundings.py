"""What stands in the plain slots of a template: courses, amounts, days, devices, greetings. Nobody's personal data.

Slots that bear personal data are in `slots`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from pipelines.demo.sources.tickets.case import COUNTERS, VIRTUAL_ACCOUNTS, Case
from pipelines.demo.sources.tickets.moment import Moment
from pipelines.demo.sources.tickets.spelling import MONTHS, MONTHS_EN
from pipelines.demo.world.span import DAY, JAKARTA_OFFSET, local_date

WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT = {
    "desain-web-dasar": "desain web",
    "desain-grafis": "desain grafis",
    "motion-graphics": "motion graphics",
    "copywriting": "copywriting",
    "ilustrasi-digital": "ilustrasi digital",
    "fotografi-produk": "foto produk",
    "ui-ux": "UI/UX",
    "bisnis-freelance": "bisnis freelance",
}
_DRAWN = frozenset({"desain-web-dasar", "desain-grafis", "motion-graphics", "ilustrasi-digital", "ui-ux"})
_HELLOS = {
    "Jawa Tengah": "Sugeng {}",
    "DI Yogyakarta": "Sugeng {}",
    "Jawa Timur": "Sugeng {}",
    "Jawa Barat": "Punten",
    "Banten": "Punten",
    "Bali": "Om Swastyastu",
    "Sumatera Utara": "Horas",
    "Sulawesi Selatan": "Tabe'",
}
_THANKS = {
    "Jawa Tengah": "matur nuwun",
    "DI Yogyakarta": "matur nuwun nggih",
    "Jawa Timur": "suwun",
    "Jawa Barat": "hatur nuhun",
    "Banten": "nuhun",
    "Bali": "suksma",
    "Sumatera Utara": "mauliate",
    "Sumatera Barat": "tarimo kasih",
    "Sulawesi Selatan": "makasih di'",
    "Sumatera Selatan": "mokasih",
    "DKI Jakarta": "makasih yee",
}
_PARTS = ((4, "malam"), (11, "pagi"), (15, "siang"), (18, "sore"), (24, "malam"))
_PARTS_EN = {"pagi": "morning", "siang": "afternoon", "sore": "afternoon", "malam": "evening"}
_JAVANESE = {"pagi": "enjing", "siang": "siang", "sore": "sonten", "malam": "dalu"}

Plain = Callable[[Case, Moment], str | None]


def part(at: int) -> str:
    """Return the part of the day in Jakarta: pagi, siang, sore or malam."""
    hour = (at + JAKARTA_OFFSET) % DAY // 3600
    return next(name for limit, name in _PARTS if hour < limit)


def _short(case: Case, moment: Moment) -> str:
    short = _SHORT[case.course.course_id]
    is_chatty = moment.register in ("chat", "mixed") and not moment.is_agent
    return short if is_chatty or not short.islower() else short.title()


def _course(case: Case, moment: Moment) -> str:
    title = case.course.title
    if moment.register == "formal" or moment.is_agent:
        return title
    if moment.rng.random() < 0.5:
        return _short(case, moment)
    return title.lower() if moment.register == "chat" else title


def _module(case: Case, moment: Moment) -> str | None:
    if case.enrolment is None:
        return None
    return case.module.lower() if moment.register == "chat" and not moment.is_agent else case.module


def _rupiah(amount: int, moment: Moment) -> str:
    pointed = f"{amount:,}".replace(",", ".")
    if moment.is_english:
        return moment.rng.choice((f"Rp{amount:,}", f"IDR {amount:,}", f"{amount // 1000}k"))
    if moment.is_agent:
        return f"Rp{pointed}"
    if moment.register == "formal":
        return moment.rng.choice((f"Rp{pointed}", f"Rp {pointed}", f"Rp{pointed},-"))
    thousands = f"{amount / 1000:g}".replace(".", ",")
    return moment.rng.choice((f"{thousands}rb", f"{thousands}k", f"{thousands} ribu", pointed, f"rp {pointed}"))


def _amount(case: Case, moment: Moment) -> str | None:
    order = case.enrolment
    return _rupiah(order.amount_idr - order.discount_idr, moment) if order else None


def _date(at: int, moment: Moment) -> str:
    on = local_date(at)
    if moment.is_english:
        month = MONTHS_EN[on.month - 1]
        return moment.rng.choice((f"{on.day} {month}", f"{month} {on.day}", f"{month[:3]} {on.day}"))
    month = MONTHS[on.month - 1]
    if moment.register == "formal" or moment.is_agent:
        return moment.rng.choice(
            (f"{on.day} {month} {on.year}", f"{on.day} {month}", f"{WEEKDAYS[on.weekday()]}, {on.day} {month}")
        )
    return moment.rng.choice(
        (f"{on.day}/{on.month}", f"{on.day} {month[:3].lower()}", f"tgl {on.day}", f"{on.day} {month.lower()}")
    )


def _clock(at: int, moment: Moment) -> str:
    minutes = (at + JAKARTA_OFFSET) % DAY // 60
    mark = ":" if moment.is_english else moment.rng.choice((".", ".", ":"))
    return f"{minutes // 60:02d}{mark}{minutes % 60:02d}"


def _day(case: Case, moment: Moment) -> str:
    ago = 1 + case.details.number % 4
    on = local_date(case.opened_at) - timedelta(days=ago)
    if moment.is_english:
        return WEEKDAYS_EN[on.weekday()]
    if ago == 1 and moment.at < case.opened_at + DAY // 2:
        return "kemarin"
    weekday = WEEKDAYS[on.weekday()]
    return weekday.lower() if moment.register == "chat" else weekday


def _opened(case: Case, moment: Moment) -> str:
    weekday = local_date(case.opened_at).weekday()
    if moment.is_english:
        return WEEKDAYS_EN[weekday]
    return WEEKDAYS[weekday].lower() if moment.register == "chat" else WEEKDAYS[weekday]


def _cohort(case: Case, _: Moment) -> str | None:
    name = case.enrolment.cohort.name if case.enrolment else ""
    return f"angkatan {int(name[-2:])}" if name else None


def _next(case: Case, _: Moment) -> str | None:
    name = case.enrolment.cohort.name if case.enrolment else ""
    return f"angkatan {int(name[-2:]) + 1}" if name else None


def _percent(case: Case, _: Moment) -> str:
    return str(round(100 * case.reached / len(case.course.modules)) or 4)


def _bank(case: Case, _: Moment) -> str:
    return VIRTUAL_ACCOUNTS[case.method][0] if case.method in VIRTUAL_ACCOUNTS else case.details.bank


def _counter(case: Case, _: Moment) -> str | None:
    return case.method if case.method in COUNTERS else None


def _hello(case: Case, moment: Moment) -> str | None:
    hello = _HELLOS.get(case.writer.person.region) if case.details.is_local else None
    return hello.format(_JAVANESE[part(moment.at)]) if hello else None


def _thanks(case: Case, moment: Moment) -> str | None:
    thanks = _THANKS.get(case.writer.person.region) if case.details.is_local else None
    return thanks.capitalize() if thanks and moment.register == "formal" else thanks


def _title(case: Case, _: Moment) -> str | None:
    return None if case.title == "Kak" else case.title


def _tool(case: Case, moment: Moment) -> str | None:
    """The course, where it is one that is learnt at drawing software."""
    return _course(case, moment) if case.course.course_id in _DRAWN else None


def _order_date(case: Case, moment: Moment) -> str | None:
    return _date(case.enrolment.ordered_at, moment) if case.enrolment else None


def _order_clock(case: Case, moment: Moment) -> str | None:
    return _clock(case.enrolment.ordered_at + 240, moment) if case.enrolment else None


def _parent(*, mother: str, father: str) -> Plain:
    return lambda case, _: mother if case.writer.person.gender == "female" else father


PLAIN_SLOTS: Mapping[str, Plain] = {
    "course": _course,
    "short": _short,
    "module": _module,
    "tool": _tool,
    "own": lambda case, moment: _short(case, moment) if case.enrolment else None,
    "amount": _amount,
    "price": lambda case, moment: _rupiah(case.course.price_idr, moment),
    "odate": _order_date,
    "oclock": _order_clock,
    "clock": lambda case, moment: _clock(case.opened_at - case.details.number * 420, moment),
    "soon": lambda case, moment: _date(case.opened_at + (10 + case.details.number) * DAY, moment),
    "day": _day,
    "opened": _opened,
    "joined": lambda case, moment: _course(case, moment) if case.enrolment else None,
    "night": lambda case, _: f"{19 + case.details.number % 4}.{case.details.score % 60:02d}",
    "cohort": _cohort,
    "next": _next,
    "percent": _percent,
    "score": lambda case, _: str(case.details.score),
    "n": lambda case, _: str(case.details.number),
    "years": lambda case, _: str(case.details.number // 2 + 2),
    "town": lambda case, _: case.details.town,
    "home": lambda case, _: case.writer.person.city or case.details.town,
    "bank": _bank,
    "counter": _counter,
    "device": lambda case, _: case.details.device,
    "browser": lambda case, _: case.details.browser,
    "error": lambda case, _: case.details.error,
    "dear": lambda case, _: case.manner.addressed,
    "part": lambda _, moment: part(moment.at),
    "part_cap": lambda _, moment: part(moment.at).capitalize(),
    "part_en": lambda _, moment: _PARTS_EN[part(moment.at)],
    "title": _title,
    "role": _parent(mother="ibu", father="ayah"),
    "mama": _parent(mother="mama", father="papa"),
    "localhello": _hello,
    "localthanks": _thanks,
}
