//! A capture whose names want to be more than text.

use super::frames::SegmentPlan;
use super::pcap::{enhanced_packet, interface_description, pcapng_block, section_header};

/// A pcapng file with one dropped connect each to servers of these names, at 10.0.1.1, 10.0.1.2 and
/// so on.
pub(crate) fn capture_of_names(names: &[&str]) -> Vec<u8> {
    let mut blocks = vec![section_header(false), interface_description(false, 1, 6)];
    let mut records = Vec::new();
    for (number, name) in (1_u8..).zip(names) {
        let plan = SegmentPlan::new(
            ([10, 0, 0, 7], 50_000 + u16::from(number)).into(),
            ([10, 0, 1, number], 5432).into(),
            0x02,
        );
        blocks.push(enhanced_packet(
            false,
            0,
            1_000_000 + u64::from(number),
            &plan.frame(),
        ));
        let value = [&[10, 0, 1, number], name.as_bytes(), &[0]].concat();
        records.extend(1_u16.to_le_bytes());
        records.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
        records.extend(&value);
        records.resize(records.len().next_multiple_of(4), 0);
    }
    let other = SegmentPlan::new(([10, 0, 0, 1], 1).into(), ([10, 0, 0, 2], 2).into(), 0x10);
    blocks.push(enhanced_packet(false, 0, 9_000_000, &other.frame()));
    records.extend([0; 4]);
    blocks.push(pcapng_block(false, 4, &records));
    blocks.concat()
}
