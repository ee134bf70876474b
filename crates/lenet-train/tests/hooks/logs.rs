//! Files that hooks write.

use lenet_train::hooks::{Csv, TensorBoard};

use crate::net::{Net, fit, loader, trainer};

#[test]
fn a_table_has_a_row_for_each_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("epochs.csv");
    trainer().epochs(2).hook(Csv::append(&path).unwrap()).fit(Net::new(), &loader(4, 2)).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(
        rows[0],
        ["epoch", "step", "train_loss", "valid_loss", "valid_accuracy", "samples", "seconds"]
    );
    assert_eq!((rows.len(), &rows[2][..2], &rows[2][3..6]), (3, &["1", "4"][..], &["", "", "4"][..]));
    assert!(rows.iter().all(|row| row.len() == 7));
}

/// The bytes of the first record are those that TensorFlow writes (but for the time), and lengths lead from
/// record to record to the end of the file.
#[test]
fn an_event_file_is_a_chain_of_records() {
    let folder = tempfile::tempdir().unwrap();
    fit(TensorBoard::append(folder.path(), 1).unwrap(), 6, 2);
    let path = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(path).unwrap();
    assert!(bytes[..64].windows(13).any(|window| window == b"brain.Event:2"));
    let (mut place, mut records) = (0, 0);
    while place < bytes.len() {
        let length = u64::from_le_bytes(bytes[place..place + 8].try_into().unwrap()) as usize;
        (place, records) = (place + 8 + 4 + length + 4, records + 1);
    }
    assert_eq!((place, records), (bytes.len(), 1 + 3 + 1));
}
