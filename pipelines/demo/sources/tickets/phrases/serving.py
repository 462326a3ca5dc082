"""What agents say whatever the topic: greeting, asking, closing. They write Indonesian or English."""

TEXT = """
agent greeting
    Selamat {part} Kak {nick},
    Halo Kak {nick},
    Hai Kak {nick}, selamat {part}.
    Selamat {part} {title} {name},
    Yth. {title} {name},
    Halo Kak, selamat {part}.
    Selamat {part},
    {part_cap}, Kak {nick}.
    Hai Kak {nick}!
agent ack
    Terima kasih sudah menghubungi kami.
    Terima kasih pesannya[, kami sudah baca dengan saksama|].
    Izin membantu ya, Kak.
    Pesannya sudah kami terima.
agent looking
    Kami bantu cek ya.
    Izin membantu ya, Kak.
    Baik, kami pahami.
    Siap, kami bantu.
    Pesannya sudah kami baca.
    Terima kasih sudah menghubungi kami.
agent late
    Mohon maaf baru membalas, antrean sedang panjang.
    Maaf baru sempat kami balas.
    Maaf sudah membuat Kakak menunggu.
    Terima kasih sudah sabar menunggu.
agent sorry
    Mohon maaf atas kendalanya.
    Wah, maaf ya Kak.
    Terima kasih atas laporannya.
    Aduh, maaf ya, tentu mengganggu sekali.
    Kami mohon maaf sudah merepotkan.
    Keluhannya sudah kami terima.
agent checked
    Kami sudah cek akun dengan surel {email}.
    Berdasarkan data kami, pesanan {order} tercatat pada {odate}.
    Akun {email} kami temukan, terdaftar atas nama {name}.
    Kami melihat nomor {phone} di profil.
    Akun dengan ID {user} kami temukan.
agent ask_email
    Boleh dibantu surel yang dipakai saat mendaftar?
    Akunnya didaftarkan dengan surel yang mana ya?
    Mohon disebutkan alamat surel akunnya.
agent ask_phone
    Boleh kami tahu nomor ponsel yang terdaftar?
    Nomor WhatsApp yang dipakai mendaftar berapa ya?
agent ask_order
    Boleh minta nomor pesanannya? Ada di surel konfirmasi, diawali huruf CLM.
    Mohon nomor pesanan dan tanggal pembeliannya.
agent ask_proof
    Mohon dikirimkan bukti transfernya: nama pengirim, bank, nomor rekening dan jam transfer.
    Boleh dibantu data pengirimnya (bank, atas nama siapa, jumlah)?
    Supaya bisa kami cocokkan, transfernya dari bank dan atas nama siapa ya?
agent ask_device
    Boleh tahu perangkat dan browser yang dipakai?
    Kakak mengaksesnya lewat apa? Mohon info perangkat serta browsernya.
agent ask_screenshot
    Boleh dikirim tangkapan layarnya?
    Kalau ada, mohon foto layar beserta tulisan kesalahannya.
agent ask_which
    Itu terjadi di modul yang mana, dan kira-kira di menit berapa?
    Bisa disebutkan modul persisnya?
agent ask_identity
    Demi keamanan, mohon sebutkan nama lengkap dan tanggal lahir, atau nomor ponsel yang terdaftar.
    Sebelum kami ubah, boleh diverifikasi dulu: nama lengkap, tanggal lahir, nomor ponsel?
agent ask_spelling
    Supaya tidak salah dua kali, mohon ejaan persis seperti di KTP, termasuk huruf besar dan gelarnya.
    Ejaan di KTP persis seperti itu, atau ada singkatan dan gelar?
agent ask_refund_account
    Boleh kami minta nomor rekening untuk pengembaliannya?
    Dananya dikirim ke rekening mana? Mohon bank, nomor, dan nama pemilik.
agent ask_participants
    Boleh dikirim daftar pesertanya (nama dan kontak)?
    Siapa saja yang ikut? Mohon nama serta surel atau nomornya.
agent ask_npwp
    Mohon NPWP, nama, dan alamat yang akan dicantumkan.
    Boleh dikirim data pajaknya?
agent ask_child
    Boleh kami tahu tanggal lahir anaknya?
    Mohon tanggal lahir putra/putrinya untuk kami cocokkan.
agent ask_reason
    Boleh tahu alasannya dan mulai kapan bisa ikut lagi?
    Kira-kira kapan Kakak lowong kembali?
agent stray
    Pesanan atas nama {stray} ({stray_email}) sudah lunas. Eh maaf, itu data peserta lain, mohon diabaikan.
    Kendala yang sama dialami peserta lain, {stray} ({stray_phone}), dan sudah beres.
    Salinan balasan ini tidak sengaja terkirim juga ke {stray_email}; mohon maaf.
agent secret
    Untuk keamanan, mohon jangan mengirim nomor kartu lengkap di sini ya.
agent nik
    Data sensitif seperti NIK sebaiknya tidak dikirim lewat pesan ya, Kak.
agent closing
    Kalau masih ada pertanyaan, balas saja pesan ini.
    Ada lagi yang bisa kami bantu?
    Terima kasih.
    Semoga membantu 🙏
    Semoga menjawab ya.
    Bila ada yang kurang jelas, tanyakan saja.
    Semoga harinya menyenangkan.
agent cheering
    Semoga lancar belajarnya!
    Selamat belajar kembali.
    Kabari kami hasilnya ya, Kak.
    Mohon maaf atas ketidaknyamanannya.
    Silakan dicoba dulu.
    Kalau masih muncul, kirim saja tangkapan layarnya.
    Selamat berkarya!
agent waiting
    Kami tunggu ya, Kak.
    Ditunggu datanya, terima kasih.
    Setelah itu langsung kami proses.
    Terima kasih sebelumnya 🙏
    Begitu datanya ada, kami cek hari ini juga.
agent bye
    Sama-sama, Kak. [Semangat belajarnya!|Senang bisa membantu.|]
    Siap, tiketnya kami tutup ya.
    Sama-sama 🙏
    Dengan senang hati. Kalau perlu apa-apa, kami ada setiap hari pukul 08.00-20.00 WIB.
agent retry
    Kami cek sekali lagi. Mohon tunggu sampai besok siang, tim teknis sedang menangani.
    Baik, kami naikkan ke tim teknis dengan prioritas. Kabarnya paling lambat 1 x 24 jam.
    Terima kasih sudah mencoba. Kami perbaiki dari sisi server dan kabari lagi.
agent sign
    Salam,~{me}~Tim Dukungan Crosslife
    {me} - Crosslife
    Salam hangat,~{me}
    {me}, Layanan Peserta
    {me}
    Salam,~{me} (bantuan@crosslife.example)
    Tim Dukungan Crosslife
    Regards,~{me}~bantuan@crosslife.example
agent chatsign
    {me} - Crosslife
    {me}
    -{me}
agent_en greeting
    Hi {nick},
    Hello {nick},
    Dear {name},
    Hi there,
    Good {part_en} {nick},
agent_en ack
    Thanks for getting in touch.
    Thank you for your message.
    Happy to help.
agent_en looking
    Let me look into that.
    Thanks for getting in touch.
    Happy to help.
agent_en late
    Apologies for the late reply.
    Thanks for your patience.
agent_en sorry
    Sorry about the trouble.
    Thanks for reporting this.
    Sorry to hear that.
agent_en checked
    I checked the account under {email}.
    I can see order {order} from {odate}.
    The profile shows {phone} and the name {name}.
agent_en ask_email
    Which e-mail did you sign up with?
    Could you tell me the address of your account?
agent_en ask_phone
    Could you send me the phone number on file?
agent_en ask_order
    Could you give me the order number? It starts with CLM.
agent_en ask_proof
    Could you send the transfer details: bank, account holder, account number, time?
agent_en ask_device
    Which device and browser are you using?
agent_en ask_screenshot
    Could you attach a screenshot with the exact message?
agent_en ask_which
    Which module is it, and roughly at which minute?
agent_en ask_identity
    For security, please confirm your full name, date of birth and phone number.
agent_en ask_spelling
    Is that exactly how it's written on your ID card?
agent_en ask_refund_account
    Which account should the money go to? Bank, number and holder please.
agent_en ask_participants
    Could you send me the names and contacts of everybody joining?
agent_en ask_npwp
    Please send the tax number, name and address to be shown.
agent_en ask_child
    Could you give me the child's date of birth, so that we can match it?
agent_en ask_reason
    May I ask why, and when you'd be available again?
agent_en stray
    The order of {stray} ({stray_email}) is paid. Sorry, wrong window, please ignore that line.
agent_en secret
    For your own safety, please don't send full card numbers here.
agent_en nik
    Please don't send identity numbers by message in future.
agent_en closing
    Just reply here if anything else comes up.
    Is there anything else I can help with?
    Have a nice {part_en}.
    Hope that answers it.
agent_en cheering
    Let me know how it goes.
    Happy learning!
    Please give it a try.
agent_en waiting
    I'll get to it as soon as I hear from you.
    Thanks in advance.
agent_en bye
    You're welcome!
    Glad it works. I'll close the ticket.
agent_en retry
    Thanks for trying. I've passed it to our engineers and will write again by tomorrow noon.
    Let me check once more with the technical team.
agent_en sign
    Best,~{me}~Crosslife Support
    Kind regards,~{me}
    {me}, Crosslife
    Crosslife Support
agent_en chatsign
    {me}
    - {me}
"""
