"""Tickets in which somebody turns out to be a child, told by themselves or by a parent."""

TEXT = """
== age.told: none
formal subject
    Batas usia peserta
    Pertanyaan syarat usia
formal problem
    Saya baru membaca bahwa layanan ini untuk usia 18 tahun ke atas. [Saya masih|Sebenarnya saya masih] {age}, apakah saya tetap boleh mengikuti kelas?
    Saya masih {age} dan duduk di kelas dua SMA. Apakah akun saya bermasalah?
    Sewaktu mendaftar saya tidak mengisi tanggal lahir. Umur saya {age}, apakah perlu izin orang tua?
    Waktu mendaftar saya masih {age_then}, padahal syaratnya 18 tahun. Apakah akun saya tetap berlaku?
formal detail
    Ibu saya mengizinkan.
    Teman-teman satu sekolah juga ingin ikut.
    Saya lahir {birth}.
formal request
    Mohon penjelasannya.
chat subject
    syarat umur
chat problem
    mau nanya, aku masih {age} boleh ikut gak sih?
    aku masih {age} sebenernya, baru baca harus 18, terus gimana dong
    ini buat yang 18+ ya? soalnya saya masih {age}, masih sekolah
    waktu daftar aku masih {age_then}, baru baca harus 18. gapapa kan?
chat detail
    bayarnya pake rekening mama kok
    lagi kelas 2 smk multimedia
    lahir {birth}
chat request
    masih boleh kan?
    akunnya gak dihapus kan?
english subject
    Age requirement
english problem
    I just read that you have to be 18. I'm still {age}, am I allowed to join?
    I was {age_then} when I signed up and only now read that it's 18 and over. Is my account okay?
english detail
    My mum said it's fine.
mixed problem
    I just realized ini 18+, aku masih {age}, boleh lanjut gak?
    Pas daftar aku masih {age_then}, ternyata ini 18+. Is that a problem?
agent direct
    Terima kasih sudah jujur. Layanan kami memang tidak ditujukan bagi yang belum 18 tahun, jadi akunnya kami tutup dan datanya dihapus. Pembayaran yang ada kami kembalikan.
    Mohon maaf, sesuai kebijakan kami peserta minimal 18 tahun. Kami akan menghapus datanya, dan sangat senang bila nanti mendaftar lagi.
agent_en direct
    Thank you for telling us. Our courses are for people of 18 and over, so we'll close the account, delete the data and refund what was paid.

== parent.child: child
formal subject
    Akun anak saya
    Mohon penutupan akun anak
formal problem
    Saya orang tua dari {child}, {child_age}, yang ternyata memiliki akun di sini tanpa sepengetahuan saya.
    Anak saya {child} mendaftar memakai surel {child_email}. Usianya baru {child_age}.
formal detail
    Ia lahir {child_birth}.
    Saya {name}, dapat dihubungi di {phone}.
    Pembayarannya memakai kartu saya, {card}.
formal request
    Mohon akunnya ditutup dan datanya dihapus.
    Mohon dananya dikembalikan.
chat subject
    akun anak
chat problem
    saya {mama}nya {child}, umurnya baru {child_age} kok bisa daftar ya
    anak saya {child} daftar sendiri pake email {child_email}, padahal masih {child_age}
chat detail
    lahirnya {child_birth}
    no saya {phone}, {name}
chat request
    tolong dihapus akunnya
english subject
    My child's account
english problem
    I'm the parent of {child}, who is only {child_age} and signed up with {child_email} without asking.
english detail
    Born {child_birth}.
    Please call me on {phone}. {name}
mixed problem
    Anak saya {child} masih {child_age}, please close the account ya, emailnya {child_email}.
agent direct
    Terima kasih sudah menghubungi kami. Akun {child_email} kami tutup dan datanya dihapus; bila ada pembayaran, dananya dikembalikan.
    Kami mengerti kekhawatirannya. Akun atas nama {child} kami tutup hari ini, datanya ikut dihapus.
agent resolved
    Baik, datanya cocok. Penutupan akun {child} kami kerjakan hari ini juga.
agent_en direct
    Thank you for letting us know. We're closing {child_email} and deleting the data.
    Thank you for writing. The account of {child} is closed and the data will be deleted today.
agent_en resolved
    That matches. The account of {child} is being closed today.

== parent.asks: none
formal subject
    Kelas untuk anak
formal problem
    Anak saya {child} berusia {child_age} dan gemar menggambar. Apakah boleh mengikuti kelas {course}?
    Saya ingin mendaftarkan anak saya, {child}, ke kelas {course}. Ia masih {child_age}.
    Adakah kelas untuk anak SMP? Anak saya {child_age}.
formal detail
    Kami tinggal di {home}.
    Ia lahir {child_birth}.
    Saya {name}, {role}nya.
    Kalau boleh, pendaftarannya memakai surel saya {email}.
chat subject
    kelas anak
chat problem
    ada kelas buat anak gak? anak saya {child} {child_age} suka gambar
    saya mau daftarin anak, umurnya {child_age}, bisa ikut {short}?
chat detail
    namanya {child}, lahir {child_birth}
    wa saya {phone}
english subject
    Courses for children
english problem
    My kid {child} is {child_age} and loves drawing. Could they join {course}?
english detail
    The date of birth is {child_birth}.
    You can reach me on {phone}.
mixed problem
    Anak saya {child}, {child_age}, is it okay kalau ikut kelas {short}?
agent direct
    Terima kasih minatnya. Kelas kami hanya untuk 18 tahun ke atas, jadi mohon tidak membuatkan akun untuk {child} dulu ya.
    Untuk saat ini belum ada kelas anak. Pesertanya minimal 18 tahun.
agent_en direct
    Our courses are for adults of 18 and over, so please don't open an account for {child} just yet.
"""
