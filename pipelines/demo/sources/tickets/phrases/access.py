"""Tickets of those who cannot get in: reset links, one-time codes, locked accounts."""

TEXT = """
== login.reset: email device screenshot
formal subject
    Tidak bisa masuk ke akun
    [Kendala|Masalah] tautan atur ulang kata sandi
    Tautan reset [kedaluwarsa|tidak berfungsi]
    Mohon bantuan masuk akun
formal problem
    [Sejak {day}|Sudah dua hari ini] saya [tidak dapat|tidak bisa] masuk ke akun. Tautan atur ulang kata sandi yang saya terima selalu [dinyatakan kedaluwarsa|menampilkan pesan "tautan tidak berlaku"].
    Saya lupa kata sandi dan sudah [tiga|empat] kali meminta surel pengaturan ulang, namun [tidak satu pun yang masuk|yang datang hanya surel promosi], termasuk di folder spam.
    Setelah mengganti kata sandi {day}, akun saya menolak kata sandi yang baru maupun yang lama.
    Ketika membuka tautan reset, halamannya kembali ke beranda tanpa sempat mengisi kata sandi baru.
formal detail
    Tautan yang saya terima: {link}
    Kolom surelnya saya isi {email}, dan muncul keterangan bahwa akun tidak ditemukan.
    Saya mencoba lewat [Chrome maupun Firefox|laptop dan ponsel], hasilnya sama saja.
    Mungkin dulu saya mendaftar dengan nomor {phone}, saya tidak ingat persis.
formal request
    Mohon dikirimkan tautan yang baru.
    Apakah kata sandinya dapat diatur ulang dari sisi admin?
    [Besok|Nanti malam] ada tugas yang harus saya kumpulkan, jadi mohon dibantu segera.
chat subject
    gabisa login
    lupa password
    link reset error terus
chat problem
    aku lupa password, udah minta reset [3x|berkali-kali|dari kemarin] tapi emailnya gak masuk masuk
    link reset nya [expired mulu|udah gak berlaku katanya], padahal baru aku klik [semenit|5 menit] yang lalu
    mau login kok [gak bisa ya|ditolak terus], katanya password salah padahal aku yakin bener
    ini [aku yang salah apa|emang] websitenya lagi error? abis isi password balik lagi ke halaman depan
    (+forgotten) habis ganti hp aku jadi gak bisa masuk kelas, passwordnya kesimpen di hp lama
chat detail
    {link} ini linknya
    aku daftarnya pake {email}
    kayaknya dulu daftar pake email {email} deh, apa pake {second_email} ya, lupa
    udah coba di laptop sama di hp dua duanya gak bisa
    udah cek spam juga kosong
    wa aku yang kedaftar {phone}
chat request
    tolong [kirimin ulang|direset in] dong
    bisa dibantu gak?
    mau ngerjain {module} nih [deadline besok|keburu lupa]
english subject
    Can't log in
    Password reset link expired
english problem
    I've requested a password reset [three|four] times since {day} and [nothing arrives|the link always says it has expired].
    The site keeps telling me my password is wrong even though I [just changed it|saved it in my browser].
    Whenever I open the reset link I end up on the homepage and never get to type a new password.
english detail
    This is the link I got: {link}
    I signed up with {email}, at least I think so.
    Tried Chrome and Safari, same thing.
english request
    Could you send a fresh link?
    Can you reset it on your side?
mixed subject
    Reset password gak jalan
mixed problem
    I tried reset password [berkali-kali|like five times] tapi email-nya never arrived, even di spam folder.
    Aku literally gak bisa log in since {day}, link reset-nya always expired.
mixed detail
    Account aku pake {email} btw.
    Link-nya yang ini: {link}
agent direct
    Tautan reset yang baru sudah kami kirim ke {email}. Tautan itu berlaku 30 menit, [mohon dibuka dari perangkat yang sama|jadi sebaiknya langsung dibuka].
    Kami lihat ada [tiga|empat] permintaan reset sekaligus; yang berlaku hanya tautan paling akhir. [Yang lama boleh diabaikan|Silakan hapus surel yang lama] dan coba sekali lagi ya.
    (forgotten) Tidak apa-apa, kata sandinya cukup diatur ulang. Tautannya sudah kami kirim ke {email}.
    Akunnya aktif dan tidak bermasalah. Coba kosongkan cache browser dulu, lalu masuk lagi dari halaman depan, bukan dari tautan di surel lama.
agent resolved
    Sudah ketemu: akunnya terdaftar dengan {email}. Tautan baru [baru saja|sudah] kami kirim ke sana.
    Reset sudah kami lakukan dari sisi kami. [Kata sandi sementara|Tautan untuk membuat kata sandi] dikirim terpisah, jangan diteruskan ke siapa pun ya.
    Ternyata surel kami tertahan di filter kotak masuk. Kami kirim ulang lewat jalur lain, mestinya sampai dalam 10 menit.
agent_en direct
    A new reset link is on its way to {email}. It works for 30 minutes and only the latest one is valid.
    Your account is fine. Please clear the browser cache and start again from the homepage instead of the old e-mail.
agent_en resolved
    Found it, the account is under {email}. I've just sent you a new link.
    Reset done on our side; please choose a new password when you sign in.

== login.code: phone device
formal subject
    Kode OTP tidak diterima
    Kode verifikasi
formal problem
    Kode verifikasi tidak pernah sampai ke ponsel saya, [padahal sinyal bagus|sedangkan SMS lain masuk seperti biasa].
    Setiap kali masuk saya diminta kode OTP, dan kodenya baru datang setelah [waktunya habis|sepuluh menit].
formal detail
    Nomor yang terdaftar {phone}.
    Nomor lama saya {phone} masih aktif.
    Saya memakai [kartu prabayar|dua kartu SIM], mungkin itu sebabnya.
chat subject
    otp ga masuk
chat problem
    kode otp nya gak masuk [dari tadi pagi|sama sekali|udah nunggu setengah jam]
    otp nya telat terus, pas masuk udah hangus duluan
    minta kode 5x gak ada yang masuk, sekarang malah disuruh tunggu 24 jam
chat detail
    nomornya {phone} kan ya bener?
    no aku {phone}
    sinyal aman kok, wa lancar
    pulsa juga masih ada 12.500 wkwk
chat request
    ada cara lain selain otp gak?
    kirim lewat email aja bisa?
english subject
    Verification code never arrives
english problem
    The verification code [never reaches my phone|shows up after it has expired].
english detail
    The number on file should be {phone}.
    Other texts come through just fine.
mixed problem
    OTP-nya gak masuk at all, I've been waiting for [like an hour|30 minutes].
mixed detail
    My number {phone}, masih active kok.
agent direct
    Pengiriman kode sempat terganggu di salah satu operator [belakangan ini|selama beberapa jam]. Sekarang sudah normal, [boleh dicoba lagi|silakan minta kode sekali lagi].
    Untuk sementara kodenya kami alihkan ke surel yang terdaftar. Berlaku 5 menit.
agent resolved
    Nomor di sistem ternyata berbeda satu angka. Sudah kami betulkan menjadi {phone}, silakan minta kode lagi.
    Batas permintaan kodenya sudah kami buka. Coba sekali saja dulu, jangan ditekan berulang.
agent_en direct
    One of the carriers had delays. It should work now, please request one new code.
agent_en resolved
    The number on file was one digit off. It now reads {phone}, please try again.

== login.locked: identity
formal subject
    Akun terkunci
    Akun saya diblokir?
formal problem
    Akun saya terkunci dengan keterangan "terlalu banyak perangkat", padahal saya hanya memakai [satu laptop|ponsel dan laptop kantor].
    (+ip) Saya menerima pemberitahuan masuk dari alamat IP {alert_ip} yang [tidak saya kenal|menurut saya bukan lokasi saya], lalu akun saya terkunci.
formal detail
    ID pengguna saya {user}.
    Di halaman profil tertulis ID {user}, bila itu membantu.
    Kalau saya cek, IP rumah saya {ip}.
    Saya sedang berada di {town}, jadi mungkin lokasinya dianggap janggal.
formal request
    Mohon dibuka kembali.
    Mohon dicek apakah ada orang lain yang memakai akun saya.
chat subject
    akun kekunci
chat problem
    akunku kekunci [gara2 salah password|katanya aktivitas mencurigakan], [padahal cuma aku yang pake|lah aku lagi di rumah aja]
    (+ip) kok ada email login dari ip {alert_ip} ya, itu bukan aku. abis itu akun aku gak bisa dibuka
    disuruh tunggu 24 jam tapi ini udah lewat sehari masih kekunci
chat detail
    id aku {user}
    aku di {town} kok dibilang di luar negeri
    warnet sih emang, apa gara2 itu
chat request
    buka in dong
    tolong di unlock ya
english subject
    Account locked
english problem
    My account got locked for "too many devices" although I only use [one laptop|my phone and my work laptop].
    (+ip) I got a sign-in alert from {alert_ip}, which isn't me, and now I'm locked out.
english detail
    My user ID is {user}.
    I'm currently in {town}, maybe that looks odd to your system.
mixed problem
    (+ip) Akun aku suddenly locked, katanya suspicious activity from {alert_ip}, but I'm just at home.
mixed detail
    User id: {user}
agent direct
    Sudah bisa dibuka kembali. Supaya tidak terulang, keluarkan dulu perangkat lama dari menu Profil.
    Kuncinya sudah kami buka. Sistem kami menutup akun bila ada [lebih dari tiga perangkat|lima kali salah kata sandi] dalam satu hari.
    (ip) Sudah kami buka lagi. Kalau alamat IP itu bukan milik Kakak, [sebaiknya ganti kata sandinya|mohon langsung ganti kata sandi] ya.
agent resolved
    Datanya cocok, jadi akunnya sudah kami buka. [Semua perangkat lama kami keluarkan|Perangkat lama sudah kami lepas], silakan masuk dari awal.
agent_en direct
    It's unlocked. The lock kicks in after five wrong passwords in a row.
    (ip) We've reopened it. If that address isn't yours, please change the password right away.
agent_en resolved
    Thanks, the details match and the account is open again. All old devices were signed out.
"""
