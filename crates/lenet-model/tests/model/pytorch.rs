//! What can be wrong with a PyTorch file, in an accident or on purpose.

use std::io::{Cursor, Write};

use lenet_model::StateDict;
use lenet_model::weights::{self, Format};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::interop;

/// What is read from these bytes, and every message names the file.
#[track_caller]
fn read(bytes: &[u8]) -> Result<StateDict, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.pt");
    std::fs::write(&path, bytes).unwrap();
    let read = weights::read_state_dict(&path).map_err(|error| {
        let error = error.to_string();
        assert!(error.starts_with(path.to_str().unwrap()), "{error}");
        error
    });
    // Without a file less is read, and nothing else.
    if let (Ok(read), Ok(state)) = (&read, weights::from_bytes(bytes, Format::Pytorch)) {
        assert!(*read == state);
    }
    read
}

/// A pickle of PyTorch's tensors without a file, in which every dictionary is in itself and twice in the next.
#[test]
fn a_pickle_that_goes_in_circles_ends() {
    let dict = |number: u8| [b'}', b'q', number, b'K', 0, b'h', number, b's', b'h', number, b'b'];
    let doubled = |number: u8| {
        [&dict(number)[..], &[b'N', b'h', number - 1, b's', b'N', b'h', number - 1, b's']].concat()
    };
    let circles: Vec<u8> = (1..200).flat_map(doubled).collect();
    let pickle = [&[0x80, 2][..], &dict(0), &circles, b"."].concat();
    assert!(weights::from_bytes(&archive(&pickle, CompressionMethod::Stored), Format::Pytorch).is_err());
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(interop::path(name)).unwrap()
}

/// The layout before PyTorch 1.6 has no checksums, so that a test can write another pickle into it: `new`
/// instead of the first `old` behind `mark`.
fn patched(mark: &str, old: &[u8], new: &[u8]) -> Vec<u8> {
    let bytes = fixture("legacy_half.pth");
    let find = |what: &[u8], from: usize| {
        from + bytes[from..].windows(what.len()).position(|bytes| bytes == what).unwrap()
    };
    let at = find(old, find(mark.as_bytes(), 0));
    [&bytes[..at], new, &bytes[at + old.len()..]].concat()
}

/// `torch.save`'s archive with this pickle in it.
fn archive(pickle: &[u8], compression: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bad/data.pkl", SimpleFileOptions::default().compression_method(compression)).unwrap();
    zip.write_all(pickle).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_file_cut_short_anywhere_is_an_error() {
    for name in interop::PYTORCH {
        let whole = fixture(name);
        let cuts = (0..whole.len()).step_by(997).chain(0..64).chain(whole.len() - 32..whole.len());
        for length in cuts {
            assert!(read(&whole[..length]).is_err(), "{length} bytes of {name}");
        }
    }
}

#[test]
fn a_damaged_archive_is_an_error_or_reads_as_if_it_were_whole() {
    let (whole, expected) = (fixture("bfloat16.pt"), interop::weights());
    let directory = whole.len() - 2000;
    for at in
        (0..directory).step_by(997).chain((0..2000).step_by(13)).chain((directory..whole.len()).step_by(13))
    {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(read(&damaged).map_or(true, |state| state == expected), "byte {at}");
        let from_bytes = weights::from_bytes(&damaged, Format::Pytorch);
        assert!(from_bytes.map_or(true, |state| state == expected), "byte {at}");
    }
}

#[test]
fn damage_that_no_checksum_guards_does_not_panic() {
    let whole = fixture("legacy_half.pth");
    for at in (0..3000).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        let _ = read(&damaged);
    }
}

#[test]
fn other_files_are_refused() {
    for bytes in [&b""[..], b"PK\x03\x04", b"\x80\x02N.", b"hello", &[0x55; 999]] {
        assert!(read(bytes).unwrap_err().contains("not a PyTorch file"));
    }
}

#[test]
fn a_tensor_of_another_network_is_named() {
    let error = read(&patched("fc3.weight", b"fc3.bias", b"fc9.bias")).unwrap_err();
    assert!(error.ends_with("tensor `fc9.bias` does not belong to this network"), "{error}");
}

