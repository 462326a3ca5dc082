"""Tickets about personal data itself: deletion, copies, unwanted messages."""

TEXT = """
== data.erase: identity email
formal subject
    Permintaan penghapusan data
    Hapus akun dan data saya
formal problem
    Saya tidak lagi menggunakan layanan ini dan meminta agar akun beserta seluruh data pribadi saya dihapus.
    Berdasarkan UU Pelindungan Data Pribadi, saya meminta data saya dihapus dari sistem Anda.
    Mohon hapus akun saya. Saya [khawatir soal kebocoran data|sudah pindah ke layanan lain].
formal detail
    Akun saya {email}, nomor {phone}.
    Termasuk alamat {street} yang pernah saya isikan.
    Kartu {paid_card} yang tersimpan mohon ikut dihapus.
    Nama terdaftar {name}, ID {user}.
formal request
    Mohon konfirmasi tertulis setelah selesai.
    Apa saja yang masih disimpan setelahnya?
chat subject
    hapus akun
chat problem
    mau hapus akun dong sama semua datanya
    gimana cara hapus akun permanen? udah gak kepake
    tolong data aku dihapus semua ya, [takut bocor|udah gak mau ditelponin]
chat detail
    email {email} no {phone}
    akun {user}
    nama {name}
    kartuku yang {paid_card} jg tolong dihapus
chat request
    kabarin kalo udah
    beneran kehapus kan bukan cuma dinonaktifin?
english subject
    Delete my account
english problem
    Please delete my account and all personal data you hold about me.
    I'd like to have my data erased, under the Indonesian data protection law.
english detail
    The account is {email}, phone {phone}.
    User ID {user}.
english request
    Please confirm in writing once it's done.
mixed problem
    I want to delete akun aku and all the data, please confirm kalau udah.
mixed detail
    Email {email}.
agent direct
    Permintaannya kami terima. Setelah identitas cocok, data dihapus paling lambat 3 x 24 jam; catatan transaksi tetap kami simpan selama diwajibkan undang-undang.
    Baik, kami teruskan ke tim pelindungan data. Konfirmasi akan datang ke {email}.
agent resolved
    Terima kasih, identitasnya sesuai. Penghapusan sudah dijadwalkan dan tidak dapat dibatalkan setelah hari ini.
agent_en direct
    We've received it. Once your identity is confirmed we delete the data within 72 hours; transaction records stay as long as the law asks.
agent_en resolved
    Thank you, it matches. The deletion is scheduled.

== data.copy: identity email
formal subject
    Permintaan salinan data pribadi
formal problem
    Saya ingin memperoleh salinan data pribadi yang Anda simpan tentang saya, termasuk riwayat belajar dan pesanan.
    (+whom) Data apa saja yang platform ini simpan mengenai saya, dan dibagikan kepada siapa?
formal detail
    Atas nama {name}, lahir {birth}, surel {email}.
    Sebaiknya dalam bentuk CSV atau JSON.
chat subject
    minta data
chat problem
    aku mau minta salinan data aku yang disimpen disini dong
    (+whom) data apa aja sih yang disimpen soal aku? sama dikasih ke siapa aja
chat detail
    email {email}, lahir {birth}
    buat dipindahin ke platform lain
english subject
    Copy of my data
english problem
    I'd like a copy of the personal data you hold about me, including learning history.
english detail
    {name}, born {birth}, {email}.
mixed problem
    Can I get a copy of my data? Semua yang kalian simpen soal aku.
agent direct
    Bisa. Berkasnya kami siapkan dan tautan unduhnya dikirim ke {email} dalam 3 hari.
    (whom) Yang kami simpan: profil, pesanan, progres, percakapan. Pembayaran diproses mitra kami; daftar lengkap penerima ada di berkas yang akan kami kirim.
    Salinannya berisi profil, pesanan, progres dan percakapan. Kami kabari begitu siap.
agent resolved
    Identitas cocok, terima kasih. Berkasnya menyusul lewat tautan yang berlaku 7 hari.
agent_en direct
    Of course. We'll send a download link to {email} within three days.
agent_en resolved
    Thanks, that matches. The file follows shortly.

== marketing.stop: none phone
formal subject
    Mohon hentikan pesan promosi
    Berhenti berlangganan
formal problem
    Saya terus menerima pesan promosi lewat WhatsApp walaupun sudah [dua kali|berkali-kali] meminta berhenti.
    (+source) Dari mana tim pemasaran memperoleh nomor saya? Saya hanya pernah memberi alamat surel.
    (+ads) Setelah membuka halaman kelas {course}, iklannya mengikuti saya di Instagram. Mohon dihentikan.
formal detail
    Nomor yang dihubungi {phone}.
    Pesan terakhir masuk {day} pukul {night}.
    Tautan berhenti di bawah surelnya tidak berfungsi: {unsubscribe}
formal request
    Mohon dihapus dari daftar kirim.
chat subject
    stop promo
chat problem
    tolong stop wa promo ke aku ya, [ganggu|sehari bisa 3x]
    (+source) dapet nomor aku dari mana sih? aku gak pernah ngasih nomor
    (+ads) kok iklannya nongol terus di ig abis buka kelas {short}, serem
chat detail
    nomorku {phone}
    unsubscribe nya gak jalan {unsubscribe}
    kemarin malem jam {night} masih di wa juga
    ig aku {handle} kalo mau dicek
chat request
    hapus dari list
    stop ya
english subject
    Please stop the promotions
english problem
    I keep getting promotional messages even though I opted out [twice|last month].
    (+source) Where did you get my number from? I never gave it to you.
english detail
    They come to {phone}.
    The unsubscribe link doesn't work: {unsubscribe}
mixed problem
    Please stop sending promo ke WA aku, it's annoying banget.
agent direct
    Mohon maaf atas gangguannya. Kontaknya sudah kami keluarkan dari semua daftar promosi; pesan soal kelas yang diikuti tetap dikirim.
    (source) Nomornya berasal dari isian profil saat mendaftar. Sudah kami hapus dari daftar promosi.
    (ads) Iklan seperti itu tampil karena kuki pemasaran. Persetujuannya sudah kami cabut; di Instagram sendiri bisa diatur lewat preferensi iklan.
    Sudah kami hentikan. Kadang masih ada satu pesan yang terlanjur terjadwal dalam 24 jam.
agent resolved
    Nomor {phone} sudah kami hapus dari daftar kirim.
agent_en direct
    (source) It was entered in your profile when you signed up. We've taken it off the promotional list.
    Sorry about that. You're off every promotional list now; messages about your own courses will still arrive.
agent_en resolved
    {phone} has been taken off the list.
"""
