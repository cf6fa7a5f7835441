#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| pipe_fuzz::with_text(data, pipe_fuzz::formatter::run));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    pipe_fuzz::mutator::mutate(data, size, max_size, seed, fuzzer_mutate)
});
