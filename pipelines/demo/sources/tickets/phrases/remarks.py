"""Tickets that want nothing solved: praise, wishes, odd findings. Full of what looks like personal data and is none."""

TEXT = """
== suggestion.wish: none
formal subject
    Saran kelas baru
    Usulan
    Masukan
formal problem
    (+wish) Saya ingin mengusulkan kelas huruf hias aksara Bali dan Jawa. Peminatnya di {town} banyak sekali.
    (+wish) Adakah rencana membuka kelas menggambar komik dengan tokoh seperti Bintang dan Bulan di halaman depan?
    (+wish) Mohon dipertimbangkan kelas membuat kemasan untuk usaha rumahan; contoh "Sambal Mawar" di blog sangat membantu.
    (+found) Di halaman harga tertulis Rp1.250.000, sedangkan di iklan Rp999.000. Mungkin perlu diseragamkan.
    (+praise) Poster "Putra Fajar" di halaman depan kelas {course} indah sekali. Siapa pun pembuatnya, sampaikan salam saya.
formal detail
    (wish) Kelas tipografi tahun 1928 yang dibahas di blog juga menarik.
    (wish) Saya siap menunggu sampai semester depan.
    (wish) Sebaiknya pukul 19.00-21.00, di luar jam kerja.
    (praise) Resolusi gambarnya 1080 x 1920, agak pecah di layar saya.
formal request
    Terima kasih sudah membaca.
    (wish) Semoga dapat dipertimbangkan.
chat subject
    saran
    usul kelas
chat problem
    (+wish) request kelas lettering dong, yang gaya papan nama warteg gitu
    (+wish) adain kelas bikin font dong, kayak font cahya display yang di banner itu
    (+praise) {dear} itu poster bunga melati di beranda pake aplikasi apa ya? bagus banget
    (+found) mau lapor typo, di modul {module} tulisannya "indah sari" harusnya "sari indah" nama tokonya
    (+praise) kelas {own} seru bgt sumpah, [gak nyesel|worth it], tinggal {n} video lagi kelar
    (+found) nemu bug lucu, jam nya nunjukin 25:61 di halaman {module}
chat detail
    (praise) yang lomba 17an tema 1945 itu juga keren
    (praise) angka 0-0-7 di logonya sengaja?
    (wish) temen2 di {town} pada nungguin juga
    (wish) harganya 99rb an aja biar rame wkwk
    (wish) sekalian bahas ukuran a3 297x420 ya
chat request
    gitu aja sih
    semangat timnya
english subject
    A suggestion
english problem
    (+wish) Please consider a course on packaging. The "Sambal Mawar" example on your blog was great.
    (+found) I found a typo in "{module}": it says Indah Sari Bakery in one place and Sari Indah in another.
    (+praise) Just wanted to say that {own} is the best {amount} I've spent this year.
english detail
    (wish) Evenings between 7 and 9 would be perfect.
    (found) The clock there shows 25:61, by the way.
mixed problem
    (+wish) Suggestion aja, please bikin kelas lettering. Peminatnya lots banget!
    (+praise) Kelas {own} seru parah, the "bunga bintang" poster is so pretty.
agent direct
    (wish) Terima kasih usulannya, sudah kami catat untuk rapat kurikulum bulan depan.
    (praise) Senang membacanya! Kami teruskan ke timnya.
    (found) Terima kasih sudah jeli. Bagian itu kami perbaiki minggu ini.
    (wish) Wah, terima kasih. Usulan seperti ini kami kumpulkan dan kami pilih tiap tiga bulan.
agent_en direct
    (wish) Thank you, that goes straight to the people who plan our courses.
    (praise) Lovely to read, thanks! I've passed it on.
    (found) Well spotted, thank you. We'll correct it this week.

== suggestion.access: none
formal subject
    Pertanyaan teknis
formal problem
    (+offline) Apakah materi kelas {course} dapat diunduh untuk ditonton tanpa internet?
    (+until) Sampai kapan akses kelas {course} berlaku setelah selesai?
    (+until) Bila saya terlambat menyelesaikan kelas {course}, apakah aksesnya ditutup?
formal detail
    Sinyal di tempat saya hanya 3G.
    Saya berencana mengulanginya setelah Lebaran.
chat subject
    nanya dikit
chat problem
    (+offline) materi {short} bisa didownload gak buat ditonton offline?
    (+until) akses kelas {short} sampe kapan ya abis lulus?
    (+until) kalo telat nyelesein {short} hangus gak?
    (+dark) ada mode gelap gak sih, silau nih belajar jam 12 malem
    (+group) link grup angkatan {own} yang mana ya, di email gak nemu
chat detail
    sinyal di {town} lagi jelek
    soalnya mau mudik
english subject
    Question about access
english problem
    (+until) How long do I keep access to {short} after finishing it?
    (+offline) Can I download the videos of {short} for a long train ride?
mixed problem
    (+until) Akses kelas {short} lifetime atau ada expired date-nya?
    (+offline) Can I download videonya buat offline?
agent direct
    Aksesnya berlaku setahun sejak mendaftar, dan lewat aplikasi sebagian video bisa disimpan di ponsel.
    (offline) Lewat aplikasi bisa disimpan di ponsel, paling lama 30 hari.
    (offline) Baru bisa lewat aplikasi Android ya, ikon panah di samping judul videonya.
    (until) Aksesnya setahun sejak mendaftar, jadi masih bisa diulang.
    (until) Tidak hangus. Batasnya satu tahun, setelah itu bisa diperpanjang.
    (dark) Belum ada, tetapi sudah masuk daftar kerja tim kami.
    (group) Tautannya ada di halaman kelas, bagian Pengumuman paling atas.
agent_en direct
    (until) Access lasts a year from the day you enrolled.
    (offline) Only in the Android app for now, look for the arrow next to the title.
"""
