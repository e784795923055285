//! Changes to captures that leave them captures: of the packets in a classic pcap file.

/// File header and record header, in bytes.
const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;

/// A small generator of numbers (xorshift): the fuzzer gives the seed, so that a run can be
/// repeated.
struct Numbers(u32);

impl Numbers {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        self.next() as usize % limit.max(1)
    }
}

/// The capture with one to four of its packets changed; anything else comes back with one byte
/// changed.
pub(crate) fn mutated(data: &[u8], seed: u32) -> Vec<u8> {
    let mut numbers = Numbers(seed | 1);
    let Some((header, mut records)) = records(data) else {
        let mut bytes = data.to_vec();
        let position = numbers.below(bytes.len());
        if let Some(byte) = bytes.get_mut(position) {
            *byte ^= 1 << numbers.below(8);
        }
        return bytes;
    };
    for _ in 0..=numbers.below(4) {
        change(&mut records, &mut numbers);
    }
    let mut bytes = header.to_vec();
    for record in records {
        bytes.extend(record);
    }
    bytes
}

/// Header and records of a little-endian pcap file with at least one record.
fn records(data: &[u8]) -> Option<(&[u8], Vec<Vec<u8>>)> {
    let (header, mut rest) = data.split_at_checked(FILE_HEADER)?;
    if !matches!(
        header[..4],
        [0xd4, 0xc3, 0xb2, 0xa1] | [0x4d, 0x3c, 0xb2, 0xa1]
    ) {
        return None;
    }
    let mut records = Vec::new();
    while let Some(length) = rest.get(8..12) {
        let length = u32::from_le_bytes(length.try_into().ok()?) as usize;
        let whole = RECORD_HEADER.checked_add(length)?.min(rest.len());
        let (record, behind) = rest.split_at(whole);
        records.push(record.to_vec());
        rest = behind;
    }
    (!records.is_empty()).then_some((header, records))
}

fn change(records: &mut Vec<Vec<u8>>, numbers: &mut Numbers) {
    let index = numbers.below(records.len());
    let other = numbers.below(records.len());
    match numbers.below(7) {
        0 => records.swap(index, other),
        1 if records.len() > 1 => {
            records.remove(index);
        }
        2 => records.insert(other, records[index].clone()),
        3 => cut(&mut records[index], numbers),
        4 => shift_time(&mut records[index], numbers),
        // The bytes where the headers stand are the ones that matter.
        _ => {
            let record = &mut records[index];
            let position = RECORD_HEADER + numbers.below(80);
            if let Some(byte) = record.get_mut(position) {
                *byte = match numbers.below(3) {
                    0 => *byte ^ (1 << numbers.below(8)),
                    1 => numbers.next().to_le_bytes()[0],
                    _ => byte.wrapping_add(1),
                };
            }
        }
    }
}

/// Less captured of the packet, as by a smaller snap length.
fn cut(record: &mut Vec<u8>, numbers: &mut Numbers) {
    let captured = record.len().saturating_sub(RECORD_HEADER);
    let kept = numbers.below(captured + 1);
    record.truncate(RECORD_HEADER + kept);
    if let (Some(field), Ok(kept)) = (record.get_mut(8..12), u32::try_from(kept)) {
        field.copy_from_slice(&kept.to_le_bytes());
    }
}

/// Up to some seconds earlier or later.
fn shift_time(record: &mut [u8], numbers: &mut Numbers) {
    if let Some(field) = record.get_mut(..4) {
        let seconds = u32::from_le_bytes([field[0], field[1], field[2], field[3]]);
        let shifted = seconds.wrapping_add(numbers.next() % 16).wrapping_sub(8);
        field.copy_from_slice(&shifted.to_le_bytes());
    }
}
