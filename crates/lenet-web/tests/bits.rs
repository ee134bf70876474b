//! The portable kernels compute the bits of the module in a browser: `cargo xtask web --check` compares those of Node
//! with the same file.

use lenet_web::engine::fingerprint;

#[test]
fn the_portable_kernels_give_the_stored_hashes() {
    assert!(lenet_backend::use_portable_kernels(), "no other kernels have computed before");
    assert!(lenet_backend::kernels().starts_with("portable"), "{}", lenet_backend::kernels());
    let lines: Vec<String> =
        fingerprint().unwrap().into_iter().map(|(name, hash)| format!("{hash}  {name}")).collect();
    let stored: Vec<&str> = include_str!("fingerprint.txt").lines().collect();
    assert_eq!(lines, stored);
}
