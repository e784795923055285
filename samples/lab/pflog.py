#!/usr/bin/env python3
"""Write records of NFLOG as pf of FreeBSD 14 would have logged the same packets.

The packets stay as they were captured. Of each record only the header is another one: rule, action and direction
follow from the prefix, which is "RULE:ACTION" here, as in "12:block". What is logged without such a prefix is left out.
"""

import argparse
import struct

NFLOG = 239
PFLOG = 117
PAYLOAD, PREFIX = 9, 10
ACTIONS = {"pass": 0, "block": 1}
PF_INET = 2
PF_IN = 1
NONE = 0xFFFFFFFF


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input")
    parser.add_argument("output")
    return parser.parse_args()


def attributes(record):
    place = 4
    while place + 4 <= len(record):
        length, number = struct.unpack_from("<HH", record, place)
        if length < 4:
            break
        yield number, record[place + 4 : place + length]
        place += (length + 3) & ~3


def header(rule, action):
    """struct pfloghdr: 69 bytes, padded to a multiple of four."""
    written = struct.pack(
        ">4B16s16sII", 69, PF_INET, ACTIONS[action], 0, b"em0", b"", rule, NONE
    )
    # User and process of the socket, and of who loaded the rule, in the order of the host; none is known.
    written += struct.pack("<IiIi", NONE, -1, 0, 100000)
    # Direction, padding, the rule's identifier, a reserve.
    written += struct.pack(">BBBBIB", PF_IN, 0, 0, 0, 0, 0)
    assert len(written) == 69
    return written.ljust(72, b"\0")


def main():
    given = arguments()
    with open(given.input, "rb") as stream:
        data = stream.read()
    assert struct.unpack_from("<I", data, 20)[0] == NFLOG, "no capture of NFLOG"
    written = bytearray(data[:20] + struct.pack("<I", PFLOG))
    place = 24
    while place < len(data):
        seconds, fraction, length, _ = struct.unpack_from("<4I", data, place)
        record = data[place + 16 : place + 16 + length]
        place += 16 + length
        values = dict(attributes(record))
        rule, divider, action = values.get(PREFIX, b"").rstrip(b"\0").decode().partition(":")
        if not divider:
            continue
        packet = header(int(rule), action) + values[PAYLOAD]
        written += struct.pack("<4I", seconds, fraction, len(packet), len(packet)) + packet
    with open(given.output, "wb") as stream:
        stream.write(written)


main()
