#!/usr/bin/env python3
"""Open TCP connections and print what connect() returned, and after how long."""

import argparse
import errno
import socket
import struct
import sys
import threading
import time

MSG_FASTOPEN = 0x20000000
TCP_MD5SIG = 14


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("--source", action="append", default=[], help="own address; several take turns")
    parser.add_argument("--source-port", type=int, default=0)
    parser.add_argument("--wait", type=float, help="give up after so many seconds; without it, the kernel decides")
    parser.add_argument("--syn-retries", type=int, help="TCP_SYNCNT")
    parser.add_argument("--tos", type=lambda text: int(text, 0), help="IP_TOS or IPV6_TCLASS")
    parser.add_argument("--md5", help="sign with this key (TCP-MD5); IPv4 only")
    parser.add_argument("--fast-open", help="send this text with the SYN")
    parser.add_argument("--say", help="when connected: send this text, end, read the answer")
    parser.add_argument("--read", action="store_true", help="when connected: do not end before the server does")
    parser.add_argument("--abort", action="store_true", help="close with a RST")
    parser.add_argument("--hold", type=float, default=0, help="keep the connections open so many seconds")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--every", type=float, default=0, help="seconds between connects")
    parser.add_argument("--together", action="store_true", help="all connects at once")
    return parser.parse_args()


def duration(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


class Client:
    def __init__(self, options):
        self.options = options
        self.family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
        self.held = []
        self.results = []

    def new_socket(self, number):
        options = self.options
        sock = socket.socket(self.family, socket.SOCK_STREAM)
        if options.source or options.source_port:
            source = options.source[number % len(options.source)] if options.source else ""
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((source, options.source_port))
        if options.tos is not None and self.family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, options.tos)
        if options.tos is not None and self.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, options.tos)
        if options.syn_retries is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, options.syn_retries)
        if options.md5:
            sock.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, self.signature(options.md5.encode()))
        if options.abort:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.settimeout(options.wait)
        return sock

    def signature(self, key):
        peer = struct.pack("=H2x4s120x", socket.AF_INET, socket.inet_aton(self.options.address))
        return peer + struct.pack("=BBHi80s", 0, 0, len(key), 0, key)

    def connect(self, sock):
        target = (self.options.address, self.options.port)
        if self.options.fast_open:
            sock.sendto(self.options.fast_open.encode(), MSG_FASTOPEN, target)
        else:
            sock.connect(target)

    def attempt(self, number):
        sock = self.new_socket(number)
        began = time.monotonic()
        try:
            self.connect(sock)
            result = "connected"
        except OSError as error:
            result = errno.errorcode.get(error.errno, "no answer, gave up")
        self.results.append((result, time.monotonic() - began))
        if result == "connected":
            self.talk(sock)
        else:
            sock.close()

    def talk(self, sock):
        began = time.monotonic()
        try:
            if self.options.say:
                sock.sendall(self.options.say.encode())
                if not self.options.read:
                    sock.shutdown(socket.SHUT_WR)
            while (self.options.say or self.options.read) and sock.recv(4096):
                pass
        except OSError as error:
            self.results.append(("then " + errno.errorcode.get(error.errno, "silence"), time.monotonic() - began))
        if self.options.hold:
            self.held.append(sock)
        else:
            sock.close()

    def run(self):
        threads = []
        for number in range(self.options.count):
            began = time.monotonic()
            if self.options.together:
                threads.append(threading.Thread(target=self.attempt, args=(number,)))
                threads[-1].start()
            else:
                self.attempt(number)
            time.sleep(max(0, began + self.options.every - time.monotonic()))
        for thread in threads:
            thread.join()

    def report(self):
        address = f"[{self.options.address}]" if self.family == socket.AF_INET6 else self.options.address
        for result in sorted({name for name, _ in self.results}):
            seconds = [spent for name, spent in self.results if name == result]
            times = "" if len(seconds) == 1 else f"{len(seconds)} times "
            after = {duration(min(seconds)): None, duration(max(seconds)): None}
            print(f"{address}:{self.options.port} {times}{result} after {' to '.join(after)}")
        sys.stdout.flush()


def main():
    client = Client(arguments())
    client.run()
    client.report()
    time.sleep(client.options.hold)


main()
