"""What customers answer when an agent asks for something, by what was asked for."""

TEXT = """
formal email
    Surel yang terdaftar {email}.
    Seharusnya {email}, dengan nama {name}.
    Saya cek kembali, alamatnya {email}. [Mohon maaf baru membalas.|]
chat email
    {email}
    emailnya {email} {dear}
    {email} atau ga {second_email} ya lupa
    pake {email}
english email
    It's {email}.
    Should be {email}, name {name}.
mixed email
    Email-nya {email}.
formal phone
    Nomor saya {phone}.
    {phone}, atas nama {name}.
chat phone
    {phone}
    ini {dear} {phone}
    nomornya {phone}, wa aktif
english phone
    It's {phone}.
mixed phone
    My number {phone} ya.
formal order
    Nomor pesanannya {order}, tanggal {odate}.
    Di surel konfirmasi tertulis {order}.
chat order
    {order}
    order {order}, {odate}
    bentar.. nih {order}
english order
    {order}, placed on {odate}.
mixed order
    Order number-nya {order}.
formal proof
    Berikut datanya: bank {bank}, rekening {account} a.n. {name}, nominal {amount}, {odate} pukul {oclock}.
    (+payer) Pengirim: {payer}, {bank} {account}. Jumlah {amount}.
    Bukti transfer terlampir. Nomor VA tujuan {va}.
chat proof
    {bank} {account} an {name}, {amount} jam {oclock}
    (+payer) nih datanya~pengirim {payer}~bank {bank}~norek {account}~jumlah {amount}
    udah aku kirim fotonya, va nya {va}
    dari {bank} an {name} {odate}
english proof
    Sent from {bank} {account}, name {name}, {amount} on {odate} at {oclock}.
    Screenshot attached, the virtual account was {va}.
mixed proof
    Transfer dari {bank} {account} a.n. {name}, on {odate}.
formal device
    Saya memakai {browser} di {device}.
    {device} dengan {browser}, versi terakhir. Alamat IP saya {ip}.
    Perangkatnya {device}; sudah dicoba juga di komputer kantor.
chat device
    {device} {browser}
    pake {device}, browsernya {browser} kayaknya
    hp {device} {dear}
    {device}, ip aku {ip} kalo cek di google
english device
    {device}, {browser}.
    It's {browser} on {device}; my IP is {ip}.
mixed device
    Aku pake {browser} di {device}.
formal screenshot
    Tangkapan layarnya saya lampirkan. Tulisannya "{error}".
    Terlampir. Waktu kejadiannya sekitar pukul {clock}.
    Saya lampirkan dua gambar, sebelum dan sesudah.
chat screenshot
    udah aku kirim ya ss nya
    (foto terlampir: IMG_{n}07.jpg)
    tulisannya "{error}"
    ini {dear} fotonya, agak blur
english screenshot
    Attached. It says "{error}".
    Screenshot attached, taken at {clock}.
mixed screenshot
    Ini screenshot-nya ya, error-nya "{error}".
formal which
    Di modul {module}, sekitar menit ke-{n}.
    Yang saya maksud modul {module} di kelas {short}.
    Hampir di semua modul, tetapi paling parah di {module}.
chat which
    modul {module} menit {n} an
    yang {module}
    semuanya sih, tapi yang {module} paling parah
english which
    "{module}", around minute {n}.
mixed which
    Yang module {module}, around menit {n}.
formal identity
    {name}, {email}, {phone}.
    Nama {name}, lahir {birth}, nomor ponsel {phone}.
    Tanggal lahir saya {birth} dan alamat yang terdaftar {street}.
    {name}~NIK {nik}~{street}
    NIK {nik}, surel {email}.
chat identity
    {name} lahir {birth}
    nama {name}, tgl lahir {birth}, no {phone}
    nik {nik} {dear}, cukup gak?
    {birth}. alamat {street}
    {name} {email} {phone}
english identity
    {name}, {email}, {phone}.
    {name}, born {birth}, phone {phone}.
    Date of birth {birth}. Address: {street}.
mixed identity
    {name}, {phone}, email {email}.
    {name}, birth date {birth}, phone {phone}.
formal spelling
    {spelt}, sesuai KTP.
    Ejaannya {name}, [mohon huruf besar kecilnya diperhatikan|tanpa singkatan].
chat spelling
    {name}
    {spelt} ya {dear}, dieja
    yang bener {name}
english spelling
    It's spelled {spelt}.
mixed spelling
    Spelling-nya {name} ya.
formal refund_account
    Rekening {bank} {account} atas nama {name}.
    Mohon ditransfer ke {bank}, nomor {account}, a.n. {name}.
chat refund_account
    {bank} {account} an {name}
    ke {bank} aja {account}, namanya {payer} (rek keluarga)
    {account} {bank}
english refund_account
    {bank}, {account}, {name}.
mixed refund_account
    Ke {bank} {account} a.n. {name} ya.
formal participants
    Berikut pesertanya:~1. {name}, {email}~2. {friend}, {friend_email}~3. {friend2}, {friend2_phone}
    {friend} ({friend_email}) dan {friend2} ({friend2_email}).
chat participants
    aku {email}~{friend} {friend_email}~{friend2} wa {friend2_phone}
    {friend} {friend_phone} sama {friend2} {friend2_phone}
english participants
    1) {name}, {email}~2) {friend}, {friend_email}~3) {friend2}, {friend2_email}
mixed participants
    Pesertanya {friend} ({friend_email}) and {friend2}.
formal npwp
    NPWP {npwp} atas nama {name}, alamat {street}.
    NPWP saya {npwp}. Alamatnya sesuai KTP, {street}.
chat npwp
    {npwp} a.n {name}
    npwp {npwp} alamat {street}
english npwp
    {npwp}, {name}, {street}.
mixed npwp
    NPWP-nya {npwp} a.n. {name}.
formal child
    Nama lengkapnya {child}, lahir {child_birth}.
    {child}, lahir {child_birth}. Saya {name}, {role}nya, {phone}.
chat child
    {child} lahir {child_birth}
    {child}, {child_birth} {dear}
    lahirnya {child_birth}, {child_age}
english child
    {child}, born {child_birth}.
mixed child
    Namanya {child}, lahir {child_birth}.
formal reason
    Alasannya karena pekerjaan. Saya baru lowong setelah {soon}.
    Saya sedang hamil tua dan diminta banyak beristirahat.
    Saya ditugaskan ke {town} sampai bulan depan.
chat reason
    lagi skripsian {dear}, kelarnya {soon}
    kerjaan lagi numpuk
    mau umroh dulu
    lagi pindahan ke {town}
english reason
    Work. I'll be free after {soon}.
mixed reason
    Soalnya lagi hectic banget at work, free after {soon}.
"""
