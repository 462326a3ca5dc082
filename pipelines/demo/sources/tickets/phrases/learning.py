"""Tickets about learning itself: videos, progress, certificates, assignments. Mostly without personal data."""

TEXT = """
== video.stuck: device which screenshot
formal subject
    Video tidak dapat diputar
    Kendala pemutaran video modul {module}
    Layar hitam saat memutar video
formal problem
    Video di modul {module} berhenti di menit ke-{n} dan tidak mau lanjut.
    Semua video kelas {course} hanya menampilkan layar hitam, suaranya saja yang terdengar.
    Sejak {day} pemutar videonya berputar terus di modul {module}, sementara modul lain baik-baik saja.
    (+captions) Takarir di modul {module} tidak sesuai dengan suaranya, terlambat kira-kira {n} detik.
formal detail
    Koneksi saya 30 Mbps dan situs lain lancar.
    Muncul tulisan "{error}".
    Dari konsol peramban: {log}
    Resolusi 1080p maupun 360p sama saja.
    Saya memakai {browser} di {device}.
formal request
    Mohon diperiksa.
    Apakah videonya dapat diunduh saja?
chat subject
    video error
    video muter terus
chat problem
    video {module} kok [buffering terus|muter doang|layarnya item]
    videonya berhenti di menit {n} mulu, di refresh balik lagi ke awal
    (+sound) yang modul {module} gak ada suaranya ya? apa laptop aku
    (+captions) subtitle {module} telat {n} detik, ganggu banget
chat detail
    pake {device}, {browser}
    internet lancar kok, yutub aman
    errornya {error}
    {log}
    modul yang lain normal
    udah clear cache juga udah restart
chat request
    tolong benerin dong
    bisa didownload aja gak?
english subject
    Video won't play
english problem
    The video in "{module}" stops at minute {n} and won't go on.
    All I get in {short} is a black screen with sound.
english detail
    I'm on {device} with {browser}, 50 Mbps line.
    It says "{error}".
    The console shows: {log}
mixed problem
    Video {module} stuck di menit {n}, I've tried everything.
    Kok videonya black screen ya, only sound.
mixed detail
    Aku pake {browser} on {device}.
agent direct
    Videonya sudah kami unggah ulang. Silakan coba lagi setelah membersihkan cache, atau buka dari jendela penyamaran.
    Gangguannya di penyedia video kami, [selama beberapa jam|di sebagian wilayah]. Sekarang sudah pulih.
    Coba turunkan kualitasnya ke 480p dulu sambil kami periksa berkasnya.
    (captions) Takarirnya kami selaraskan ulang, versi barunya tampil setelah halaman dimuat ulang.
    (sound) Jalur suaranya memang hilang waktu diunggah. Berkas yang lengkap sudah terpasang.
agent resolved
    Pada {browser} memang ada masalah dengan pemutar versi lama. Kami sudah pasang perbaikannya, mohon dimuat ulang (Ctrl+Shift+R).
    Sudah ketemu, berkas modul {module} rusak saat diunggah. Sekarang mestinya lancar.
    (captions) Berkas takarirnya tertukar dengan modul lain. Sudah kami betulkan.
    (sound) Suaranya sudah kembali, mohon dicek lagi.
agent_en direct
    We uploaded the file again. Please clear the cache or use a private window.
    Our video provider had an outage; it's over now.
agent_en resolved
    That browser had trouble with our old player. The fix is live, please reload.

== progress.stuck: which email screenshot
formal subject
    Progres tidak tersimpan
    Modul terkunci
formal problem
    Modul {module} sudah saya selesaikan, tetapi tetap tertulis {percent}%.
    Saya tidak dapat melanjutkan ke modul berikutnya karena {module} masih terkunci, padahal kuisnya lulus dengan nilai {score}.
    Progres saya di kelas {course} kembali ke nol setelah [pembaruan aplikasi|saya masuk lewat ponsel].
formal detail
    Kuisnya sudah saya ulang dua kali.
    Teman yang paham komputer menemukan baris ini: {log}
    Kemungkinan karena saya membuka di dua tab sekaligus.
    Tersisa {n} modul lagi sebelum batas waktu.
formal request
    Mohon dibukakan modul selanjutnya.
    Mohon dipulihkan.
chat subject
    progres ilang
    modul kekunci
chat problem
    progresku stuck di {percent}% [padahal udah kelar semua|dari kemarin]
    modul {module} udah selesai tapi gak kecentang
    progres kelas {short} ilang semua dong, balik ke 0% 😭
    udah lulus kuis nilainya {score} tapi modul berikutnya masih gembok
chat detail
    udah logout login lagi tetep
    aku nontonnya sambil offline di kereta, apa gara2 itu
    kuisnya udah 3x
    angkatan aku {cohort}
chat request
    bisa di buka in manual gak
    tolong balikin dong progresnya
english subject
    Progress not saved
english problem
    I finished "{module}" but it still shows {percent}%.
    The next module stays locked although I passed the quiz with {score}.
english detail
    Logging out and in again didn't help.
    Network tab says {log}
    I did part of it offline on the train, maybe that's why.
mixed problem
    Progress aku stuck di {percent}%, padahal all modules udah done.
agent direct
    Progresnya sudah kami hitung ulang dan modul berikutnya terbuka.
    Catatan belajarnya aman di server kami, hanya tampilannya yang tertinggal. Silakan keluar lalu masuk lagi.
    Ada antrean sinkronisasi yang macet. Sekarang sudah jalan, persentasenya akan menyusul dalam satu jam.
agent resolved
    Terima kasih. Catatan kuisnya ada di sistem, hanya belum tercatat di halaman kelas. Sudah kami perbaiki.
    Sudah kami centang manual untuk modul {module}. Selamat melanjutkan!
agent_en direct
    We recalculated your progress and the next module is open.
agent_en resolved
    The quiz result was there all along, it just hadn't been counted. Fixed.

== certificate.name: spelling
formal subject
    Nama di sertifikat salah
    Perbaikan nama sertifikat
    Sertifikat kelas {short}
formal problem
    Nama saya di sertifikat {course} tertulis "{bad_name}", seharusnya "{name}".
    Sertifikat saya sudah terbit, tetapi namanya hanya nama panggilan, {nick}. Saya membutuhkannya dengan nama lengkap {full}.
    Mohon koreksi ejaan nama pada sertifikat: {bad_name} menjadi {name}.
formal detail
    Ejaan yang benar sesuai KTP: {spelt}.
    Sertifikat ini saya perlukan untuk [lamaran kerja|kenaikan jenjang di kantor|portofolio].
    Tanggal terbitnya sudah benar.
formal request
    Mohon diterbitkan ulang.
    Apakah perbaikannya dikenai biaya?
chat subject
    nama sertif salah
    typo di sertifikat
chat problem
    nama aku di sertif salah, ditulis {bad_name} harusnya {name}
    sertifikatnya kok cuma tulisan {nick} doang, bisa ganti nama lengkap gak? {full}
    typo nih sertif kelas {short} namaku jadi {bad_name}
chat detail
    yang bener {spelt}
    sesuai ktp {name} ya jangan salah lagi hehe
    mau dipake lamar kerja soalnya
    udah terlanjur aku post di linkedin malu banget
chat request
    bisa direvisi kan?
    tolong dibenerin ya
english subject
    Wrong name on certificate
english problem
    My certificate for {course} says "{bad_name}" but it should be "{name}".
    The certificate only has my nickname, {nick}. I need my full name, {full}.
english detail
    Spelled out: {spelt}.
    I need it for a job application.
mixed problem
    Nama aku di certificate typo, it says {bad_name}, harusnya {name}.
agent direct
    Namanya sudah kami ganti menjadi {name}. Sertifikat baru bisa diunduh dari halaman profil.
    Perbaikan tanpa biaya. Silakan unduh ulang, sekarang tertulis {name}.
agent resolved
    Baik, sudah kami terbitkan ulang atas nama {name}. Nomor sertifikatnya tetap.
agent_en direct
    It now reads {name}. You can download it again from your profile.
agent_en resolved
    Reissued as {name}, free of charge. The certificate number stays the same.

== certificate.missing: which email
formal subject
    Sertifikat belum terbit
formal problem
    Saya sudah menyelesaikan seluruh modul kelas {course}, tetapi sertifikatnya belum muncul.
    Proyek akhir saya sudah dinilai {score}, namun tombol unduh sertifikat tidak aktif.
formal detail
    Menurut panduan, sertifikat terbit paling lambat 7 hari.
    Modul {module} memang saya lewati karena bukan modul wajib.
chat subject
    sertifikat mana
chat problem
    sertifikat kelas {short} kapan keluarnya ya? udah kelar dari {day}
    udah 100% tapi tombol download sertifnya abu abu
    proyek akhir udah dinilai, sertifnya belom ada
chat detail
    yang gak wajib harus dikerjain juga kah
    nilaiku {score} lulus kan?
english subject
    No certificate yet
english problem
    I've completed {course} but there's no certificate yet.
english detail
    The final project was graded {score}.
mixed problem
    Kelas {short} udah complete 100% but certificate-nya belum ada, kenapa ya?
agent direct
    Sertifikat terbit otomatis paling lama tujuh hari setelah proyek akhir dinilai. Punya Kakak masuk giliran malam ini.
    Sudah kami terbitkan, silakan muat ulang halaman kelas.
agent resolved
    Ada satu modul wajib yang belum tercatat. Sudah kami luruskan, sertifikatnya bisa diunduh sekarang.
agent_en direct
    Certificates go out within seven days of the final grade. Yours is in tonight's batch.
agent_en resolved
    One required module hadn't been counted. Fixed, please download it now.

== assignment.brief: none none which
formal subject
    Pertanyaan proyek akhir
    Format pengumpulan tugas
formal problem
    (+client) Apakah proyek akhir kelas {course} boleh memakai klien contoh "Toko Bunga Mawar", atau harus klien sungguhan?
    (+size) Saya ingin bertanya mengenai ukuran berkas tugas {module}. Berkas saya {n}0 MB dan selalu ditolak.
    (+theme) Untuk poster tugas {module}, bolehkah memakai tema Hari Kemerdekaan 17 Agustus 1945?
    (+theme) Bolehkah konsep tugasnya tentang warung "Sari Indah" di {town}? Itu usaha rekaan, bukan usaha keluarga.
    (+when) Kapan batas akhir pengumpulan tugas {module}? Di layar tertulis 31/12, di surel 13/12.
formal detail
    Palet yang saya pakai bernama "Fajar Bintang", bawaan aplikasinya.
    Anggaran dalam kasusnya Rp15.000.000, apakah itu termasuk pajak?
    Saya sudah mencari di panduan kelas, tetapi tidak menemukannya.
    Ini tugas ke-{n} dari semua kelas yang saya ikuti, jadi saya ingin rapi.
chat subject
    tanya tugas
    proyek akhir
chat problem
    (+size) tugas {module} formatnya pdf atau png ya?
    (+team) mau tanya, proyek akhir boleh berdua gak?
    (+size) file tugasku {n}5 MB gak bisa diupload, maksimalnya berapa sih
    (+client) boleh pake brief "kopi cahya senja" gak buat tugas {module}? yang dicontohin di video
    (+when) deadline tugas {module} itu jam 12 siang apa 12 malem ya
    (+theme) poster buat tugas {module} boleh tema hari kartini 21 april gak? apa harus produk
    (+client) proyek akhir {short} harus klien beneran atau boleh ngarang?
chat detail
    namanya final_fix_v{n}.psd
    di grup katanya boleh tapi aku takut salah
    font nya putra sans boleh kan? lisensinya gratis
    temanya bunga melati sama candi
english subject
    Question about the final project
english problem
    (+client) Is the final project for {short} supposed to be for a real client, or can I use the "Melati Bakery" brief?
    (+size) What's the size limit for "{module}"? My file is {n}0 MB and gets rejected.
    (+when) The screen says the "{module}" assignment is due 31/12 but the e-mail says 13/12. Which one is right?
english detail
    I couldn't find it in the guide.
    It's a PDF with {n} pages.
mixed problem
    (+client) Buat final project {short}, boleh pake fake client gak? Or must be real?
    (+size) File aku {n}0 MB always rejected, what's the max size?
agent direct
    (client) Klien rekaan boleh, asal briefnya dilampirkan.
    (client) Boleh dua-duanya. Yang dinilai prosesnya, bukan terkenal tidaknya klien.
    (size) Formatnya PDF, paling besar 25 MB. Kalau lebih, unggah ke penyimpanan daring lalu tempel tautannya.
    (size) Coba diekspor ulang dengan 150 dpi, biasanya langsung di bawah 25 MB. PNG juga diterima.
    (theme) Temanya bebas selama sesuai modul {module}, silakan.
    (theme) Boleh sekali, yang penting tidak memakai foto orang tanpa izin.
    (when) Batasnya pukul 23.59 WIB pada tanggal yang tertera di halaman kelas; yang di surel keliru, maaf.
    (team) Proyek akhir dikerjakan sendiri-sendiri, tetapi boleh saling memberi masukan di grup.
agent resolved
    (size) Untuk modul itu batas berkasnya sudah kami naikkan menjadi 100 MB.
    (client) Boleh memakai klien rekaan. Lampirkan briefnya di halaman pertama ya.
    (theme) Setelah kami tanyakan ke pengajar, temanya boleh.
    (when) Yang benar tanggal di halaman kelas, pukul 23.59 WIB.
    (team) Maaf, belum bisa berkelompok. Nilainya per orang.
agent_en direct
    (client) An invented client is fine as long as you attach the brief.
    (size) PDF, 25 MB at most. For anything bigger please paste a link.
    (when) The date on the course page counts, 23:59 Jakarta time. The e-mail was wrong, sorry.
agent_en resolved
    (size) We raised the limit for that module to 100 MB.
    (client) Either is fine. Please put the brief on page one.
    (when) It's the date on the course page.
"""
