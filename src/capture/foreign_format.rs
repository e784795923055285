//! What a file is that is no pcap and no pcapng, as far as its first bytes tell.

use std::path::Path;

/// How many bytes the longest signature here needs.
pub(super) const SIGNATURE_LENGTH: usize = 16;

struct ForeignFormat {
    signature: &'static [u8],
    name: &'static str,
    remedy: Remedy,
}

#[derive(Clone, Copy)]
enum Remedy {
    /// A command that writes the decompressed bytes to standard output.
    Decompress(&'static str),
    /// Wireshark's `editcap` reads it.
    Editcap,
}

const FOREIGN_FORMATS: &[ForeignFormat] = &[
    ForeignFormat {
        signature: b"\x1f\x8b",
        name: "gzip data",
        remedy: Remedy::Decompress("gzip -dc"),
    },
    ForeignFormat {
        signature: b"\x28\xb5\x2f\xfd",
        name: "zstd data",
        remedy: Remedy::Decompress("zstd -dc"),
    },
    ForeignFormat {
        signature: b"\x04\x22\x4d\x18",
        name: "lz4 data",
        remedy: Remedy::Decompress("lz4 -dc"),
    },
    ForeignFormat {
        signature: b"\xfd7zXZ\0",
        name: "xz data",
        remedy: Remedy::Decompress("xz -dc"),
    },
    ForeignFormat {
        signature: b"BZh",
        name: "bzip2 data",
        remedy: Remedy::Decompress("bzip2 -dc"),
    },
    ForeignFormat {
        signature: b"PK\x03\x04",
        name: "a zip archive",
        remedy: Remedy::Decompress("unzip -p"),
    },
    ForeignFormat {
        signature: b"snoop\0\0\0",
        name: "a snoop capture",
        remedy: Remedy::Editcap,
    },
    ForeignFormat {
        signature: b"GMBU",
        name: "a Network Monitor capture",
        remedy: Remedy::Editcap,
    },
    ForeignFormat {
        signature: b"RTSS",
        name: "a Network Monitor capture",
        remedy: Remedy::Editcap,
    },
    ForeignFormat {
        signature: b"TRSNIFF data    \x1a",
        name: "a Sniffer capture",
        remedy: Remedy::Editcap,
    },
];

/// What the file is, and what to do with it.
pub(super) fn describe(first: &[u8], path: &Path) -> (String, Option<String>) {
    let Some(format) = FOREIGN_FORMATS
        .iter()
        .find(|format| first.starts_with(format.signature))
    else {
        return (
            "no capture file: it starts like neither pcap nor pcapng".to_owned(),
            None,
        );
    };
    let path = path.display();
    let hint = match format.remedy {
        Remedy::Decompress(command) => format!("{command} {path} | tcpwhy read -"),
        Remedy::Editcap => {
            format!("editcap {path} converted.pcapng && tcpwhy read converted.pcapng")
        }
    };
    (
        format!("{}, no capture that can be read as it is", format.name),
        Some(hint),
    )
}
