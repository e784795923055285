//! The system's errors about what has run out on the host itself.

use super::checks::{APPLICATION_LOG, LOCAL_PORTS};
use super::{apart, said};
use crate::diagnosis::knowledge::{Check, Kind, Numbers, Page, Sayings};

const DESCRIPTORS: Check = Check {
    on: "the host of the program that says it",
    run: Some("ls /proc/PID/fd | wc -l; grep 'open files' /proc/PID/limits"),
    tells: "as many descriptors as the limit allows: raise it (LimitNOFILE in the unit of \
        systemd), and look for what is never closed",
};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "EMFILE",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(24),
            macos: Some(24),
            windows: Some(10_024),
        }),
        title: "too many open files: no descriptor for a socket",
        on_the_wire: "of a client: nothing, no SYN is sent. Of a server: handshakes complete, and \
            nobody accepts; once the accept queue is full, SYNs go unanswered.",
        brought_about_by: &[
            "connections or files that are never closed (look for CLOSE_WAIT)",
            "a limit of 1024 for a program with many connections",
            "a client that opens a connection for each request, without a pool",
        ],
        told_apart: &[
            apart("ENFILE", "there the whole system has none left"),
            apart("EADDRNOTAVAIL", "there local ports are used up"),
            apart("accept_queue_full", "what clients of such a server see"),
        ],
        check: &[
            DESCRIPTORS,
            Check {
                on: "the host of the program that says it",
                run: Some("ss -tanp | grep pid=PID | awk '{print $1}' | sort | uniq -c"),
                tells: "in which states its connections are: CLOSE-WAIT are not closed by the \
                    program itself",
            },
            APPLICATION_LOG,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said("Linux, macOS", "Too many open files"),
                said("Windows", "WSAEMFILE, 10024"),
                said("Java", "java.net.SocketException: Too many open files"),
                said("Python", "OSError: [Errno 24] Too many open files"),
                said(
                    "Go",
                    "dial tcp ...: socket: too many open files; accept4: ...",
                ),
                said("Node.js", "EMFILE: too many open files"),
                said("nginx", "accept4() failed (24: Too many open files)"),
                said("Rust", "Too many open files (os error 24)"),
            ],
        }],
        shown_by: "tcpwhy read FILE --server SERVER:PORT",
        see_also: &["accept_queue_full", "CLOSE_WAIT", "ENFILE", "overload"],
    },
    Page {
        term: "ENFILE",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(23),
            macos: Some(23),
            windows: None,
        }),
        title: "too many open files in the whole system",
        on_the_wire: "as EMFILE, for all programs of the host.",
        brought_about_by: &[
            "fs.file-max reached: one program that leaks, or many containers on one host",
        ],
        told_apart: &[apart("EMFILE", "there one program reached its own limit")],
        check: &[
            Check {
                on: "the host of the program that says it",
                run: Some("sysctl fs.file-nr fs.file-max"),
                tells: "the first number at the last: the system has none left",
            },
            DESCRIPTORS,
        ],
        applications: &[Sayings {
            when: "",
            says: &[said("Linux, macOS", "Too many open files in system")],
        }],
        shown_by: "tcpwhy read FILE --outcome failed",
        see_also: &["EMFILE", "accept_queue_full"],
    },
    Page {
        term: "EAGAIN",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(11),
            // 35 and 10035 are better known as something else: see EINPROGRESS, and curl's 35.
            macos: None,
            windows: None,
        }),
        title: "resource temporarily unavailable: not yet",
        on_the_wire: "of read or write on a socket with a time limit (SO_RCVTIMEO): connected, and \
            no answer in that time. Of connect(): for TCP nothing, no local port was found; for a \
            Unix socket a full backlog.",
        brought_about_by: &[
            "an answer that takes longer than the program's own limit",
            "a socket that does not block, asked too early: no error, the program should wait",
            "connect() to a Unix socket whose listener does not keep up",
            "connect() without a free local port to that server",
        ],
        told_apart: &[
            apart(
                "EINPROGRESS",
                "what connect() says that does not block: it goes on",
            ),
            apart("read_timeout", "the same by a program's own timer"),
            apart(
                "EADDRNOTAVAIL",
                "what most calls say when local ports are used up",
            ),
        ],
        check: &[APPLICATION_LOG, LOCAL_PORTS],
        applications: &[Sayings {
            when: "",
            says: &[
                said("Linux", "Resource temporarily unavailable"),
                said(
                    "nginx",
                    "connect() to unix:... failed (11: Resource temporarily unavailable)",
                ),
                said("Rust", "Resource temporarily unavailable (os error 11)"),
                said("Windows", "WSAEWOULDBLOCK (10035)"),
            ],
        }],
        shown_by: "tcpwhy read FILE --server SERVER:PORT",
        see_also: &[
            "read_timeout",
            "EINPROGRESS",
            "unix_socket",
            "EADDRNOTAVAIL",
        ],
    },
];
