"""Tickets about invoices, tax numbers and quoting an identity number where none was asked for."""

TEXT = """
== invoice.npwp: npwp order
formal subject
    Permintaan faktur
    Invoice pesanan {order}
formal problem
    (+npwp) Kantor saya memerlukan faktur untuk kelas {course} senilai {amount}, dengan nama {name} dan NPWP {npwp}.
    Mohon invoice resmi untuk pesanan {order} guna penggantian biaya pelatihan.
    (+npwp) Faktur yang saya terima belum mencantumkan NPWP. Nomornya {npwp}.
formal detail
    Alamat penagihan: {street}.
    Mohon dicantumkan alamat {street}.
    Bagian keuangan menutup buku tanggal 25.
    Pembayaran dilakukan {odate}.
formal request
    Mohon dikirim dalam format PDF.
    Apakah harga tersebut sudah termasuk PPN 11%?
chat subject
    minta invoice
chat problem
    mau minta invoice buat reimburse kantor dong, order {order}
    (+npwp) invoicenya bisa pake npwp gak? {npwp} a.n {name}
    butuh kwitansi kelas {short} {amount}, ada cap nya gak
chat detail
    alamatnya {street}
    npwp {npwp}
    buat spt tahunan soalnya
    kirim ke email aja
chat request
    bisa hari ini gak?
    pdf ya
english subject
    Invoice request
english problem
    My employer needs an invoice for {course} ({amount}) in the name of {name}.
    (+npwp) The receipt for {order} doesn't show my tax number, which is {npwp}.
english detail
    Billing address: {street}.
    Finance closes the books on the 25th.
mixed problem
    (+npwp) Need invoice buat reimbursement, order {order}, bisa pake NPWP {npwp} gak?
agent direct
    Fakturnya sudah kami kirim ke {email}. Harga {amount} sudah termasuk PPN.
    (npwp) Faktur dengan NPWP {npwp} kami susun ulang dan dikirim ke {email} paling lambat besok.
    (npwp) Bisa. NPWP {npwp} sudah kami tambahkan, silakan unduh ulang dari menu Pesanan.
    Invoice untuk {order} bisa diunduh dari menu Pesanan, tombol kanan atas.
agent resolved
    Faktur dengan NPWP {npwp} atas nama {name} sudah terbit, silakan cek surel.
agent_en direct
    (npwp) Done, the new invoice shows {npwp} and is on its way to {email}.
    The invoice went to {email}. VAT is included in {amount}.
agent_en resolved
    A corrected invoice showing {npwp} is in your inbox.

== identity.nik: none
formal subject
    Data KTP untuk verifikasi
    Kelengkapan data sertifikat
formal problem
    Untuk keperluan verifikasi sertifikat kompetensi, berikut data saya: {name}, NIK {nik}.
    Pada formulir beasiswa diminta NIK. NIK saya {nik}, apakah cukup ditulis di sini?
    Berikut saya sampaikan data diri: nama {name}, NIK {nik}, alamat {street}.
formal detail
    Fotonya menyusul karena berkasnya besar.
    Nomor yang bisa dihubungi {phone}.
    Data ini sesuai kartu keluarga.
formal request
    Mohon konfirmasi bila ada yang kurang.
chat subject
    data ktp
chat problem
    buat sertif kompetensi katanya butuh nik ya? nik aku {nik}
    ini nik ku {nik} nama {name}, udah cukup kan
    tadi disuruh isi nik di form tapi error, aku kirim sini aja ya {nik}
chat detail
    alamat {street}
    itu sesuai kk ya
    foto ktp nya nyusul
chat request
    udah bener kan formatnya?
english subject
    ID number for the certificate
english problem
    The form asked for my NIK but wouldn't save it, so here it is: {nik}.
    For the competency certificate: {name}, NIK {nik}.
english detail
    My address is {street}.
mixed problem
    The form error terus pas isi NIK, so here's mine: {nik}.
agent direct
    Terima kasih, sudah kami lengkapi di formulirnya. Lain kali NIK tidak perlu ditulis di pesan, cukup lewat formulir.
    Sudah kami terima dan sertifikatnya masuk antrean. Demi keamanan, mohon tidak membagikan NIK lewat obrolan ya.
agent_en direct
    Thanks, we completed the form for you. Please don't send ID numbers by message in future.
"""
