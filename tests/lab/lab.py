#!/usr/bin/env python3
"""The programs of the laboratory: clients, servers, and what answers or forwards frames by hand."""

import argparse
import collections
import errno
import ipaddress
import os
import random
import select
import socket
import struct
import threading
import time

MSG_FASTOPEN = 0x20000000
TCP_FASTOPEN = 23
TCP_MD5SIG = 14
ETH_P_ALL = 0x0003
NO_PROTOCOL = 0x88B5  # for local experiments
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10


# ------------------------------------------------------------------- clients


def endpoint(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def note(name, result, then, client, server):
    """One line for each connect: name, what connect() returned, the error that followed, client, server."""
    line = "\t".join([name, result, then or "-", endpoint(*client[:2]), endpoint(*server[:2])]) + "\n"
    with open(os.environ["LAB_CONNECTS"], "a", encoding="ascii") as connects:
        connects.write(line)


def error_name(error):
    return errno.errorcode.get(error.errno, "gave_up")


class Client:
    """Opens connections and writes down what connect() returned."""

    def __init__(self, options):
        self.options = options
        self.family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
        self.held = []

    def new_socket(self, number):
        options = self.options
        sock = socket.socket(self.family, socket.SOCK_STREAM)
        if options.source_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        source = options.source[number % len(options.source)] if options.source else ""
        sock.bind((source, options.source_port))  # so that the port is known even if connect() sends nothing
        if options.tos is not None and self.family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, options.tos)
        if options.tos is not None and self.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, options.tos)
        if options.md5:
            sock.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, md5_signature(options.address, options.md5))
        if options.abort:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.settimeout(options.wait)
        return sock

    def source_address(self, sock):
        """Where the connect comes from: a probe tells what the routing table chose, as a failed socket forgets it."""
        own = sock.getsockname()
        if own[0] not in ("0.0.0.0", "::"):
            return own
        probe = socket.socket(self.family, socket.SOCK_DGRAM)
        try:
            probe.connect((self.options.address, 9))
            return (probe.getsockname()[0], own[1])
        except OSError:
            return own
        finally:
            probe.close()

    def attempt(self, number):
        options = self.options
        target = (options.address, options.port)
        sock = self.new_socket(number)
        client, then = self.source_address(sock), None
        try:
            if options.fast_open:
                sock.sendto(options.fast_open.encode(), MSG_FASTOPEN, target)
            else:
                sock.connect(target)
            result = "success"
        except OSError as error:
            result = error_name(error)
        if result == "success":
            then = self.talk(sock)
        else:
            sock.close()
        note(f"{options.name}-{number + 1}" if options.numbered else options.name, result, then, client, target)

    def talk(self, sock):
        options, then = self.options, None
        try:
            if options.say:
                sock.sendall(options.say.encode())
                if not options.read:
                    sock.shutdown(socket.SHUT_WR)
            while (options.say or options.read) and sock.recv(4096):
                pass
        except OSError as error:
            then = error_name(error)
        if options.hold:
            self.held.append(sock)
        else:
            sock.close()
        return then

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
        while self.options.hold:
            time.sleep(3600)


def md5_signature(address, key):
    peer = struct.pack("=H2x4s120x", socket.AF_INET, socket.inet_aton(address))
    return peer + struct.pack("=BBHi80s", 0, 0, len(key), 0, key.encode())


def simultaneous(options):
    """Connect to a peer that does the same, when the clock (in seconds) says so."""
    sock = socket.socket(socket.AF_INET6 if ":" in options.address else socket.AF_INET, socket.SOCK_STREAM)
    sock.bind((options.source, options.source_port))
    sock.settimeout(5)
    time.sleep(max(0, options.when - time.time()))
    try:
        sock.connect((options.address, options.port))
        result = "success"
    except OSError as error:
        result = error_name(error)
    note(options.name, result, None, (options.source, options.source_port), (options.address, options.port))
    time.sleep(1)


def send_syns(options):
    """Send bare SYNs, made by hand, from addresses of which some do not exist."""
    source, address = ipaddress.ip_address(options.source), ipaddress.ip_address(options.address)
    family = socket.AF_INET6 if source.version == 6 else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for number in range(options.count):
        ends = (source + number, options.source_port or random.randint(32768, 60999)), (address, options.port)
        isn = random.getrandbits(32) if options.isn is None else options.isn
        sock.sendto(ip_packet(*ends, tcp_segment(*ends, isn, 0, SYN, options=struct.pack("!BBH", 2, 4, 1460))),
                    (options.address, 0))
        note(options.name, "sent", None, *[(str(ip), port) for ip, port in ends])
        time.sleep(options.every)


