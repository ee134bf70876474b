//! Runs `lenet_fuzz::csv` on the inputs of libFuzzer.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lenet_fuzz::csv(bytes));
