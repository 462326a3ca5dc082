"""Tickets of those whose address, number or cohort changes."""

TEXT = """
== contact.email: identity email
formal subject
    Perubahan alamat surel
    Ganti email akun
formal problem
    Saya ingin mengganti surel akun dari {email} menjadi {new_email}.
    Surel lama saya {email} [sudah tidak aktif|milik kantor lama dan akan ditutup], mohon dipindahkan ke {new_email}.
    Ada salah ketik pada surel yang saya daftarkan, tertulis {bad_email}, yang benar {email}.
formal detail
    Nomor telepon tetap {phone}.
    Lahir {birth}, bila diperlukan untuk pencocokan.
    Semua riwayat kelas mohon tetap ikut.
formal request
    Mohon dibantu perubahannya.
    Apakah ada formulir yang harus diisi?
chat subject
    ganti email
chat problem
    mau ganti email dong dari {email} ke {new_email}
    email lamaku {email} udah gak bisa dibuka, ganti ke {new_email} bisa?
    salah ketik email pas daftar, kedaftarnya {bad_email} harusnya {email}
chat detail
    no hp tetep {phone}
    itu email kantor lama, aku udah resign
    kelasnya jangan sampe ilang ya
chat request
    bisa diganti sekarang gak
    caranya gimana?
english subject
    Change of e-mail address
english problem
    Please change my e-mail from {email} to {new_email}.
    I can't access {email} any more, could you move my account to {new_email}?
english detail
    My phone number {phone} stays the same.
    Born {birth}, in case you need to verify.
mixed problem
    Mau change email dong, from {email} to {new_email}, thanks!
agent direct
    Surelnya sudah kami ganti ke {new_email}. Mohon klik tautan konfirmasi yang masuk ke sana.
    Perubahan dari {email} ke {new_email} selesai. Riwayat kelas tetap utuh.
agent resolved
    Datanya cocok. Mulai sekarang masuk dengan {new_email} ya.
agent_en direct
    Done, your account now uses {new_email}. Please confirm through the link we sent there.
agent_en resolved
    Everything matches. From now on please sign in with {new_email}.

== contact.phone: identity phone
formal subject
    Ganti nomor telepon
formal problem
    Nomor saya berubah dari {phone} menjadi {new_phone}, mohon diperbarui agar saya tetap menerima kode.
    Ponsel saya hilang {day} sehingga nomor {phone} tidak saya pegang lagi. Nomor yang baru {new_phone}.
formal detail
    Surel akun {email}.
    Tolong nomor lama jangan dihubungi lagi.
chat subject
    ganti no hp
chat problem
    ganti nomor wa dong, yang lama {phone} udah hangus. yang baru {new_phone}
    hp ilang {dear} 😭 nomor lama {phone} gak kepegang lagi, pake {new_phone} ya sekarang
    no baru aku {new_phone}, tolong yang lama dihapus
chat detail
    emailnya masih {email}
    kalo otp ke nomor lama gak bakal nyampe
english subject
    New phone number
english problem
    My phone number changed from {phone} to {new_phone}.
    My phone was stolen on {day}, please replace {phone} with {new_phone}.
mixed problem
    My number udah ganti, yang lama {phone}, new one {new_phone}.
agent direct
    Nomor {new_phone} sudah tersimpan dan yang lama kami hapus.
    Sudah kami perbarui. Kode berikutnya akan masuk ke {new_phone}.
agent resolved
    Terima kasih, sudah cocok. Nomornya kini {new_phone}.
agent_en direct
    We've saved {new_phone} and removed the old number.
agent_en resolved
    Thanks, that matches. Codes will now go to {new_phone}.

== cohort.move: reason reason order
formal subject
    Pindah angkatan
    Permohonan pindah jadwal kelas {short}
formal problem
    (+why) Saya terdaftar di {cohort} kelas {course}, dan ingin pindah ke {next} karena [ada dinas luar kota|sedang masa ujian|baru melahirkan].
    Apakah memungkinkan menunda keikutsertaan saya di kelas {course} ke {next}?
    (+night) Jadwal sesi langsung {cohort} bentrok dengan jam kerja saya. Adakah angkatan malam?
formal detail
    Saya berangkat {day} dan kembali bulan depan.
    Pesanan {order}.
    Baru modul {module} yang saya ikuti.
formal request
    Mohon informasi biayanya bila ada.
    Mohon dipindahkan sebelum sesi pertama.
chat subject
    pindah angkatan
    reschedule kelas
chat problem
    (+why) bisa pindah ke {next} gak? [lagi skripsian|bentrok sama ujian|lagi rame orderan]
    aku {cohort} kelas {short}, mau mundur ke {next} aja boleh?
    (+why) ketinggalan jauh banget di {cohort}, mending ikut {next} kali ya
    (+night) jadwal live nya bentrok sama shift kerjaku, ada angkatan yang malem?
chat detail
    order {order}
    aku lagi di {town} sampe akhir bulan
    kalo kena biaya bilang aja
chat request
    kena biaya gak?
    masih ada slot kan?
english subject
    Move to another cohort
english problem
    (+why) I'm in {cohort} of {course} and would like to move to {next}, since [exams are coming up|I'll be travelling|work got busy].
english detail
    My order was {order}.
    I've only done "{module}" so far.
mixed problem
    (+why) Can I move ke {next}? {cohort} bentrok sama schedule kantor aku.
agent direct
    Bisa, pindah angkatan satu kali tidak dikenai biaya. Kakak sudah kami pindahkan ke {next}.
    (night) Sesi malam baru ada di {next}, pukul 19.30 WIB. Kami pindahkan ke sana ya?
    Sudah kami pindahkan ke {next}. Jadwalnya menyusul seminggu sebelum mulai, progres lama tetap tersimpan.
agent resolved
    Baik, kami catat, dan {next} masih ada tempat. Sudah dipindahkan.
agent_en direct
    You can move once for free. You're now in {next}.
agent_en resolved
    There was a seat left in {next}, so you've been moved.
"""