# ------------------------------------------------------------------- servers


def listener(options, port):
    family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if options.fast_open:
        sock.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 16)
    if options.defer:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, options.defer)
    if options.md5:
        sock.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, md5_signature(options.md5_peer, options.md5))
    sock.bind((options.address, port))
    sock.listen(options.backlog)
    return sock


def serve_connection(connection, then):
    try:
        if then == "greet":
            connection.sendall(b"hello\n")
            while connection.recv(4096):
                pass
        elif then == "finish":  # closes first, after a greeting
            connection.sendall(b"hello\n")
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass
        elif then == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif then == "leave-unread":
            select.select([connection], [], [], 5)
        elif then == "alert":  # as TLS does with a hello that it cannot take: fatal, handshake_failure
            connection.recv(4096)
            connection.sendall(b"\x15\x03\x03\x00\x02\x02\x28")
        elif then == "hang-up":  # hears the client out and closes without a word
            connection.recv(4096)
    except OSError:
        pass
    connection.close()


def serve_listener(sock, then):
    held = []
    while then != "ignore":
        connection, _ = sock.accept()
        if then == "hold":
            held.append(connection)
        elif then in ("close", "reset"):
            serve_connection(connection, then)
        else:
            threading.Thread(target=serve_connection, args=(connection, then), daemon=True).start()


def serve(options):
    socks = [listener(options, port) for port in options.port]
    for sock in socks:
        threading.Thread(target=serve_listener, args=(sock, options.then), daemon=True).start()
    ready()


def ready():
    print("ready", flush=True)
    while True:
        time.sleep(3600)


# ------------------------------------------------------------ frames by hand


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo_header(source, target, protocol, length):
    if source.version == 6:
        return source.packed + target.packed + struct.pack("!IHBB", length, 0, 0, protocol)
    return source.packed + target.packed + struct.pack("!BBH", 0, protocol, length)


def tcp_segment(source, target, seq, ack, flags, window=64240, options=b""):
    def header(check):
        return struct.pack("!HHIIBBHHH", source[1], target[1], seq % 2**32, ack % 2**32, (5 + len(options) // 4) << 4, flags,
                           window, check, 0) + options

    whole = header(0)
    return header(checksum(pseudo_header(source[0], target[0], socket.IPPROTO_TCP, len(whole)) + whole))


def ip_packet(source, target, payload, protocol=socket.IPPROTO_TCP, ttl=64):
    if source[0].version == 6:
        return struct.pack("!IHBB", 6 << 28, len(payload), protocol, ttl) + source[0].packed + target[0].packed + payload

    identification = random.getrandbits(16)

    def header(check):
        return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), identification, 0x4000, ttl, protocol, check,
                           source[0].packed, target[0].packed)

    return header(checksum(header(0))) + payload


Syn = collections.namedtuple("Syn", "client server isn packet")


def syn_in(frame):
    """The SYN in an Ethernet frame, if it is one."""
    kind, packet = struct.unpack("!H", frame[12:14])[0], frame[14:]
    if kind == 0x0800 and packet[9] == socket.IPPROTO_TCP:
        start, addresses = (packet[0] & 15) * 4, (packet[12:16], packet[16:20])
    elif kind == 0x86DD and packet[6] == socket.IPPROTO_TCP:
        start, addresses = 40, (packet[8:24], packet[24:40])
    else:
        return None
    source_port, port, isn, _, _, flags = struct.unpack("!HHIIBB", packet[start:start + 14])
    if flags & (SYN | ACK | RST) != SYN:
        return None
    client, server = (ipaddress.ip_address(address) for address in addresses)
    return Syn((client, source_port), (server, port), isn, packet)


def icmp_error(syn, kind, code, rest=0, quoted=None):
    """An ICMP error about the SYN, in the server's name."""
    quoted = quoted or syn.packet
    version6 = syn.client[0].version == 6
    protocol = socket.IPPROTO_ICMPV6 if version6 else socket.IPPROTO_ICMP

    def message(check):
        return struct.pack("!BBHI", kind, code, check, rest) + quoted

    pseudo = pseudo_header(syn.server[0], syn.client[0], protocol, len(message(0))) if version6 else b""
    return ip_packet(syn.server, syn.client, message(checksum(pseudo + message(0))), protocol)


def other_number(packet):
    """The same SYN with another sequence number, as quoted by who mixes things up."""
    start = 40 if packet[0] >> 4 == 6 else (packet[0] & 15) * 4
    return packet[:start + 4] + b"\x01\x02\x03\x04" + packet[start + 8:]


