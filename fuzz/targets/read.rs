//! The whole way of a file, from bytes to reports. Half of the mutations know what a capture is
//! made of: they change, cut, repeat, swap and shift packets, so that the rooms behind the reader
//! are reached as well.
#![no_main]

#[path = "../capture_mutator.rs"]
mod capture_mutator;
#[path = "../subjects.rs"]
mod subjects;

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % 2 == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    let mutated = capture_mutator::mutated(&data[..size], seed);
    let length = mutated.len().min(max_size).min(data.len());
    data[..length].copy_from_slice(&mutated[..length]);
    length
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| subjects::read(data));
