"""Transactions for regtest without a wallet: coins locked to a script that anyone can satisfy
(P2WSH of OP_TRUE)."""

import hashlib
import struct

WITNESS_SCRIPT = bytes([0x51])
SCRIPT = b"\x00\x20" + hashlib.sha256(WITNESS_SCRIPT).digest()
LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def _checksum(values):
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return check


def address(prefix="bcrt"):
    """The script as a BIP173 address. Core writes regtest as bcrt, bcoin as rb."""
    bits = int.from_bytes(SCRIPT[2:], "big") << 4  # 256 bits filled up to 52 groups of five
    data = [0] + [bits >> 5 * (51 - i) & 31 for i in range(52)]
    head = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _checksum(head + data + [0] * 6) ^ 1
    return prefix + "1" + "".join(LETTERS[v] for v in data + [check >> 5 * (5 - i) & 31 for i in range(6)])


def _size(count):
    return bytes([count]) if count < 253 else b"\xfd" + struct.pack("<H", count)


def transaction(spent_txid, spent_output, amounts_sats):
    """Spends one such coin into coins of these amounts, each locked the same way. Returns (hex, txid)."""
    inputs = (
        b"\x01" + bytes.fromhex(spent_txid)[::-1] + struct.pack("<I", spent_output) + b"\x00" + b"\xff" * 4
    )
    outputs = _size(len(amounts_sats))
    for amount in amounts_sats:
        outputs += struct.pack("<q", amount) + _size(len(SCRIPT)) + SCRIPT
    witness = b"\x01" + _size(len(WITNESS_SCRIPT)) + WITNESS_SCRIPT
    version, lock_time = struct.pack("<i", 2), struct.pack("<I", 0)
    once = hashlib.sha256(version + inputs + outputs + lock_time).digest()
    whole = version + b"\x00\x01" + inputs + outputs + witness + lock_time
    return whole.hex(), hashlib.sha256(once).digest()[::-1].hex()
