//! Capture files in memory.

/// A captured packet: nanoseconds since the epoch, captured bytes, length on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CapturedPacket {
    pub(crate) nanoseconds: u64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) wire_length: usize,
}

/// A pcap file with nanoseconds, little-endian.
pub(crate) fn pcap_file(link_type: u32, packets: &[CapturedPacket]) -> Vec<u8> {
    let mut file = Vec::new();
    for field in [0xa1b2_3c4d, 2 | 4 << 16, 0, 0, 262_144, link_type] {
        file.extend(u32::to_le_bytes(field));
    }
    for packet in packets {
        let seconds = u32::try_from(packet.nanoseconds / 1_000_000_000).unwrap();
        let fraction = u32::try_from(packet.nanoseconds % 1_000_000_000).unwrap();
        let lengths =
            [packet.bytes.len(), packet.wire_length].map(|length| u32::try_from(length).unwrap());
        for field in [seconds, fraction, lengths[0], lengths[1]] {
            file.extend(field.to_le_bytes());
        }
        file.extend(&packet.bytes);
    }
    file
}

/// One block of a pcapng file, in the byte order given.
pub(crate) fn pcapng_block(big_endian: bool, block_type: u32, body: &[u8]) -> Vec<u8> {
    let number = |value: u32| {
        if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let mut padded = body.to_vec();
    padded.resize(body.len().next_multiple_of(4), 0);
    let length = u32::try_from(padded.len() + 12).unwrap();
    [
        &number(block_type)[..],
        &number(length),
        &padded,
        &number(length),
    ]
    .concat()
}

/// A section header block.
pub(crate) fn section_header(big_endian: bool) -> Vec<u8> {
    let body = if big_endian {
        [0x1a2b_3c4d_u32.to_be_bytes(), [0, 1, 0, 0]].concat()
    } else {
        [0x1a2b_3c4d_u32.to_le_bytes(), [1, 0, 0, 0]].concat()
    };
    pcapng_block(big_endian, 0x0a0d_0d0a, &[body, vec![0xff; 8]].concat())
}

/// An interface description block with a time resolution.
pub(crate) fn interface_description(big_endian: bool, link_type: u16, resolution: u8) -> Vec<u8> {
    let short = |value: u16| {
        if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let body = [
        &short(link_type)[..],
        &[0; 6],
        &short(9),
        &short(1),
        &[resolution, 0, 0, 0],
        &[0; 4],
    ]
    .concat();
    pcapng_block(big_endian, 1, &body)
}

/// An enhanced packet block; `units` in the interface's time resolution.
pub(crate) fn enhanced_packet(
    big_endian: bool,
    interface: u32,
    units: u64,
    bytes: &[u8],
) -> Vec<u8> {
    let number = |value: u32| {
        if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let length = u32::try_from(bytes.len()).unwrap();
    let high = u32::try_from(units >> 32).unwrap();
    let low = u32::try_from(units & 0xffff_ffff).unwrap();
    let fields: Vec<u8> = [interface, high, low, length, length]
        .into_iter()
        .flat_map(number)
        .collect();
    pcapng_block(big_endian, 6, &[fields, bytes.to_vec()].concat())
}

/// Options of a pcapng block: code and value each.
pub(crate) fn block_options(options: &[(u16, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (code, value) in options {
        bytes.extend(code.to_le_bytes());
        bytes.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
        bytes.extend(*value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes.extend([0; 4]);
    bytes
}
