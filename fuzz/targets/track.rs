//! Tracker and diagnosis, fed by what the decoder makes of any packets.
#![no_main]

#[path = "../subjects.rs"]
mod subjects;

libfuzzer_sys::fuzz_target!(|data: &[u8]| subjects::track(data));
