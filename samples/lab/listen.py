#!/usr/bin/env python3
"""Listen on TCP ports; print "ready" when all of them do."""

import argparse
import socket
import struct
import threading
import time

TCP_FASTOPEN = 23


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("port", type=int, nargs="+")
    parser.add_argument("--backlog", type=int, default=64)
    parser.add_argument("--fast-open", action="store_true")
    parser.add_argument("--then", choices=["greet", "reset", "hold", "ignore"], default="greet",
                        help="what to do with a connection: greet it and close when the client does; "
                             "reset it at once; accept it and stay silent; not even accept it")
    return parser.parse_args()


def listener(options, port):
    family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if options.fast_open:
        sock.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 16)
    sock.bind((options.address, port))
    sock.listen(options.backlog)
    return sock


def greet(connection):
    try:
        connection.sendall(b"hello\n")
        while connection.recv(4096):
            pass
    except OSError:
        pass
    connection.close()


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def serve(sock, then):
    held = []
    while then != "ignore":
        connection, _ = sock.accept()
        if then == "greet":
            threading.Thread(target=greet, args=(connection,), daemon=True).start()
        elif then == "reset":
            reset(connection)
        else:
            held.append(connection)


def main():
    options = arguments()
    socks = [listener(options, port) for port in options.port]
    for sock in socks:
        threading.Thread(target=serve, args=(sock, options.then), daemon=True).start()
    print("ready", flush=True)
    while True:
        time.sleep(3600)


main()