#[test]
fn a_tensor_of_another_type_is_named() {
    let error = read(&patched("conv1.weight", b"HalfStorage", b"ShortStorage")).unwrap_err();
    assert!(error.contains("tensor `conv1.bias` holds I16, expected F32"), "{error}");
}

/// `K` is a number of one byte, `J` one of four, `\x85` makes a tuple of one.
const TEN_NUMBERS_ONE_APART: &[u8] = b"K\x0a\x85";

#[test]
fn a_tensor_of_another_shape_is_named() {
    let error = read(&patched("fc3.bias", TEN_NUMBERS_ONE_APART, b"K\x05\x85")).unwrap_err();
    assert!(error.ends_with("tensor `fc3.bias` has shape [5], expected [10]"), "{error}");
}

/// Numbers 0 apart are one number; a view of it may claim to be of any size.
#[test]
fn a_tensor_that_claims_to_be_huge_is_refused_by_its_shape() {
    let bytes = patched("fc3.bias", TEN_NUMBERS_ONE_APART, b"J\x00\x00\x00\x40\x85");
    let at = bytes.windows(5).position(|bytes| bytes == b"\x00\x00\x00\x40\x85").unwrap() + 5;
    let stride = at + bytes[at..].windows(3).position(|bytes| bytes == b"K\x01\x85").unwrap();
    let bytes = [&bytes[..stride], b"K\x00\x85", &bytes[stride + 3..]].concat();
    let error = read(&bytes).unwrap_err();
    assert!(error.ends_with("tensor `fc3.bias` has shape [1073741824], expected [10]"), "{error}");
}

/// 16 MB of pickle in 16 KB, of which a reader would make a gigabyte.
#[test]
fn what_is_compressed_is_refused_unseen() {
    let bomb = archive(&vec![b'N'; 16 << 20], CompressionMethod::Deflated);
    assert!(bomb.len() < 20_000);
    let error = read(&bomb).unwrap_err();
    assert!(error.contains("not a PyTorch file") && error.contains("compressed"), "{error}");
}

/// Objects take more than 200 times the memory of the byte that makes them: a dictionary, a list, true, None,
/// a set.
#[test]
fn a_pickle_far_too_large_is_refused_unread() {
    for byte in *b"}]\x88N\x8f" {
        let pickle = [b"\x80\x04(", &vec![byte; (16 << 20) - 2000][..], b"t."].concat();
        let error = read(&archive(&pickle, CompressionMethod::Stored)).unwrap_err();
        assert!(error.contains("data.pkl has 16775221 bytes, expected 262144 at most"), "{error}");
        let error = read(&pickle).unwrap_err();
        assert!(error.contains("has 16775221 bytes, expected 1048576 at most"), "{error}");
    }
}

/// The pickle of `os.system("echo > FILE")`: Python runs it when it loads the file.
fn malicious(file: &std::path::Path) -> Vec<u8> {
    let command = format!("echo > {}", file.display());
    let length = (command.len() as u32).to_le_bytes();
    [b"cos\nsystem\nX", &length[..], command.as_bytes(), b"\x85R"].concat()
}

#[test]
fn a_program_in_a_file_is_refused_and_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let pickle = [b"\x80\x02", &malicious(&trace)[..], b"."].concat();
    for bytes in [archive(&pickle, CompressionMethod::Stored), pickle] {
        let error = read(&bytes).unwrap_err();
        assert!(error.contains("os.system"), "{error}");
    }
    assert!(!trace.exists());
}

/// In the place of the name of `fc3.bias`' neighbour: the dictionary gets one more entry, whose value is the
/// program.
#[test]
fn a_program_beside_weights_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let entry = [b"X\x01\x00\x00\x00x", &malicious(&trace)[..], b"X\x08\x00\x00\x00fc3.bias"].concat();
    let bytes = patched("fc3.weight", b"X\x08\x00\x00\x00fc3.bias", &entry);
    assert!(read(&bytes).unwrap() == interop::weights());
    assert!(!trace.exists());
}
