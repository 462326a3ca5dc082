"""Tickets about payments that are not seen, have lapsed or are refused."""

TEXT = """
== payment.unseen: proof order
formal subject
    Pembayaran belum terverifikasi
    Konfirmasi pembayaran {order}
    Sudah transfer, kelas belum terbuka
    Status pesanan masih menunggu pembayaran
formal problem
    Saya sudah mentransfer {amount} untuk kelas {course} pada {odate}, tetapi statusnya masih "menunggu pembayaran".
    Pembayaran untuk pesanan {order} sudah [terpotong dari rekening|berhasil menurut aplikasi bank], namun kelasnya belum terbuka.
    [Sampai sekarang|Hingga pesan ini saya tulis] saya belum menerima bukti pembayaran untuk kelas {course}, sedangkan saldo saya sudah terpotong.
    Saya membayar lewat [ATM|m-banking] {bank} sekitar pukul {oclock}, mengapa akses kelas belum diberikan?
formal detail
    Nomor virtual account {va}, nominal {amount}.
    Transfer dari rekening {bank} {account} atas nama {name}.
    (+payer) Transfer memakai rekening saudara saya, {bank} a.n. {payer}, mungkin karena itu tidak terbaca otomatis.
    Nomor pesanan {order}, dibayar {odate} pukul {oclock}.
    Bukti transfer saya lampirkan.
formal request
    Mohon dicek dan dibukakan aksesnya.
    Mohon konfirmasinya karena kelas [segera dimulai|dimulai minggu ini].
    Berapa lama biasanya proses verifikasinya?
chat subject
    udah bayar tapi pending
    pembayaran {order}
    kelas blm kebuka
chat problem
    aku udah transfer {amount} buat {course} tapi [statusnya masih pending|kelasnya belum kebuka]
    ini pembayaranku kok belum masuk ya? padahal udah kepotong
    udah bayar dari {odate} jam {oclock} sampe sekarang masih "menunggu pembayaran"
    {dear} mau tanya, verifikasi pembayaran berapa lama ya? udah dari tadi {oclock}
    saldo kepotong tapi di web tulisannya belum dibayar
chat detail
    order {order}
    va nya {va}
    tf dari {bank} a/n {name}
    (+payer) a.n {payer} ya, pake rekening kakakku, no rek {account}
    bukti tf: {bank} {account} nominal {amount} jam {oclock}
    bayarnya lewat {counter}, struknya masih ada
    ss nya nyusul ya lagi di jalan
chat request
    tolong dicek dong
    cek in ya, takut hangus
    kelasnya mulai [besok|minggu ini] soalnya
english subject
    Payment not verified
    Paid but still pending
english problem
    I paid {amount} for {course} on {odate} but my order still says "pending".
    The money has left my account, yet the course [is still locked|doesn't show up in my dashboard].
english detail
    Order number {order}, paid around {oclock}.
    I used virtual account {va}.
    It was sent from {bank} {account} under the name {name}.
english request
    Could you check and open the course for me?
    How long does this normally take?
mixed subject
    Payment masih pending
mixed problem
    I already paid {amount} for {course} tapi statusnya masih pending sampai sekarang.
    Payment aku kok belum verified ya, padahal saldo udah kepotong on {odate}.
mixed detail
    Order ID {order}, transfer via {bank} atas nama {name}.
    VA number-nya {va}.
agent direct
    Pembayarannya sudah kami terima dan kelas {short} sudah terbuka. Silakan muat ulang halaman belajar.
    Dana untuk {order} ternyata masuk tanpa notifikasi otomatis. Sudah kami cocokkan secara manual, kelasnya bisa dibuka sekarang.
    Dari sisi bank memang sempat ada jeda. Status {order} kini lunas.
agent resolved
    Terima kasih datanya. Transfer dari {bank} sebesar {amount} cocok dengan pesanan {order}, akses sudah kami buka.
    (payer) Sudah ketemu dananya. Nama pengirim dan nama akun berbeda, itu sebabnya sistem menahannya. Kelas sudah aktif.
    Beres, statusnya lunas. Bukti pembayaran otomatis dikirim ke {email}.
agent_en direct
    We've matched the payment by hand and {short} is open now. Please reload the page.
    The bank was late in telling us. Order {order} is marked as paid.
agent_en resolved
    Thanks, the transfer matches order {order}. Your course is open and a receipt goes to {email}.

== payment.lapsed: proof order
formal subject
    Pesanan kedaluwarsa
    Pesanan {order} dibatalkan otomatis
formal problem
    Pesanan saya untuk kelas {course} [dinyatakan kedaluwarsa|terbatalkan otomatis], padahal saya baru akan membayar.
    Saya membayar [terlambat sekitar satu jam|lewat tengah malam] dan virtual account-nya sudah tidak berlaku.
formal detail
    Pesanan {order}, tertanggal {odate}.
    Nomor VA yang lama {va}.
    Sewaktu di ATM muncul pesan "tagihan tidak ditemukan".
formal request
    Apakah pesanannya dapat diaktifkan kembali dengan harga yang sama?
    Mohon nomor pembayaran yang baru.
chat subject
    va expired
    order kadaluarsa
chat problem
    va nya udah expired padahal baru mau bayar [hari ini|gajian soalnya wkwk]
    order aku {order} kok batal sendiri
    telat bayar dikit langsung hangus ya? [gak bisa diperpanjang gitu|sedih banget]
chat detail
    va nya {va} katanya tagihan gak ada
    kemaren harganya {amount} sekarang masih sama kan?
    masih minat banget sama {course}
chat request
    bisa minta va baru gak
    bisa diaktifin lagi gak ordernya
english subject
    Order expired
english problem
    My order for {course} expired before I could pay. The ATM said "bill not found".
english detail
    It was {order}, virtual account {va}.
english request
    Can I get a new payment number for the same price?
mixed problem
    Order aku {order} already expired, padahal I was just about to pay.
mixed request
    Can you extend it, pretty please?
agent direct
    Batas bayarnya memang 24 jam. Pesanan lama tidak bisa dihidupkan lagi, tetapi harganya masih {amount}; silakan pesan ulang dari halaman kelas.
    Nomor pembayaran lama sudah ditutup bank. Kalau memesan ulang, nomor barunya langsung muncul.
agent resolved
    Kami sudah telusuri, dana untuk {order} tidak masuk ke kami. Bila rekening sempat terpotong, bank mengembalikannya dalam 1-3 hari kerja.
agent_en direct
    Payment numbers close after 24 hours. The price is still {amount}, so please place a new order from the course page.
agent_en resolved
    We traced it and nothing reached us for {order}. If your bank took the money it returns within 3 working days.

== payment.card: device screenshot
formal subject
    Kartu ditolak
formal problem
    Kartu kredit saya ditolak saat membayar kelas {course}, padahal limitnya masih cukup.
    Pembayaran dengan kartu selalu gagal di halaman 3D Secure.
formal detail
    Kartunya {card}, berlaku sampai tahun depan.
    Bank saya mengatakan tidak ada percobaan transaksi sama sekali.
    Pesan yang muncul: "{error}".
formal request
    Apakah ada cara pembayaran lain?
chat subject
    kartu ditolak terus
chat problem
    bayar pake kartu kok ditolak terus, [limit masih banyak|udah 3 kartu dicoba]
    pembayaran {course} gagal mulu di bagian otp bank
chat detail
    kartuku {card}
    {card} itu nomornya, coba cek dari situ bisa?
    errornya "{error}"
chat request
    bisa cicil pake yang lain gak
    ada cara bayar lain?
english subject
    Card declined
english problem
    My card keeps getting declined for {course}, although my bank sees no attempt at all.
    I've tried three times to pay {amount} by card and the page just spins after the bank's code.
english detail
    The card is {card}.
    The message reads "{error}".
mixed problem
    Card aku declined terus, padahal limit-nya still available.
mixed detail
    Card number {card}, maybe you can check?
agent direct
    Penolakan itu datang dari bank penerbit, bukan dari kami. Banyak peserta berhasil setelah mengaktifkan transaksi daring di aplikasi banknya.
    Silakan coba metode virtual account atau QRIS untuk pesanan yang sama, [biasanya langsung berhasil|keduanya tanpa biaya tambahan].
agent resolved
    Kami lihat percobaannya berhenti di halaman bank. Coba sekali lagi tanpa mode penyamaran, atau pilih QRIS.
agent_en direct
    The refusal comes from the issuing bank. Please enable online payments in your banking app, or choose QRIS.
agent_en resolved
    The attempt stopped at your bank's page. Another browser or QRIS should do it.

== payment.voucher: none screenshot
formal subject
    Kode voucher tidak berlaku
formal problem
    Kode HEMAT2026 tidak bisa dipakai untuk kelas {course}, padahal di surel tertulis berlaku sampai akhir bulan.
    Potongan 20% tidak terhitung, sehingga saya tetap ditagih {price}.
formal detail
    Syarat belanja minimal Rp200.000 sudah terpenuhi.
    Kodenya saya dapat dari kabar bulanan.
chat problem
    kode vouchernya gak bisa dipake [katanya gak valid|padahal belum akhir bulan]
    kok diskon 25% nya gak kepotong, tetep {price}
chat detail
    kodenya SENJA25
    dapet dari story ig, gambar bintang bintang itu
english problem
    The code HEMAT2026 isn't accepted for {course}, though your e-mail says it runs until the end of the month.
mixed problem
    Voucher-nya gak work buat {course}, total tetap {price}. Is it expired?
agent direct
    Kode itu hanya untuk pemesanan pertama dan tidak dapat digabung dengan harga promo.
    Maaf, kuotanya sudah habis sejak pagi. Kami beri kode pengganti TEMAN15, berlaku tujuh hari.
agent resolved
    Sudah kami cek, kodenya memang keliru diatur untuk kelas ini. Sekarang mestinya bisa, coba masukkan ulang.
agent_en direct
    That code only works on a first order and not on top of a sale price. TEMAN15 is yours for the next seven days, though.
agent_en resolved
    It was set up wrongly for this course. Please enter it again, it works now.
"""
