//! What kernels say, in their log and in their counters.

use super::{Sign, sign};

/// Lines of the kernel's log.
pub(super) const SIGNS: &[Sign] = &[
    sign(
        "conntrack_full",
        "table full, dropping packet",
        "conntrack has no entry left for a new connection, and drops its SYN",
    ),
    sign(
        "conntrack_full",
        "expectation table full",
        "conntrack has no room for the second connections of FTP, SIP and the like",
    ),
    sign(
        "syn_flooding",
        "possible syn flooding on port",
        "more SYNs wait for their last ACK than the backlog of this listener allows",
    ),
    sign(
        "syn_flooding",
        "sending cookies",
        "answered without keeping state: real clients still get in",
    ),
    sign(
        "syn_flooding",
        "dropping request",
        "cookies are off (net.ipv4.tcp_syncookies = 0): SYNs are dropped, clients see silence",
    ),
    sign(
        "martian_source",
        "martian source",
        "a packet came in by an interface where its source address cannot be, and was dropped",
    ),
    sign(
        "martian_source",
        "martian destination",
        "a packet for an address that cannot be a destination here was dropped",
    ),
    sign(
        "neighbour_table_full",
        "neighbor table overflow",
        "no room for a further neighbour: ARP or neighbour discovery fails for new hosts",
    ),
    sign(
        "neighbour_table_full",
        "neighbour table overflow",
        "no room for a further neighbour: ARP or neighbour discovery fails for new hosts",
    ),
    sign(
        "tcp_memory",
        "tcp: out of memory",
        "TCP has used up net.ipv4.tcp_mem: connections stall, are reset, or do not come about",
    ),
    sign(
        "tcp_memory",
        "too many orphaned sockets",
        "more closed but undelivered connections than net.ipv4.tcp_max_orphans: they are reset",
    ),
    sign(
        "TIME_WAIT",
        "time wait bucket table overflow",
        "more than net.ipv4.tcp_max_tw_buckets: connections leave TIME_WAIT early; connects still \
         work",
    ),
    sign(
        "authentication_option",
        "md5 hash not found",
        "a segment without the MD5 signature that this port expects of that peer: dropped",
    ),
    sign(
        "authentication_option",
        "md5 hash failed",
        "a segment whose MD5 signature is wrong, mostly another password: dropped",
    ),
    sign(
        "authentication_option",
        "unexpected md5 hash found",
        "a segment with an MD5 signature where none is configured: dropped",
    ),
];

/// Counters of `nstat`, `netstat -s` and `conntrack -S`.
pub(super) const COUNTERS: &[Sign] = &[
    sign(
        "conntrack_full",
        "nf_conntrack_drop",
        "packets that connection tracking dropped, as its table was full: drop in conntrack -S",
    ),
    sign(
        "ListenOverflows",
        "listenoverflows",
        "handshakes that found the accept queue full, of all listeners",
    ),
    sign(
        "ListenOverflows",
        "times the listen queue of a socket overflowed",
        "ListenOverflows in netstat -s",
    ),
    sign(
        "ListenOverflows",
        "listendrops",
        "SYNs and last ACKs that a listener dropped, for whatever reason; ListenOverflows are \
         among them",
    ),
    sign(
        "ListenOverflows",
        "syns to listen sockets dropped",
        "ListenDrops in netstat -s",
    ),
    sign(
        "ListenOverflows",
        "syns to listen sockets ignored",
        "ListenDrops in netstat -s",
    ),
    sign(
        "TCPReqQFullDrop",
        "tcpreqqfulldrop",
        "SYNs dropped because the SYN queue was full and cookies are off",
    ),
    sign(
        "TCPReqQFullDrop",
        "tcpreqqfulldocookies",
        "SYNs answered with a cookie because the SYN queue was full",
    ),
    sign(
        "syn_flooding",
        "syncookiessent",
        "SYN-ACKs with a cookie: the SYN queue was full",
    ),
    sign(
        "syn_flooding",
        "syncookiesrecv",
        "cookies that came back valid: real clients among the flood",
    ),
    sign(
        "syn_flooding",
        "syncookiesfailed",
        "ACKs that were no valid cookie",
    ),
    sign(
        "insert_failed",
        "insert_failed",
        "connections that conntrack could not enter: another had the same addresses and ports",
    ),
    sign(
        "conntrack_full",
        "early_drop",
        "entries thrown out of a full table to make room for new connections",
    ),
    sign(
        "martian_source",
        "ipreversepathfilter",
        "packets dropped because the way back to their source leads to another interface",
    ),
    sign(
        "stale_connection",
        "tcpsynchallenge",
        "SYNs for a connection that is still open here: answered with an ACK, not with a SYN-ACK",
    ),
    sign(
        "stale_connection",
        "tcpchallengeack",
        "segments that do not fit an open connection: answered with an ACK",
    ),
    sign(
        "stale_tuple_reuse",
        "pawspassive",
        "SYNs dropped by their timestamp: ports reused behind NAT, by clocks that differ",
    ),
    sign(
        "stale_tuple_reuse",
        "passive connections rejected because of time stamp",
        "PAWSPassive in netstat -s: ports reused behind NAT, by clocks that differ",
    ),
    sign(
        "authentication_option",
        "tcpmd5notfound",
        "segments without the MD5 signature that was expected: dropped",
    ),
    sign(
        "authentication_option",
        "tcpmd5unexpected",
        "segments with an MD5 signature that was not expected: dropped",
    ),
    sign(
        "authentication_option",
        "tcpmd5failure",
        "segments whose MD5 signature was wrong: dropped",
    ),
    sign(
        "syn_flooding",
        "syn cookies sent",
        "SyncookiesSent in netstat -s: SYN-ACKs with a cookie, the SYN queue was full",
    ),
    sign(
        "syn_flooding",
        "syn cookies received",
        "SyncookiesRecv in netstat -s: cookies that came back valid",
    ),
    sign(
        "syn_flooding",
        "invalid syn cookies received",
        "SyncookiesFailed in netstat -s: ACKs that were no valid cookie",
    ),
    sign(
        "half_open",
        "resets received for embryonic syn_recv sockets",
        "EmbryonicRsts in netstat -s: RSTs that came where the last ACK was awaited",
    ),
    sign(
        "connect_failed",
        "tcpattemptfails",
        "connects that ended before they were established, outgoing and incoming, for any reason",
    ),
    sign(
        "connect_failed",
        "failed connection attempts",
        "AttemptFails in netstat -s: outgoing and incoming, for any reason",
    ),
    sign(
        "closed_port",
        "tcpoutrsts",
        "RSTs sent: for closed ports, and for much else that is normal",
    ),
    sign(
        "half_open",
        "embryonicrsts",
        "RSTs that came for connections whose last ACK was awaited",
    ),
    sign(
        "dropped",
        "tcpsynretrans",
        "SYNs and SYN-ACKs that had to be repeated",
    ),
    sign(
        "ENETUNREACH",
        "ipoutnoroutes",
        "packets that this host had no route for, answers to clients among them",
    ),
    sign(
        "TIME_WAIT",
        "tcptimewaitoverflow",
        "connections that left TIME_WAIT early, as there were too many",
    ),
];
