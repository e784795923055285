#!/usr/bin/env python3
"""Two VLAN switches in one process, for kernels without 802.1Q devices.

Frames between the interfaces `left` and `right` travel over the pair `trunk0` - `trunk1`, where they carry the given
tags, the outermost first: 12 (802.1Q) or 100.12 (802.1ad outside, 802.1Q inside). Prints "ready" when it works.
"""

import select
import socket
import struct
import sys

ETH_P_ALL = 0x0003
TAG_TYPES = (0x8100, 0x88A8)
SERVICE_TAG, CUSTOMER_TAG = 0x88A8, 0x8100


def port(name):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.bind((name, 0))
    return sock


def tag_bytes(vlans):
    types = [CUSTOMER_TAG] if len(vlans) == 1 else [SERVICE_TAG, CUSTOMER_TAG]
    return b"".join(struct.pack("!HH", kind, vlan) for kind, vlan in zip(types, vlans))


def tagged(frame, tags):
    return frame[:12] + tags + frame[12:]


def untagged(frame):
    while struct.unpack("!H", frame[12:14])[0] in TAG_TYPES:
        frame = frame[:12] + frame[16:]
    return frame


def main():
    tags = tag_bytes([int(number) for number in sys.argv[1].split(".")])
    left, right, trunk0, trunk1 = (port(name) for name in ("left", "right", "trunk0", "trunk1"))
    exits = {left: trunk0, trunk0: left, right: trunk1, trunk1: right}
    print("ready", flush=True)
    while True:
        for entry in select.select(list(exits), [], [])[0]:
            frame, address = entry.recvfrom(65535)
            if address[2] != socket.PACKET_OUTGOING:
                exits[entry].send(tagged(frame, tags) if entry in (left, right) else untagged(frame))


main()