def segment_size(packet):
    """The maximum segment size that a SYN of Linux asks for: its first option."""
    start = 40 if packet[0] >> 4 == 6 else (packet[0] & 15) * 4
    return struct.unpack("!H", packet[start + 22:start + 24])[0]


def crafted_answer(kind, syn):
    back = syn.server, syn.client
    version6 = syn.client[0].version == 6
    if kind == "rst-without-ack":
        return ip_packet(*back, tcp_segment(*back, 0, 0, RST, 0))
    if kind == "rst-ack-of-0":
        return ip_packet(*back, tcp_segment(*back, 0, 0, RST | ACK, 0))
    if kind == "rst-ack-of-isn":
        return ip_packet(*back, tcp_segment(*back, 0, syn.isn, RST | ACK, 0))
    if kind == "syn-ack-of-another":
        return ip_packet(*back, tcp_segment(*back, 77, syn.isn + 1000, SYN | ACK))
    if kind == "packet-too-big":
        return icmp_error(syn, 2, 0, 1300) if version6 else icmp_error(syn, 3, 4, 1300)
    if kind == "packet-too-big-above-1300":
        return crafted_answer("packet-too-big", syn) if segment_size(syn.packet) > 1300 else None
    if kind == "source-quench":
        return icmp_error(syn, 4, 0)
    if kind == "port-unreachable-of-another":
        return icmp_error(syn, *((1, 4) if version6 else (3, 3)), quoted=other_number(syn.packet))
    raise ValueError(kind)


def open_interface(name):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.bind((name, 0))
    return sock


def frame_back(frame, packet):
    return frame[6:12] + frame[:6] + frame[12:14] + packet


def respond(options):
    kinds = {int(port): kind for port, kind in (answer.split("=") for answer in options.answer)}
    sock = open_interface("eth0")
    print("ready", flush=True)
    while True:
        frame, address = sock.recvfrom(65535)
        syn = syn_in(frame) if address[2] != socket.PACKET_OUTGOING else None
        if syn and syn.server[1] in kinds:
            answer = crafted_answer(kinds[syn.server[1]], syn)
            if answer:
                sock.send(frame_back(frame, answer))


def shift_of(port):
    """By how much the numbers of a client with this port are moved."""
    return port * 1000003 % 2**32


def with_other_numbers(frame, from_client):
    """What a firewall makes of a segment (IPv4) that gives clients sequence numbers of its own choice."""
    if frame[12:14] != b"\x08\x00" or frame[14 + 9] != socket.IPPROTO_TCP:
        return frame
    header, length = (frame[14] & 15) * 4, struct.unpack("!H", frame[16:18])[0]
    start = 14 + header
    segment = bytearray(frame[start:14 + length])
    source_port, port, seq, ack = struct.unpack("!HHII", segment[:12])
    shift = shift_of(source_port if from_client else port)
    if from_client:
        seq = (seq + shift) % 2**32
    elif segment[13] & ACK:
        ack = (ack - shift) % 2**32
    segment[4:12] = struct.pack("!II", seq, ack)
    segment[16:18] = b"\0\0"
    addresses = [ipaddress.ip_address(frame[at:at + 4]) for at in (26, 30)]
    whole = pseudo_header(*addresses, socket.IPPROTO_TCP, len(segment)) + segment
    segment[16:18] = struct.pack("!H", checksum(whole))
    return frame[:start] + bytes(segment) + frame[14 + length:]


