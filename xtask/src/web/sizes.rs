//! The page as file hosts send it: compressed copies of the files, and their sizes.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Compressed copies of a file have its name and one of these ends, as servers expect it.
const ENDS: [&str; 2] = ["gz", "br"];

/// Puts a gzip and a brotli copy beside every file in `folder`, and prints the sizes.
pub fn compress(folder: &Path) -> anyhow::Result<()> {
    let (mut files, mut sums) = (Vec::new(), [0; 3]);
    find(folder, &mut files)?;
    println!("{:<24} {:>9} {:>9} {:>9}  bytes", "", "plain", "gzip", "brotli");
    for path in &files {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let copies = [gzip(&bytes)?, brotli(&bytes)?];
        let sizes = [bytes.len(), copies[0].len(), copies[1].len()];
        for (end, copy) in ENDS.iter().zip(copies) {
            let mut name = path.clone().into_os_string();
            name.push(format!(".{end}"));
            fs::write(&name, copy).with_context(|| format!("cannot write {}", name.display()))?;
        }
        for (sum, size) in sums.iter_mut().zip(sizes) {
            *sum += size;
        }
        print_line(&path.strip_prefix(folder)?.display().to_string(), sizes);
    }
    print_line("sum", sums);
    Ok(())
}

fn print_line(name: &str, [plain, gzip, brotli]: [usize; 3]) {
    println!("{name:<24} {plain:>9} {gzip:>9} {brotli:>9}");
}

/// The files in a folder that are not compressed copies.
fn find(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            find(&path, files)?;
        } else if !path.extension().is_some_and(|end| ENDS.iter().any(|ours| end == *ours)) {
            files.push(path);
        }
    }
    Ok(())
}

fn gzip(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?)
}

fn brotli(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let params = BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &params)?;
    Ok(compressed)
}
