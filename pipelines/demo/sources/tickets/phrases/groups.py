"""Tickets that bring others along: friends who join, and companies that buy seats."""

TEXT = """
== group.friends: participants
formal subject
    Pendaftaran berkelompok
    Harga untuk beberapa orang
formal problem
    Saya dan dua teman ingin mengikuti kelas {course} bersama. Apakah ada potongan untuk pembelian berkelompok?
    Teman saya {friend} ({friend_email}) ingin ikut kelas {course} bersama saya. Apakah dapat dibayarkan sekaligus?
formal detail
    Yang akan ikut: {friend}, surel {friend_email}, dan {friend2}, nomor {friend2_phone}.
    Teman saya {friend} sudah punya akun, surelnya {friend_email}.
    Kami dari komunitas gambar di {town}.
formal request
    Berapa harga per orangnya?
chat subject
    beli rame rame
chat problem
    (+three) kalo daftar bertiga ada diskon gak? sama {friend} dan {friend2}
    (+pair) temenku {friend} ({friend_email}) mau ikut {short} juga, bisa dibayarin bareng gak?
    (+pair) mau beliin kelas {short} buat temen, namanya {friend} wa nya {friend_phone}
chat detail
    (pair) dia udah punya akun {friend_email}
    (pair) satu lagi ada {friend2} tapi belom daftar, wa {friend2_phone}
    (three) berempat deh kalo ada diskon
chat request
    berapa jadinya?
    bisa satu invoice?
english subject
    Group discount
english problem
    (+three) Three of us would like to join {course}. Is there a group price?
    (+pair) My friend {friend} ({friend_email}) wants to take {short} with me, can I pay for both?
english detail
    (three) The others are {friend} and {friend2}, {friend2_phone}.
    (pair) There may be a third, {friend2}, {friend2_phone}.
mixed problem
    Kalau daftar bareng {friend} ({friend_email}) ada group discount gak?
agent direct
    Untuk tiga orang ke atas ada potongan 15%. Pesannya dari satu akun, lalu masukkan surel tiap peserta.
    Bisa dibayarkan sekaligus. Undangannya kami kirim ke {friend_email}.
agent resolved
    Terima kasih daftarnya. Tautan pembayaran gabungan sudah dikirim ke {email}.
agent_en direct
    One payment for all is fine, and from three people on there's 15% off. Order from one account and enter everybody's e-mail.
agent_en resolved
    Thanks for the list. One payment link for all went to {email}.

== group.company: participants
formal subject
    Pelatihan untuk karyawan
    Penawaran harga pelatihan perusahaan
    Pembelian {n} kursi kelas {short}
formal problem
    Perkenalkan, saya {name} dari bagian SDM PT Rupa Layar Nusantara. Kami berminat membeli {n} kursi kelas {course} untuk karyawan kami di {town}.
    Kantor kami ingin mengikutsertakan {n} orang di kelas {course}. Apakah dapat dibuatkan penawaran resmi?
    Sehubungan dengan rencana pelatihan tahun ini, kami mohon penawaran untuk {n} peserta kelas {course}.
formal detail
    Peserta sementara: {friend} ({friend_email}) dan {friend2} ({friend2_email}).
    NPWP perusahaan {npwp}, alamat {street}.
    Mohon dikirim ke {email}, tembusan {friend_email}.
    Anggaran kami sekitar Rp{n}.000.000.
formal request
    Mohon balasannya sebelum akhir bulan.
    Silakan hubungi saya di {phone}.
english subject
    Seats for our team
english problem
    I'm {name} from HR. We'd like to buy {n} seats of {course} for our designers.
english detail
    Two of them are {friend} ({friend_email}) and {friend2} ({friend2_email}).
    Please send the quotation to {email}.
chat problem
    saya {nick} dari hrd cv cetak cahaya, mau beli {n} kursi kelas {short} buat karyawan, ada harga khusus?
chat detail
    wa kantor {phone}
    yang ikut {friend} sama {friend2}, sisanya nyusul
mixed problem
    I'm {name} from HR, mau beli {n} seats kelas {short}, bisa minta quotation?
agent direct
    Terima kasih minatnya. Penawaran untuk {n} kursi kami kirim ke {email}; potongannya 20% mulai lima kursi.
    Untuk {n} kursi tersedia harga perusahaan. Proposalnya menyusul paling lambat besok.
agent resolved
    Daftar pesertanya sudah kami terima. Undangan dikirim setelah pembayaran, masing-masing ke alamatnya.
agent_en direct
    Thank you. The quotation for {n} seats goes to {email}, with 20% off from five seats.
agent_en resolved
    We've got the list. Invitations go out once the payment is in.
"""
