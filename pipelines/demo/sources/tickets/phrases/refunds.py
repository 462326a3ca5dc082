"""Tickets of those who want their money back, and of those who complain."""

TEXT = """
== refund.granted: refund_account order
formal subject
    Permohonan pengembalian dana
    Refund kelas {course}
    Pembatalan pesanan {order}
formal problem
    Saya bermaksud membatalkan kelas {course} yang saya beli pada {odate}, karena [jadwal kerja saya berubah|harus merawat orang tua|ternyata terlalu dasar bagi saya].
    Sesuai ketentuan 14 hari, saya mengajukan pengembalian dana untuk pesanan {order}.
formal detail
    Dana mohon dikirim ke {bank} {account} a.n. {name}.
    Saya baru membuka modul pertama saja.
    Pembayarannya dengan kartu {paid_card}.
    Nilai pesanannya {amount}.
    Nomor yang dapat dihubungi {phone}.
formal request
    Mohon informasi langkah selanjutnya.
    Berapa hari biasanya dananya kembali?
chat subject
    mau refund
    batalin kelas
chat problem
    mau refund kelas {short} dong, [salah beli|ternyata bentrok sama kuliah|gak jadi ikut soalnya pindah kerja]
    aku mau batalin order {order}, belum sempet dibuka kok
    laptop aku gak kuat buat kelas {short} ternyata, mau refund aja
chat detail
    balikinnya ke {bank} {account} an {name}
    rek {bank} {account}
    belinya {odate}, {amount}
    baru nonton 1 video doang sumpah
    bayarnya pake kartu {paid_card}
    kata temen bisa sebelum 14 hari
chat request
    gimana caranya?
    bisa kan?
    prosesnya berapa lama?
english subject
    Refund request
    Refund for {order}
english problem
    I'd like a refund for {course}, bought on {odate}. [My work schedule changed|It turned out to be too basic for me|I have to move abroad].
    Please cancel order {order} under your 14-day rule.
english detail
    My account is {bank} {account}, holder {name}.
    I've only opened the first lesson.
    I paid with {paid_card}.
english request
    What do you need from me?
    How long until the money is back?
mixed subject
    Refund kelas {short}
mixed problem
    I want to refund kelas {short}, soalnya bentrok sama jadwal kantor aku.
    Ternyata kelasnya too basic buat aku, can I get a refund?
mixed detail
    Transfer balik ke {bank} {account} a.n. {name} please.
agent direct
    Permintaannya memenuhi syarat 14 hari. Dana {amount} kami kembalikan ke metode pembayaran semula dalam 3-7 hari kerja.
    Pembatalan {order} sudah kami setujui. Akses kelas ditutup hari ini dan dananya menyusul.
agent resolved
    Terima kasih, rekeningnya kami catat: {bank} {account}. Pengembalian {amount} diproses bagian keuangan [besok|Kamis ini].
    Sudah kami ajukan. Bila sampai tujuh hari kerja belum masuk, balas saja pesan ini.
agent_en direct
    You're within the 14 days, so {amount} goes back to the way you paid within 3 to 7 working days.
agent_en resolved
    Thanks, noted: {bank} {account}. Finance sends {amount} this week.

== refund.denied: order
formal subject
    Pengembalian dana
formal problem
    (+ad) Saya merasa kelas {course} tidak sesuai dengan yang diiklankan, sehingga saya ingin dana saya dikembalikan.
    Karena kesibukan saya tidak sempat mengikuti kelas {course} sama sekali. Apakah uangnya bisa kembali?
formal detail
    Saya membelinya {odate} seharga {amount}.
    Pesanan {order}.
    Iklannya menjanjikan bimbingan langsung, tetapi yang ada hanya rekaman.
chat subject
    refund
chat problem
    kelas {short} gak sesuai ekspektasi, bisa refund gak ya walau udah lewat 2 minggu
    aku gak sempet ikut kelasnya sama sekali, uangnya bisa balik? [sayang banget|lumayan soalnya]
chat detail
    ordernya {order}
    belinya dari {odate} sih
    di iklannya kan katanya ada mentor langsung
english problem
    {course} isn't what the ad promised. I know two weeks have passed, but can I still get my money back?
english detail
    I paid {amount} for it, {order}.
mixed problem
    Honestly kelas {short} gak sesuai expectation, masih bisa refund gak?
agent direct
    Mohon maaf, batas pengembalian dana 14 hari sejak pembelian sudah lewat untuk {order}. Sebagai gantinya kami bisa memindahkan ke angkatan berikutnya tanpa biaya.
    Menurut catatan kami pembeliannya sudah lebih dari dua minggu, dan sebagian materi pernah dibuka, jadi dananya tidak dapat kami kembalikan. Aksesnya tetap ada selama setahun.
agent resolved
    Kami sudah bicarakan dengan tim kelas. Dana belum bisa kembali, tetapi kami tawarkan pindah ke kelas lain yang seharga.
agent_en direct
    I'm sorry, the 14 days are over for {order}. What we can do is move you to the next run at no cost.
agent_en resolved
    We discussed it with the course team: no refund, but you may switch to another course of the same price.

== complaint.content: none which
formal subject
    Keluhan materi kelas
    Masukan untuk kelas {short}
formal problem
    (+module) Saya kecewa dengan modul {module}: [suaranya kecil sekali|penjelasannya melompat-lompat|tampilan aplikasinya sudah versi lama].
    (+grading) Tugas saya di kelas {course} sudah [seminggu|lebih dari seminggu] belum dinilai, padahal dijanjikan tiga hari.
    (+live) Sesi langsung [{day}|minggu lalu] dibatalkan sepihak lima menit sebelum mulai.
formal detail
    Harga {price} menurut saya tidak sebanding.
    Contoh dengan merek Kopi Bintang juga tidak relevan lagi.
    Saya sudah menulis di grup {cohort}, tidak ada yang menanggapi.
formal request
    Mohon ditindaklanjuti.
    Saya menunggu penjelasan dari tim pengajar.
chat subject
    kecewa
    komplain
chat problem
    (+module) jujur kecewa sama kelas {short}, [suara videonya kecil|materinya lompat2|gak ada yang jawab di grup]
    (+grading) tugas udah seminggu lebih gak dinilai nilai, niat ngajar gak sih
    (+live) sesi live nya dibatalin mendadak lagi?? aku udah izin kantor loh
    (+module) materi {module} itu udah jadul banget, tampilan aplikasinya aja beda
chat detail
    bayar {amount} loh ini bukan gratis
    temen sekelas juga pada ngeluh
    yang contoh toko bunga mawar itu dijelasin cuma semenit
    kalo gini mending nonton youtube
chat request
    tolong lah dibenerin
    minta kejelasan aja
english subject
    Disappointed with {short}
english problem
    (+module) The module "{module}" is [outdated|barely audible|jumping around] and nobody answers in the group.
    (+grading) My assignment has been waiting for a grade for more than a week now.
english detail
    For {price} I expected more than recordings.
mixed problem
    (+module) Jujur disappointed banget sama {module}, materinya outdated dan gak ada yang reply di grup.
agent direct
    (module) Terima kasih sudah menyampaikan apa adanya. Masukan soal {module} sudah kami teruskan ke pengajar dan rekaman ulangnya dijadwalkan bulan depan.
    (module) Masukannya sudah kami sampaikan ke pengajar, dan pertanyaan di grup akan kami jawab paling lambat besok.
    (grading) Kami mohon maaf. Tugas yang tertunda sudah kami minta dinilai dalam 2 hari kerja.
    (grading) Pengajarnya sempat sakit, sekarang ada asisten yang membantu. Nilainya menyusul minggu ini.
    (live) Pembatalan mendadak itu salah kami. Sesi penggantinya Sabtu pukul 10.00 WIB, rekamannya tetap dibagikan.
agent resolved
    (module) Bagian itu sudah kami tonton ulang dan memang kurang jelas. Pengajarnya menyiapkan tambahan, kami kabari begitu tayang.
agent_en direct
    (module) Thank you for being frank. We passed this to the instructor, and the part you mean will be recorded again next month.
    (grading) That's on us. Pending assignments will be graded within two working days.
agent_en resolved
    (module) We watched that part again and you're right. An extra clip is being prepared.
"""
