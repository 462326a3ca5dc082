"""Who is who, and under which keys: keyring, vault, pseudonyms, timed links.

The only room that holds direct identifiers. Reading files, judging rows and writing the lake do not belong here.
"""
