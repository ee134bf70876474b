//! Data sets as files, for the tests that start the program.

use std::fs;
use std::path::Path;

use lenet_data::DigitSet;
use lenet_data::mnist::FILE_NAMES;

/// Creates `folder` with a set as the four files of MNIST.
pub fn store(folder: &Path, train: &DigitSet, test: &DigitSet) {
    fs::create_dir(folder).unwrap();
    for (names, set) in FILE_NAMES.chunks_exact(2).zip([train, test]) {
        let sizes = [set.len(), set.height(), set.width()].map(|size| size as u32);
        let pixels: Vec<u8> = (0..set.len()).flat_map(|index| set.image(index)).copied().collect();
        for (name, sizes, bytes) in
            [(names[0], &sizes[..], &pixels[..]), (names[1], &sizes[..1], set.labels())]
        {
            let mut file = vec![0, 0, 8, sizes.len() as u8];
            file.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
            file.extend(bytes);
            fs::write(folder.join(name), file).unwrap();
        }
    }
}
