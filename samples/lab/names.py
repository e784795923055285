#!/usr/bin/env python3
"""The smallest DNS: `names.py serve OWN-ADDRESS NAME ADDRESS` answers, `names.py ask SERVER NAME` asks."""

import random
import socket
import struct
import sys

TYPE_A, CLASS_IN = 1, 1
RECURSION_DESIRED, ANSWER = 0x0100, 0x8180


def encoded(name):
    labels = name.encode().split(b".")
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def question(name):
    return encoded(name) + struct.pack("!HH", TYPE_A, CLASS_IN)


def query(number, name):
    return struct.pack("!6H", number, RECURSION_DESIRED, 1, 0, 0, 0) + question(name)


def reply(number, name, address):
    header = struct.pack("!6H", number, ANSWER, 1, 1, 0, 0)
    record = struct.pack("!HHHIH", 0xC00C, TYPE_A, CLASS_IN, 300, 4) + socket.inet_aton(address)
    return header + question(name) + record


def serve(own_address, name, address):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((own_address, 53))
    print("ready", flush=True)
    while True:
        request, peer = sock.recvfrom(512)
        sock.sendto(reply(struct.unpack("!H", request[:2])[0], name, address), peer)


def ask(server, name):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(2)
    sock.sendto(query(random.getrandbits(16), name), (server, 53))
    sock.recv(512)


{"serve": serve, "ask": ask}[sys.argv[1]](*sys.argv[2:])
