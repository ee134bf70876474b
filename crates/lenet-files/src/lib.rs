//! Atomic writes, bounded reads and locks of files.
//!
//! | function | guarantee |
//! |---|---|
//! | [`write()`] | readers see the old content or the new one, never a part of either |
//! | [`read()`], [`open`] | a regular file of at most so many bytes; a FIFO or a device is refused before it is opened |
//! | [`lock()`] | one program at a time; the operating system releases the lock when the process ends, however it ends |
//! | [`remove_temporary_files`] | the temporary files of killed writers are removed |
//!
//! ```
//! let folder = std::env::temp_dir().join(format!("lenet-files-{}", std::process::id()));
//! std::fs::create_dir_all(&folder)?;
//! let path = folder.join("numbers.txt");
//!
//! lenet_files::write(&path, b"1 2 3")?;
//! assert_eq!(lenet_files::read(&path, 1 << 10)?, b"1 2 3");
//! assert!(lenet_files::read(&path, 4).is_err()); // 5 bytes are more than 4
//! # std::fs::remove_dir_all(folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod lock;
mod read;
mod write;

pub use error::Error;
pub use lock::{Lock, lock};
pub use read::{open, read};
pub use write::{remove_temporary_files, write};