def relay(options):
    """Takes connections and asks the target for each, when it has taken it."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((options.address, options.port))
    sock.listen(64)
    threading.Thread(target=take_connections, args=(sock, (options.target, options.target_port)), daemon=True).start()
    ready()


def take_connections(sock, target):
    while True:
        connection, _ = sock.accept()
        threading.Thread(target=pass_on, args=(connection, target), daemon=True).start()


def pass_on(connection, target):
    try:
        beyond = socket.create_connection(target)
    except OSError:
        connection.close()
        return
    threading.Thread(target=copy, args=(beyond, connection), daemon=True).start()
    copy(connection, beyond)


def copy(source, target):
    try:
        while data := source.recv(4096):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def wire(options):
    """Every frame goes on to the other side after a delay; some SYNs are answered by a RST at once, too."""
    left, right = open_interface("eth0"), open_interface("eth1")
    waiting = collections.deque()  # (when, where to, frame), oldest first
    print("ready", flush=True)
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for sock in select.select([left, right], [], [], timeout)[0]:
            frame, address = sock.recvfrom(65535)
            if address[2] == socket.PACKET_OUTGOING or frame[12:14] == struct.pack("!H", NO_PROTOCOL):
                continue
            passed = with_other_numbers(frame, sock is left) if options.rewrite else frame
            waiting.append((time.monotonic() + options.delay, right if sock is left else left, passed))
            syn = syn_in(frame) if options.inject else None
            if syn and syn.server[1] == options.inject:
                back = syn.server, syn.client
                reset = ip_packet(*back, tcp_segment(*back, 0, syn.isn + 1, RST | ACK, 0), ttl=57)
                sock.send(frame_back(frame, reset))
        while waiting and waiting[0][0] <= time.monotonic():
            _, there, frame = waiting.popleft()
            there.send(frame)


def tick(_options):
    for _, name in socket.if_nameindex():
        if name.startswith("eth"):
            frame = b"\xff" * 6 + b"\x02\0\0\0\0\x99" + struct.pack("!H", NO_PROTOCOL) + b"time passes".ljust(46)
            open_interface(name).send(frame)


# ----------------------------------------------------------------- arguments


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    programs = parser.add_subparsers(required=True)

    connect = programs.add_parser("connect")
    connect.set_defaults(run=lambda options: Client(options).run())
    connect.add_argument("name")
    connect.add_argument("address")
    connect.add_argument("port", type=int)
    connect.add_argument("--source", action="append", default=[], help="own address; several take turns")
    connect.add_argument("--source-port", type=int, default=0)
    connect.add_argument("--wait", type=float, help="give up after so many seconds; without it, the kernel decides")
    connect.add_argument("--tos", type=lambda text: int(text, 0), help="IP_TOS or IPV6_TCLASS")
    connect.add_argument("--md5", help="sign with this key (TCP-MD5); IPv4 only")
    connect.add_argument("--fast-open", help="send this text with the SYN")
    connect.add_argument("--say", help="when connected: send this text, end, read the answer")
    connect.add_argument("--read", action="store_true", help="when connected: do not end before the server does")
    connect.add_argument("--abort", action="store_true", help="close with a RST")
    connect.add_argument("--hold", action="store_true", help="keep the connections open")
    connect.add_argument("--count", type=int, default=1)
    connect.add_argument("--numbered", action="store_true", help="name them NAME-1, NAME-2 ...")
    connect.add_argument("--every", type=float, default=0, help="seconds between connects")
    connect.add_argument("--together", action="store_true", help="do not wait for one to end before the next begins")

    both = programs.add_parser("simultaneous")
    both.set_defaults(run=simultaneous)
    both.add_argument("name")
    both.add_argument("source")
    both.add_argument("source_port", type=int)
    both.add_argument("address")
    both.add_argument("port", type=int)
    both.add_argument("when", type=float)

    syn = programs.add_parser("syn")
    syn.set_defaults(run=send_syns)
    syn.add_argument("name")
    syn.add_argument("address")
    syn.add_argument("port", type=int)
    syn.add_argument("--source", required=True, help="the first source address; the others follow it")
    syn.add_argument("--source-port", type=int, default=0)
    syn.add_argument("--isn", type=int)
    syn.add_argument("--count", type=int, default=1)
    syn.add_argument("--every", type=float, default=0.02)

    server = programs.add_parser("serve")
    server.set_defaults(run=serve)
    server.add_argument("address")
    server.add_argument("port", type=int, nargs="+")
    server.add_argument("--backlog", type=int, default=64)
    server.add_argument("--fast-open", action="store_true")
    server.add_argument("--defer", type=int, help="TCP_DEFER_ACCEPT")
    server.add_argument("--md5", help="take signed SYNs only")
    server.add_argument("--md5-peer")
    server.add_argument("--then", default="greet", help="what to do with a connection",
                        choices=["greet", "finish", "close", "reset", "leave-unread", "alert", "hang-up", "hold",
                                 "ignore"])

    responder = programs.add_parser("respond")
    responder.set_defaults(run=respond)
    responder.add_argument("answer", nargs="+", help="PORT=KIND")

    between = programs.add_parser("wire")
    between.set_defaults(run=wire)
    between.add_argument("delay", type=float)
    between.add_argument("--inject", type=int, help="answer SYNs to this port with a RST")
    between.add_argument("--rewrite", action="store_true", help="give clients other sequence numbers (IPv4)")

    proxy = programs.add_parser("relay")
    proxy.set_defaults(run=relay)
    proxy.add_argument("address")
    proxy.add_argument("port", type=int)
    proxy.add_argument("target")
    proxy.add_argument("target_port", type=int)

    programs.add_parser("tick").set_defaults(run=tick)
    return parser.parse_args()


def main():
    options = arguments()
    options.run(options)


main()
