#!/usr/bin/env python3
"""Join two network namespaces by a pair of tun devices named tun0, with a delay in each direction.

The devices carry bare IP packets, and last as long as this program runs. Prints "ready" when they are there.
"""

import argparse
import ctypes
import fcntl
import os
import select
import struct
import time

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
CLONE_NEWNET = 0x40000000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("namespace", nargs=2)
    parser.add_argument("--delay", type=float, default=0.01, help="seconds in each direction")
    return parser.parse_args()


def tun_device(namespace):
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{namespace}", "rb") as handle:
        if libc.setns(handle.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN | IFF_NO_PI))
    return device


def relay(left, right, delay):
    waiting = []  # (when, device, packet), oldest first: every packet waits as long as any other
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        readable, _, _ = select.select([left, right], [], [], timeout)
        now = time.monotonic()
        for device in readable:
            packet = os.read(device, 65535)
            waiting.append((now + delay, right if device == left else left, packet))
        while waiting and waiting[0][0] <= now:
            _, device, packet = waiting.pop(0)
            try:
                os.write(device, packet)
            except OSError:
                pass  # the other end is not up yet


def main():
    options = arguments()
    left, right = (tun_device(namespace) for namespace in options.namespace)
    print("ready", flush=True)
    relay(left, right, options.delay)


main()
