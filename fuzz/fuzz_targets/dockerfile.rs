#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| pipe_fuzz::with_text(data, pipe_fuzz::dockerfile::run));
