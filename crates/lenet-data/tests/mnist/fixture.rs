//! A set of four tiny files, made rather than stored.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use lenet_data::mnist::{FILE_NAMES, Source};
use lenet_data::{DigitSet, Error};
use sha2::{Digest, Sha256};

pub const SIDE: u32 = 16;

/// The four files, decompressed: 9 digits to train on and 4 to test on.
pub fn tiny_files() -> [Vec<u8>; 4] {
    let labels = |n: u32| (0..n).map(|i| (i % 10) as u8).collect::<Vec<u8>>();
    [
        encode(&[9, SIDE, SIDE], &noise(9 * SIDE * SIDE)),
        encode(&[9], &labels(9)),
        encode(&[4, SIDE, SIDE], &noise(4 * SIDE * SIDE)),
        encode(&[4], &labels(4)),
    ]
}

/// The tiny files as a published set.
pub fn tiny_source(mirrors: &[String]) -> Source {
    let hex = |bytes: Vec<u8>| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Source::new(mirrors.to_vec(), tiny_files().map(hex))
}

/// Stores the tiny files in `folder` under their plain names, all but those in `absent`.
pub fn store_tiny_files(folder: &Path, absent: &[&str]) {
    for (name, bytes) in FILE_NAMES.iter().zip(tiny_files()) {
        if !absent.contains(name) {
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
}

/// An IDX file of unsigned bytes.
pub fn encode(sizes: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(data);
    bytes
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Bytes that hardly compress, always the same.
fn noise(n: u32) -> Vec<u8> {
    (0..n).map(|i| (i.wrapping_add(1).wrapping_mul(0x9e37_79b1) >> 21) as u8).collect()
}

/// Reads two files as images and labels.
pub fn read(images: &[u8], labels: &[u8]) -> Result<DigitSet, Error> {
    let folder = tempfile::tempdir().unwrap();
    let (images_path, labels_path) = (folder.path().join("images"), folder.path().join("labels"));
    fs::write(&images_path, images).unwrap();
    fs::write(&labels_path, labels).unwrap();
    lenet_data::idx::read(&images_path, &labels_path)
}

/// Where MNIST's `.gz` files are on this machine: `LENET_DATA_DIR`, or `shared/mnist` beside the checkout.
pub fn mnist_folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/mnist");
    let folder = std::env::var_os("LENET_DATA_DIR").map_or_else(beside, PathBuf::from);
    if folder.join(format!("{}.gz", FILE_NAMES[0])).is_file() {
        return Some(folder);
    }
    eprintln!("skipped: no MNIST in {}; name its folder in LENET_DATA_DIR", folder.display());
    None
}
