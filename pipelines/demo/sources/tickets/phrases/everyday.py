"""How customers open, introduce themselves, close, thank and press, whatever the topic."""

TEXT = """
formal greeting
    Selamat {part},
    Selamat {part} [tim Crosslife|Admin|Bapak/Ibu],
    Yth. [Tim Dukungan|Admin Crosslife|Layanan Pelanggan],
    Dengan hormat,
    Assalamualaikum[ wr. wb.|],
    Salam,
    Halo [admin|tim|Crosslife],
    Kepada tim dukungan,
    {localhello}
formal intro
    Perkenalkan, saya {name}.
    Saya {name}, [peserta kelas|salah satu peserta] {joined}.
    Nama saya {name}, {adult_age}, bekerja sebagai [guru|desainer lepas|staf administrasi|pengelola toko daring] di {home}.
    Saya peserta {cohort}.
    Saya {nick} dari {home}.
formal ident
    Data akun saya: {email}, nomor ponsel {phone}.
    Akun saya terdaftar dengan surel {email}.
    Surel: {email}~No. HP: {phone}
    Nomor pesanan saya {order}.
    Sebagai keterangan, ID pengguna saya {user}.
    Bila perlu, saya dapat dihubungi di {phone}.
    Nama terdaftar {name}, lahir {birth}.
formal request
    Mohon [bantuannya|penjelasannya|tindak lanjutnya].
    Mohon dibantu, karena saya [sudah bingung|tidak tahu harus bertanya ke siapa].
    Bagaimana [sebaiknya|langkah selanjutnya]?
    Apakah ada solusi untuk hal ini?
formal closing
    Terima kasih.
    Terima kasih [atas bantuannya|atas perhatiannya|sebelumnya].
    Atas [perhatian dan kerja samanya|bantuannya], saya ucapkan terima kasih.
    Saya tunggu kabarnya.
    Mohon maaf merepotkan, terima kasih.
    {localthanks}
formal sign
    Salam,~{name}
    Hormat saya,~{name}
    {name}~{phone}
    {name}~{home}
    Salam hangat,~{nick}
    Wassalam,~{name}~HP {phone}
    {nick}
    {name} | {handle}
formal solved
    Terima kasih, sudah [bisa|beres|normal kembali]. [Sangat membantu.|Semoga sukses selalu.|]
    Sudah saya coba dan berhasil. Terima kasih atas bantuannya, {staff}.
    Alhamdulillah, sekarang sudah [lancar|bisa]. Terima kasih.
    Terima kasih atas tanggapan yang cepat. [Masalahnya sudah selesai.|]
    Baik, sudah teratasi. Tiketnya boleh ditutup.
formal noted
    Baik, saya mengerti. Terima kasih penjelasannya.
    (wait) Baik, saya tunggu[ kabarnya|].
    Baik, akan saya kabari lagi bila perlu.
    Sudah saya terima informasinya, terima kasih [banyak|{staff}].
    Terima kasih atas penjelasannya. [Untuk sementara cukup jelas.|]
    Noted, terima kasih. Tiketnya boleh ditutup.
    (wait) Terima kasih. Apakah saya akan menerima pemberitahuan lagi?
formal press
    Mohon maaf, apakah sudah ada perkembangan? Saya menulis [sejak|hari] {opened}.
    Sampai hari ini belum ada tanggapan. Mohon perhatiannya.
    Menyambung pesan saya sebelumnya, mohon kabarnya.
    Saya belum menerima balasan apa pun. Bila perlu silakan telepon {phone}.
formal still
    Sudah saya ikuti langkahnya, tetapi hasilnya masih sama.
    Mohon maaf, ternyata belum berhasil. Apakah ada cara lain?
    Sampai sekarang belum ada perubahan di akun saya ({email}).
chat greeting
    halo {dear}
    hai {dear}
    {dear}
    permisi {dear}
    {dear} mau tanya
    mau nanya dong {dear}
    {part} {dear}
    assalamualaikum {dear}
    halo [admin|crosslife|]
    {dear} tolong bantu
    maaf ganggu {dear}
    {localhello} {dear}
chat intro
    aku {nick} kelas {joined}
    aku {nick}[ dari {home}|]
    ini {nick} [peserta {cohort}|yang kemaren chat|]
    saya {name}
    aku {nick}, {adult_age}
chat ident
    emailku {email}
    email {email} hp {phone}
    no hp {phone}
    atas nama {name}
    order {order}
    akun {user}
    {email}
    {name} {birth}
    ig {handle} kalo perlu
chat request
    tolong dibantu ya
    gimana nih
    mohon pencerahannya
    solusinya apa ya
    tolong ya {dear}
    help 😭
    ada solusi?
chat closing
    makasih [ya|sebelumnya|banyak|{dear}|]
    makasih {dear} 🙏
    ditunggu ya
    thanks
    maaf ngerepotin 🙏
    suwun
    {localthanks}
    tq
chat sign
    {nick}
    - {nick}
    {name}
    {nick} {phone}
chat solved
    udah bisa {dear}, makasih [banyak|ya|] [🙏|😊|]
    wah cepet banget, udah beres. makasih {staff} 🙏
    udah kebuka. makasih ya
    mantap udah jalan, [makasih {dear}|lanjut belajar lagi]
    aman {dear}, tadi barusan nyoba udah bisa
    eh iya udah bisa, makasihh
chat noted
    oke {dear} makasih [infonya|]
    oalah gitu toh, siap makasih
    sip
    (wait) okee ditunggu
    oh yaudah deh, makasih infonya ya
    {localthanks} {dear}
    siap {dear}, noted
    (wait) oke berarti aku tunggu kabarnya ya
    makasih {staff}
chat press
    halo?
    {dear}? [masih ada orang gak|kok gak dibales]
    ini gimana ya kelanjutannya, udah dari {opened} loh
    up
    masih nunggu nih
    {dear} jangan di read doang dong 😅
    telepon aja ke {phone} kalo ribet
chat still
    masih sama {dear} 😭
    belum bisa juga, udah dicoba barusan
    tetep gak bisa, aku kirim ulang deh emailku {email}
    kok masih ya, udah ganti browser juga
english greeting
    Hi,
    Hello,
    Hi there,
    Good {part_en},
    Hi team,
    Dear support,
    Hello Crosslife,
english intro
    My name is {name} and I'm taking {joined}.
    I'm {nick}, in {cohort}.
    This is {name}.
    I'm {name}, {adult_age}, a freelancer based in {home}.
english ident
    My account is {email}.
    My number is {phone}.
    The order number is {order}.
    Account: {email}, phone {phone}.
    User ID {user}, if that helps.
    Registered as {name}, born {birth}.
english request
    Can you [help|look into this|check], please?
    What should I do?
    Any idea?
    Would appreciate your help.
english closing
    Thanks!
    Thank you.
    Thanks in advance.
    Looking forward to hearing from you.
english sign
    {name}
    {nick}
    {name}~{phone}
    Best regards,~{name}
    Best,~{nick}
    Cheers,~{nick}
    {nick}~{home}
english solved
    Works now, thanks a lot!
    Great, that did the trick.
    Thanks for the quick reply, {staff}. All good now.
    Just tried again and it's fine. Thank you!
english noted
    Got it, thank you {staff}.
    (wait) Okay, I'll wait then.
    Understood. Thanks for explaining.
    Alright, thanks. You can close this.
english press
    Any update on this?
    I wrote on {opened} and haven't heard back.
    Just checking in, is anybody looking at this?
english still
    Still the same, I'm afraid.
    I followed the steps but nothing changed on {email}.
mixed greeting
    Hi {dear},
    Halo {dear}!
    Excuse me {dear},
    Hello {dear},
    {part} {dear},
mixed intro
    Aku {nick} from {home}.
    I'm {nick}, peserta {cohort}.
    Nama aku {name}.
mixed ident
    Email aku {email} ya.
    My phone {phone}.
    Order number {order}.
    Account-nya {email}, phone {phone}.
mixed request
    Please help ya.
    Bisa di-check gak?
    So gimana dong?
    Mohon info ASAP.
mixed closing
    Thank you ya!
    Thanks {dear} 🙏
    Makasih, appreciate it.
    Ditunggu ya, thanks.
mixed sign
    {nick}
    Regards, {name}
    {name}~{phone}
mixed solved
    Udah works now, thank you {dear}!
    Perfect, udah bisa. Thanks!
mixed noted
    Okay noted, makasih ya {staff}.
    (wait) Oke I'll wait ya.
    Alright, thanks infonya {dear}.
mixed press
    Hi, any update soal ini?
    Still waiting ya {dear}, udah dari {opened}.
mixed still
    Masih same problem {dear}, [udah coba everything|nothing changed].
"""
