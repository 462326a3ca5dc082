"""The words of Indonesian names, by where they are common. How names are put together of them is in `names`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Stock(NamedTuple):
    """Parts of names; `middle_share` is how often one of `middle` stands between the others."""

    given: tuple[str, ...]
    last: tuple[str, ...]
    middle: tuple[str, ...] = ()
    middle_share: float = 0.0


def _words(*lines: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for line in lines for word in line.split())


_JAVANESE_MEN = _words(
    "Agus Bambang Budi Dwi Eko Joko Sugeng Tri Wahyu Yudhistira Bagas Bayu Dimas Galih Panji Satria Raka Arya Adi",
    "Catur Danang Gilang Hendro Teguh Tulus Yoga Bimo Krisna Aji Anggit Hanung Damar Wisnu Pandu Seno Yuda Adhi",
)
_JAVANESE_WOMEN = _words(
    "Dewi Sri Endang Retno Ratna Wulan Ayu Sekar Laras Kirana Rini Tri Dwi Dyah Anggun Kartika Indah Intan Puspita",
    "Widya Citra Niken Galuh Rara Yuli Desi Fitri Nawang Arum Tyas Wening Sinta Prita Maya Diah Ambar",
)
_JAVANESE_MEN_LAST = _words(
    "Santoso Wibowo Prasetyo Nugroho Saputra Kurniawan Setiawan Hartono Susanto Pratama Hidayat Purnomo Suryadi",
    "Utomo Wicaksono Mahendra Ardiansyah Permadi Kuncoro Yulianto Handoko Prakoso Wardhana Nugraha Adiputra",
    "Pamungkas Raharjo Sasongko Priyambodo Laksono",
)
_JAVANESE_WOMEN_LAST = _words(
    "Lestari Rahayu Wulandari Astuti Handayani Purwanti Kusumawati Puspitasari Setyowati Widyastuti Anggraini",
    "Pratiwi Permatasari Hapsari Utami Maharani Susanti Wahyuni Ningrum Ningtyas Kusumaningrum Paramitha Safitri",
    "Setyaningsih Novitasari Oktaviani Kinasih Puspita_Dewi Ayuningtyas",
)
_SUNDANESE_MEN = _words(
    "Asep Ujang Dadang Cecep Iwan Deden Rudi Yayan Ade Encep Gungun Rian Indra Hendra Tatang Wawan Dede Aang Irfan",
    "Ridwan Yogi Rizky Agung Fajar Andri Ganjar",
)
_SUNDANESE_WOMEN = _words(
    "Neng Euis Iis Lilis Teti Rina Nina Elis Imas Yanti Wina Rani Rosi Mira Santi Tika Rika Risma Gina Dini Ai Mega",
)
_SUNDANESE_MEN_LAST = _words(
    "Sunandar Suherman Hermawan Gunawan Ramdani Permana Nugraha Suryana Sutisna Kosasih Kurnia Rustandi Herdiana",
    "Hidayat Supriatna Firmansyah Sobandi Sopandi Wiguna Maulana",
)
_SUNDANESE_WOMEN_LAST = _words(
    "Nurjanah Rosmiati Kurniasih Suryani Komariah Nuraeni Marlina Yuningsih Sukaesih Rohaeti Herlina Sumiati",
    "Komalasari Permata Agustina Nurhayati Apriliani Rahmawati Sopiah Damayanti",
)
_ARABIC_MEN = _words(
    "Rizky Fadli Faisal Fauzi Ilham Iqbal Irfan Hafiz Rafi Reza Arif Farhan Luthfi Naufal Zaki Ridwan Syafi'i Ma'ruf",
    "Ihsan Taufik Hanif Alfian Fahmi Hasan Haikal Fikri Rifqi Zidan Yusuf Ibrahim Khoirul Aditya Bagus",
)
_ARABIC_WOMEN = _words(
    "Nur'aini Aisyah Fatimah Khadijah Zahra Aulia Annisa Nabila Salsabila Rahma Hasanah Maryam Nadia Halimah Latifah",
    "Azizah Khoirunnisa Alya Syifa Zulaikha Mutiara Fitri Nurul Laila Rahmah Amelia Sofia Najwa Hilma Wardah",
)
_ARABIC_MEN_LAST = _words(
    "Ramadhan Hidayat Akbar Maulana Firmansyah Hakim Fadhilah Rahman Al_Farizi Syahputra Anwar Rifa'i Zulkarnain",
    "Kurniawan Hidayatullah Ardiansyah Mubarok Abdillah Nurdin Al_Fatih Siddiq Pratama",
)
_ARABIC_WOMEN_LAST = _words(
    "Rahmawati Hidayati Azzahra Maulida Ramadhani Fadhilah Putri Salamah Khairunnisa Nuraini Amalia Fauziah Safitri",
    "Mardhiyah Nurhaliza Rohmah Zakiyah Az-Zahra Fitriani Munawaroh",
)
_MODERN_MEN = _words(
    "Rizky Aldi Bagas Dika Fajar Kevin Raka Rangga Reza Rio Satria Yogi Andika Dafa Arka Nanda Aldo Vino Farel Rama",
    "Axel Dion Reyhan Evan André Fikri Tegar Bintang Daffa",
)
_MODERN_WOMEN = _words(
    "Amanda Bella Cantika Chika Dinda Gita Hana Intan Jihan Keisha Nadya Putri Rania Sasha Tiara Vania Kirana Désy",
    "Alika Shafira Naura Zoë Talitha Monica Shinta Regina Aurel Melati Bunga Tasya Anindya",
)
_MODERN_MEN_LAST = _words(
    "Pratama Saputra Mahardika Putra Nugraha Firmansyah Ramadhan Aditya Prayoga Ramadhana Adinata Permana Wijaya",
    "Alamsyah Febrian Oktavian Syahreza Dewantara",
)
_MODERN_WOMEN_LAST = _words(
    "Maharani Lestari Anggraeni Permata Aulia Anjani Larasati Salsabila Oktaviani Febrianti Putri Ayudia Cahyani",
    "Kusuma_Dewi Paramita Adelia Septiani Apriliani Nirmala",
)
_MARGA = _words(
    "Simanjuntak Siregar Nasution Hutapea Sitompul Sihombing Situmorang Lubis Ginting Tarigan Sembiring Sinaga Purba",
    "Panjaitan Pasaribu Manurung Silalahi Harahap Hasibuan Simbolon Nainggolan Pardede Tampubolon Marpaung Saragih",
    "Hutabarat Sitorus Gultom Karo-Karo",
)
_SUKU = _words("Chaniago Piliang Tanjung Koto Sikumbang Guci Jambak Putra Hidayat Rahman Saputra Syahputra")
_SUKU_WOMEN = _words("Chaniago Piliang Tanjung Koto Sikumbang Guci Jambak Putri Yanti Rahmadani Novita_Sari Elvira")
_BALINESE_MEN_LAST = _words(
    "Putra Saputra Wirawan Pradnyana Suardana Sudarsana Artawan Mahardika Aditya Wijana Darmawan Suastika Adnyana",
    "Pramana Mahayasa Wiguna",
)
_BALINESE_WOMEN_LAST = _words(
    "Dewi Lestari Astiti Suryani Widiastuti Pradnyani Arini Ariani Puspayanti Cahyani Sugiantari Dwijayanti Paramita",
)
_CHINESE_LAST = _words(
    "Wijaya Halim Gunawan Salim Tanuwijaya Susanto Hartanto Kusuma Lim Tan Gozali Limantara Setiadi Tjandra Oentoro",
    "Sutanto Wirawan Liem Chandra Santosa Kurniadi Darmadi Hartono Suryadinata",
)
_EASTERN_LAST = _words(
    "Wenas Rumengan Mandagi Pattinama Tuhumury Nahak Seran Manafe Wanggai Pangemanan Sahetapy Latuheru Ratu_Lodo",
    "Djawa Tumbelaka Kambuaya Lumintang Bria Matulessy",
)

STOCKS: Mapping[str, Mapping[str, Stock]] = {
    "javanese": {
        "male": Stock(_JAVANESE_MEN, _JAVANESE_MEN_LAST, _JAVANESE_MEN, 0.3),
        "female": Stock(_JAVANESE_WOMEN, _JAVANESE_WOMEN_LAST, _JAVANESE_WOMEN, 0.3),
    },
    "sundanese": {
        "male": Stock(_SUNDANESE_MEN, _SUNDANESE_MEN_LAST, _words("Rahmat Nur Cahya Dwi Eka Surya"), 0.15),
        "female": Stock(_SUNDANESE_WOMEN, _SUNDANESE_WOMEN_LAST, _words("Siti Nur Sri Eka Ratna Dewi"), 0.2),
    },
    "arabic": {
        "male": Stock(_ARABIC_MEN, _ARABIC_MEN_LAST),
        "female": Stock(_ARABIC_WOMEN, _ARABIC_WOMEN_LAST),
    },
    "modern": {
        "male": Stock(_MODERN_MEN, _MODERN_MEN_LAST, _JAVANESE_MEN, 0.35),
        "female": Stock(_MODERN_WOMEN, _MODERN_WOMEN_LAST, _words("Ayu Dwi Nur Dewi Eka Putri Rizka Aulia Intan"), 0.4),
    },
    "batak": {
        "male": Stock(
            _words("Togar Sahat Binsar Jonathan Daniel Samuel Andreas Maruli Poltak Ronald Josua Tumpal Bonar Rikardo"),
            _MARGA, _words("Christian Parulian Octavianus Haposan Hasiholan Martua"), 0.35,
        ),
        "female": Stock(
            _words("Tiurma Rosalina Debora Ruth Maria Lamtiur Christina Yohana Melda Evi Nova Sondang Tiara Grace Uli"),
            _MARGA, _words("Natalia Magdalena Oktavia Elisabeth Theresia Romauli"), 0.35,
        ),
    },
    "minang": {
        "male": Stock(
            _words("Afdal Rizal Zulfikar Yusrizal Hendri Fauzan Irwan Dedi Ilham Rahmat Febri Novri Syahrul Ikhsan"),
            _SUKU, _words("Rahman Akbar Putra Afrizal"), 0.2,
        ),
        "female": Stock(
            _words("Fitra Yulia Rahmi Nelvi Desi Elfira Wirda Mutia Resti Silvia Annisa Gusni Meri Suci Vivi Welly"),
            _SUKU_WOMEN, _words("Rahma Sri Putri Oktavia"), 0.2,
        ),
    },
    "balinese": {
        "male": Stock(_words("Agus Arya Dharma Surya Adi Bagus Yoga Krisna Eka Budi Mahendra Yogi"), _BALINESE_MEN_LAST),
        "female": Stock(_words("Ayu Sri Eka Indah Diah Mirah Kartika Sinta Dian Wulan Trisna"), _BALINESE_WOMEN_LAST),
    },
    "chinese": {
        "male": Stock(
            _words("Kevin Hendra Steven Andy Jefri William Edwin Ricky Felix Vincent Yohanes Albert Rudy Darren René"),
            _CHINESE_LAST, _words("Christian Nathanael Aurelius Jonathan Sebastian"), 0.3,
        ),
        "female": Stock(
            _words("Jessica Felicia Michelle Stephanie Vivian Novi Clarissa Angelina Yenny Lina Meilani Cynthia Evelyn"),
            _CHINESE_LAST, _words("Angelina Christiani Natasha Gabriella Aurelia"), 0.3,
        ),
    },
    "eastern": {
        "male": Stock(
            _words("Yohanes Petrus Markus Yosef Frans Melki Alfons Rikardus Denny Stefanus Yulius Marthen"),
            _EASTERN_LAST, _words("Kristian Yohanis Paulus Adrianus"), 0.3,
        ),
        "female": Stock(
            _words("Maria Yuliana Martha Agnes Theresia Elisabeth Novita Yosefina Paulina Veronika Merry Selfina"),
            _EASTERN_LAST, _words("Goreti Magdalena Angelina Yunita"), 0.3,
        ),
    },
    "bugis": {
        "male": Stock(_words("Baso Rahmat Fadel Akmal Aswar Ikbal Ashar Syahrir Muflih Arfan"), _words(
            "Rahman Syamsuddin Palinrungi Saputra Makkasau Jufri Amiruddin Tahir")),
        "female": Stock(_words("Tenri Besse Nurul Wahyuni Indah Nurfadillah Asmi Rezki Ainun"), _words(
            "Syamsuddin Rahman Ramlah Amiruddin Tahir Jufri Salsabila Paramita")),
    },
}  # fmt: skip
MONONYMS: Mapping[str, tuple[str, ...]] = {
    "male": _words(
        "Sutrisno Supriyadi Suparman Wagiman Sugiyanto Mulyono Suyatno Sukirman Poniman Ngatiman Tugiyo Riyanto Karyono",
        "Firmansyah Hidayatullah Andriansyah Nurdiansyah Zulkifli Sunaryo Sumardi Yulianto Haryanto Syaifullah",
    ),
    "female": _words(
        "Sumarni Suharti Tukiyem Ngatinah Rukmini Suminah Sulastri Partini Warsini Sundari Jumiati Kartinah Nurhasanah",
        "Fitriani Rahmawati Yuliana Nurlaila Kholifah Sulistyowati Suryati Nurhidayah Lasmini Marfu'ah Yuliastuti",
    ),
}
ARABIC_PREFIXES: Mapping[str, tuple[str, ...]] = {
    "male": _words(
        "Muhammad Muhammad Muhammad Muhamad Mochamad Mohammad Moh. Moch. M. M. Ahmad Ahmad Achmad Akhmad Abdul Mukhammad",
    ),
    "female": _words("Siti Siti Siti Nur Nur Sitti St. Ummi"),
}
BALINESE_ORDERS: Mapping[str, tuple[str, ...]] = {
    "male": _words("Wayan Putu Gede Made Kadek Nengah Nyoman Komang Ketut"),
    "female": _words("Wayan Putu Made Kadek Nengah Nyoman Komang Ketut Putu"),
}
BALINESE_TITLES: Mapping[str, tuple[str, ...]] = {
    "male": _words("Ida_Bagus I_Gusti_Ngurah Anak_Agung_Gede I_Gusti_Made"),
    "female": _words("Ida_Ayu I_Gusti_Ayu Anak_Agung_Istri Desak_Made"),
}
DEGREES = _words("S.Ds. S.Ds. S.Kom. S.Kom. S.Sn. S.T. S.E. S.Pd. S.I.Kom. A.Md. M.Ds. M.M.")
# Nobody is called by these alone.
UNCALLED = frozenset(
    {*ARABIC_PREFIXES["male"], *ARABIC_PREFIXES["female"], *BALINESE_TITLES["male"], *BALINESE_TITLES["female"]}
    | {"I", "Ni", "Luh", "Andi"}
    | set(BALINESE_ORDERS["male"])
)  # fmt: skip
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "Rizky": ("Riski", "Rizki", "Rezky", "Risky", "Rizqi"), "Dewi": ("Dewy",), "Desi": ("Désy", "Desy", "Dessy"),
    "Yuli": ("Juli", "Yully"), "Wahyu": ("Wahjoe",), "Fitri": ("Fitry", "Vitri"), "Budi": ("Boedi", "Budhi"),
    "Ayu": ("Ayoe",), "Agus": ("Agoes",), "Reza": ("Resa", "Rheza"), "Aisyah": ("Aisya", "Aisha", "'Aisyah"),
    "Nur'aini": ("Nuraini", "Noer'aini"), "Annisa": ("Anisa", "Annisa'"), "Fadli": ("Fadly", "Fadhli"),
    "Faisal": ("Faizal",), "Arif": ("Arief", "Arip"), "Taufik": ("Taufiq", "Topik"), "Luthfi": ("Lutfi", "Luthfy"),
    "Hafiz": ("Hafidz", "Hafizh"), "Yusuf": ("Yusup", "Jusuf"), "Fauzi": ("Fauzy", "Pauzi"), "Rudi": ("Rudy",),
    "Novi": ("Novie",), "Andri": ("Andry",), "Dwi": ("Dwie",), "Sri": ("Srie",),
    "Zahra": ("Zahrah",), "Syifa": ("Shifa", "Syifa'"), "Rafi": ("Raffi", "Rafie"), "Wisnu": ("Wishnu",),
    "Sinta": ("Shinta",), "Tri": ("Trie",), "Irfan": ("Irvan", "Irpan"), "Dian": ("Dyan",),
}  # fmt: skip
# What friends make of a name that begins so; the longer beginnings first.
SHORT_FORMS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "male": {
        "Yudhistira": ("Yudi", "Yudhis"), "Riz": ("Rizky", "Kiki", "Iky"), "Ris": ("Kiki", "Iki"), "Bambang": ("Bams",),
        "Galih": ("Galih", "Gal"), "Danang": ("Nanang", "Danang"), "Gilang": ("Gilang", "Ilang"), "Dimas": ("Dimas", "Mas Dim"),
        "Wahyu": ("Wahyu", "Yuyu"), "Joko": ("Jo", "Joko"), "Satria": ("Satria", "Sat"), "Ridwan": ("Iwan", "Ridwan"),
        "Irfan": ("Ipang", "Irfan"), "Taufi": ("Opik", "Taufik"), "Muhammad": ("Mamad",), "Faisal": ("Ical", "Faisal"),
        "Ilham": ("Ilham", "Iam"), "Andika": ("Dika",), "Reyhan": ("Rey",), "Jonathan": ("Jojo", "Nathan"),
        "Samuel": ("Sam",), "Daniel": ("Dani", "Niel"), "Andreas": ("Andre",), "Vincent": ("Vin",), "William": ("Willy",),
        "Yohanes": ("Yo", "Hanes"), "Sutrisno": ("Tris",), "Supriyadi": ("Supri",), "Sugiyanto": ("Gik", "Yanto"),
        "Firmansyah": ("Firman",), "Zulkifli": ("Zul",), "Zulfikar": ("Zul", "Fikar"), "Krisna": ("Kris",),
        "Mahendra": ("Hendra",), "Hidayatullah": ("Dayat",), "Naufal": ("Nopal", "Naufal"), "Ibrahim": ("Baim",),
    },
    "female": {
        "Dewi": ("Wi", "Dewi"), "Kartika": ("Tika",), "Puspita": ("Pita",), "Wulan": ("Wulan", "Ulan"),
        "Ratna": ("Nana", "Ratna"),        "Kirana": ("Kiran", "Nana"),
        "Fitri": ("Fitri", "Pipit"), "Yuli": ("Yuli", "Uli"), "Aisyah": ("Ais", "Icha"),
        "Annisa": ("Nisa", "Icha"), "Anisa": ("Nisa",), "Nabila": ("Bila", "Nabil"), "Salsabila": ("Caca", "Salsa"),
        "Khoirunnisa": ("Nisa", "Irun"), "Nur'aini": ("Aini",), "Nuraini": ("Aini",), "Fatimah": ("Fatim", "Imah"),
        "Khadijah": ("Dijah",), "Mutia": ("Tia", "Muti"), "Amanda": ("Manda",), "Jessica": ("Jessi", "Cika"),
        "Cantika": ("Tika",),
        "Stephanie": ("Fani",), "Angelina": ("Angel",), "Felicia": ("Feli", "Cia"), "Michelle": ("Mimi", "Michelle"),
        "Christina": ("Tina",), "Rosalina": ("Ocha", "Lina"), "Debora": ("Debo",), "Theresia": ("Tere",), "Elisabeth": ("Lisa",),
        "Nurhasanah": ("Nur", "Sanah"), "Rahmawati": ("Rahma",), "Sulastri": ("Tri", "Lastri"), "Suharti": ("Harti",),
        "Sulistyowati": ("Lis",), "Nurlaila": ("Lela",), "Clarissa": ("Rissa",), "Indah": ("Indah", "Iin"),
        "Endang": ("Endang", "Ndang"),
        "Widya": ("Widi", "Widya"), "Shafira": ("Fira",), "Anindya": ("Anin",), "Talitha": ("Titha",), "Yohana": ("Hana",),
    },
}  # fmt: skip
