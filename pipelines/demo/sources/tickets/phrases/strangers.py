"""Tickets of those without an account, and questions that anybody may have before they buy."""

TEXT = """
== question.course: none
formal subject
    Pertanyaan sebelum mendaftar
    Kelas {short}
    Informasi kelas
formal problem
    (+beginner) Apakah kelas {course} cocok untuk pemula yang belum berpengalaman sama sekali?
    (+when) Kapan angkatan berikutnya kelas {course} dibuka, dan berapa biayanya?
    (+laptop) Untuk kelas {tool}, spesifikasi laptop minimalnya apa? Punya saya RAM 4 GB.
    (+price) Apakah biaya {price} itu sekali bayar atau per bulan?
    (+free) Apa bedanya kelas {course} dengan kelas gratis di kanal video Anda?
    (+hours) Berapa jam per minggu yang perlu disediakan untuk kelas {course}? Saya bekerja penuh waktu.
    (+proof) Apakah lulusan kelas {course} menerima sertifikat yang diakui perusahaan?
    (+when) Saya terlambat mendaftar kelas {course}. Apakah masih bisa menyusul, atau menunggu angkatan baru?
formal detail
    Saya tinggal di {home}, jadi berharap semuanya daring.
    Saya {years} tahun bekerja sebagai tukang cetak undangan.
    Umur saya {old_age}, apakah tidak terlalu tua untuk mulai?
    Bila ada brosur, mohon dikirim ke {email}.
formal request
    Mohon informasinya.
    Apakah bisa dicicil?
chat subject
    nanya kelas
chat problem
    (+beginner) kelas {short} cocok buat pemula gak?
    (+when) {short} batch depan kapan ya? terus berapa
    (+laptop) laptop ram 4gb kuat gak buat kelas {tool}
    (+price) harganya {price} itu sekali bayar kan? bukan bulanan
    (+place) ada kelas offline di {home} gak?
    (+proof) dapet sertifikat gak kelas {short}? ada grup wa nya juga?
    (+hours) kelas {short} [sehari|seminggu] makan waktu berapa jam sih? aku kerja soalnya
    (+laptop) bisa lewat hp aja gak kelas {tool}? belom punya laptop
    (+beginner) aku gak bisa gambar sama sekali, nyambung gak kalo ikut {tool}
    (+when) pendaftaran {short} udah tutup ya? telat dong aku
chat detail
    aku bener2 dari nol
    umur udah {old_age} masih bisa belajar kan haha
    kalo ada brosur kirim ke {phone} ya
    liat iklannya yang gambar bunga sama bintang itu
chat request
    info dong
    bisa cicil?
english subject
    Question before I sign up
english problem
    (+beginner) Is {course} suitable for complete beginners?
    (+when) When does the next run of {short} start, and is {price} a one-off payment?
    (+laptop) Would a laptop with 4 GB of RAM do for {tool}?
    (+hours) How many hours a week should I plan for {short}?
    (+tongue) Are there English subtitles in {course}? My Indonesian is so-so.
english detail
    I live in {home}, so online only please.
    If there's a brochure, send it to {email}.
mixed problem
    (+beginner) Kelas {short} beginner friendly gak?
    (+when) Next batch {short} kapan ya? And is it full online?
    (+price) Harganya {price} itu one time payment kan?
    (+hours) Kelas {short} kira-kira berapa hours per week? I work full time.
agent direct
    (beginner) Cocok sekali, modul pertamanya benar-benar dimulai dari nol.
    (beginner) Sebagian besar pesertanya pemula. Coba lihat pelajaran contoh di halaman kelas, gratis tanpa mendaftar.
    (when) Angkatan berikutnya dibuka bulan depan, tanggal pastinya diumumkan di halaman kelas. Biayanya {price}.
    (when) Pendaftaran angkatan ini sudah ditutup, tetapi yang baru dibuka beberapa minggu lagi. Bisa diikuti dari mana saja.
    (laptop) RAM 4 GB cukup untuk dua modul awal, selebihnya kami sarankan 8 GB.
    (laptop) Materinya bisa ditonton di ponsel, tetapi latihannya perlu laptop. Kalau terasa berat, pakai aplikasi versi web saja.
    (price) {price} itu sekali bayar, aksesnya setahun penuh. Cicilan tersedia lewat kartu kredit.
    (price) Sekali bayar saja, tidak ada tagihan bulanan.
    (free) Di kanal gratis hanya cuplikan. Di kelas ada tugas, umpan balik pengajar, dan sertifikat.
    (hours) Rata-rata 3-4 jam seminggu, rekamannya bisa ditonton kapan saja.
    (hours) Kebanyakan peserta kami juga bekerja. Hitung saja dua malam seminggu.
    (proof) Ada sertifikatnya setelah proyek akhir dinilai, dan tiap angkatan punya grup sendiri.
    (place) Semuanya daring, jadi dari kota mana pun sama saja. Kelas tatap muka belum ada.
    (tongue) Takarir Inggris baru ada untuk beberapa modul, sisanya menyusul.
agent_en direct
    (beginner) Yes, it starts from zero; most of our learners are beginners, too.
    (when) The next run opens next month, and yes, it's {price} paid once with access for a year.
    (laptop) 4 GB is enough for the first two modules. After that we'd recommend 8.
    (hours) Around three to four hours a week, and everything is recorded.
    (tongue) Some modules have English subtitles already and the rest are being worked on.

== unsubscribe.list: email
formal subject
    Berhenti berlangganan kabar bulanan
formal problem
    Saya tidak memiliki akun, tetapi terus menerima kabar bulanan di {email}. Mohon dihentikan.
    Tombol berhenti berlangganan pada surel Anda tidak berfungsi. Alamat saya {email}.
formal detail
    Tombol berhentinya sudah saya tekan [tiga kali|empat kali|berkali-kali].
    Tautannya: {unsubscribe}
chat subject
    stop newsletter
chat problem
    tolong hapus {email} dari newsletter ya, gak pernah daftar
    unsubscribe nya error, {unsubscribe}
    kok dapet email terus sih padahal udah unsub
chat detail
    emailku {email}
    udah 3x klik
english subject
    Unsubscribe
english problem
    Please take {email} off your newsletter, I've clicked unsubscribe [three|four|five] times.
    I never signed up for this newsletter. Remove me.
english detail
    {unsubscribe} gives an error.
mixed problem
    Please unsubscribe {email}, link-nya error terus.
agent direct
    Alamat {email} sudah kami keluarkan dari daftar. Maaf atas ketidaknyamanannya.
    Sudah kami hapus dari daftar kabar bulanan, tidak akan ada kiriman lagi.
agent resolved
    Terima kasih, {email} sudah dihapus dari daftar.
agent_en direct
    {email} is off the list. Sorry for the trouble.
agent_en resolved
    Thanks, we removed {email}.

== mistaken.person: none
formal subject
    Surel salah alamat
    Saya tidak pernah mendaftar
formal problem
    (+other) Saya menerima surel tagihan atas nama {other}, padahal saya bukan orang tersebut. Sepertinya alamatnya salah ketik.
    Ada yang mendaftar memakai surel saya {email}. Saya tidak pernah membuat akun di sini.
formal detail
    Nama saya {name}.
    Surel yang saya terima berisi nama {other} dan nomor {other_phone}.
    Saya tidak membuka tautannya.
formal request
    Mohon diperbaiki.
chat subject
    salah kirim
chat problem
    (+other) {dear} ini kok aku dapet email buat {other}? salah kirim kali ya
    ada yang daftar pake email aku {email}, bukan aku loh
chat detail
    isinya ada nomor {other_phone} juga, punya dia kan
    aku {nick}, gak kenal orangnya
english subject
    Not my account
english problem
    (+other) I received an invoice addressed to {other}. That's not me.
    Somebody signed up with my address {email}.
mixed problem
    (+other) Aku dapet email buat {other}, wrong person kayaknya.
    Somebody daftar pake email aku {email}, it wasn't me.
agent direct
    (other) Betul, salah ketik satu huruf. Alamat Kakak sudah kami putuskan dari akun itu.
    (other) Terima kasih sudah memberi tahu. Pemiliknya sudah kami kabari; surel itu mohon dihapus ya.
    Terima kasih sudah memberi tahu. Pemilik akunnya kami hubungi dan alamat itu kami lepaskan; surelnya mohon dihapus ya.
    Terima kasih sudah memberi tahu. Alamat {email} kami lepaskan dari akun tersebut; surelnya mohon dihapus ya.
agent_en direct
    (other) It was one letter off. Your address is no longer linked, please delete the message.
    Thanks for letting us know. The address will be taken off that account, please delete the message.
    Thanks for telling us. We've detached {email} from that account, please delete the message.

== offer.partner: none
formal subject
    Penawaran kerja sama
    Undangan menjadi pembicara
formal problem
    (+event) Kami dari komunitas Layar Senja di {town} mengundang pengajar kelas {course} menjadi pembicara pada {soon}.
    (+teach) Saya ilustrator lepas dan ingin menawarkan diri sebagai pengajar. Portofolio saya ada di {handle}.
formal detail
    Narahubung: {name}, {phone}.
    (event) Acaranya diikuti sekitar {n}0 orang, honorarium Rp2.500.000.
    (event) Proposal dapat kami kirim dari {email}.
    (teach) Sebelumnya saya mengajar di sanggar di {town} selama {years} tahun.
    (teach) Dapat dihubungi di {phone}.
formal request
    Mohon kabarnya.
chat problem
    mau ngajak kolab dong, ig kita {handle}
    kita komunitas gambar di {town}, mau undang mentor {short} buat sharing {soon}
chat detail
    cp {name} {phone}
    followers 12.000an
english subject
    Invitation for an instructor
english problem
    We run a meetup in {town} and would love to have your {short} instructor speak on {soon}.
english detail
    Contact: {name}, {phone}.
mixed problem
    Mau collab dong, our ig {handle}.
agent direct
    (event) Terima kasih undangannya. Kami teruskan ke tim kemitraan, kabarnya paling lambat minggu depan.
    (event) Menarik sekali! Tim kemitraan kami akan menghubungi balik setelah jadwal pengajarnya dicek.
    (teach) Terima kasih minatnya. Tim akademik kami melihat portofolionya dulu, kabarnya dalam dua minggu.
    Terima kasih tawarannya, kami teruskan ke tim kemitraan.
agent_en direct
    Thank you for the invitation. Our partnership team will reply within the week.
"""
