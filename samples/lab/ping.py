#!/usr/bin/env python3
"""Send one ICMP or ICMPv6 echo request and wait for its answer, a second at most."""

import os
import socket
import struct
import sys


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo_request(kind, own_checksum):
    number = os.getpid() & 0xFFFF
    message = struct.pack("!BBHHH16s", kind, 0, 0, number, 1, b"still listening?")
    if own_checksum:
        message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
    return message


def main():
    address = sys.argv[1]
    if ":" in address:
        sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        request = echo_request(128, own_checksum=False)
    else:
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        request = echo_request(8, own_checksum=True)
    sock.settimeout(1)
    sock.sendto(request, (address, 0))
    try:
        sock.recv(1500)
    except OSError:
        pass


main()
