//! Folders of images: a folder for each class.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{Part, classes, entries, name_of};
use crate::{DigitSet, Error, SIDE, photo};

/// Extensions of images. Other files are passed over.
const EXTENSIONS: [&str; 8] = ["png", "jpg", "jpeg", "bmp", "pgm", "ppm", "pbm", "pnm"];
/// Maximum number of images: a gigabyte of pixels.
const MOST_IMAGES: usize = 1 << 20;
/// One of so many images of a class is for the test if there is no test set.
const TEST_SHARE: usize = 5;

/// The images of a data set.
#[derive(Clone, Debug)]
pub(super) struct ImageFiles {
    names: Vec<String>,
    train: Vec<Labelled>,
    valid: Vec<Labelled>,
    test: Vec<Labelled>,
    /// Files in the folders of the training classes whose names are not those of images.
    others: Vec<PathBuf>,
}

/// The path of an image and its class. Sorted by the SHA-256 of `NAME/FILE`, the first field, images are in an
/// order that mixes the classes and is the same wherever the folder is.
type Labelled = ([u8; 32], PathBuf, u8);

/// The images in a folder; `None` if it has no folders of images.
pub(super) fn find(folder: &Path) -> Result<Option<ImageFiles>, Error> {
    let part = |names: &[&str]| names.iter().map(|name| folder.join(name)).find(|path| path.is_dir());
    let of_train = part(&["train"]);
    let root = of_train.as_deref().unwrap_or(folder);
    let folders = class_folders(root)?;
    if folders.is_empty() {
        return Ok(None);
    }
    let names: Vec<String> = folders.iter().map(|folder| name_of(folder)).collect();
    if names.len() < 2 || names.len() > classes::MOST_CLASSES {
        let expected = format!("folders of 2 to {} classes", classes::MOST_CLASSES);
        return Err(Error::malformed(root, expected, format!("{} ({} …)", names.len(), names[0])));
    }
    names.iter().try_for_each(|name| classes::check_name(root, name, format!("{name:?}")))?;
    let (mut train, mut others) = (Vec::new(), Vec::new());
    for (class, folder) in (0..=u8::MAX).zip(&folders) {
        let (images, rest) = images_in(folder, class)?;
        others.extend(rest.into_iter().filter(|path| is_other(path)));
        if images.is_empty() {
            return Err(Error::malformed(folder, "images of this class", "none"));
        }
        train.push(images);
    }
    let other = |path: Option<PathBuf>| match path.filter(|_| of_train.is_some()) {
        Some(path) => labelled(&path, &names),
        None => Ok(Vec::new()),
    };
    let valid = other(part(&["valid", "val", "validation"]))?;
    let mut test = other(part(&["test"]))?;
    if test.is_empty() {
        for (images, folder) in train.iter_mut().zip(&folders) {
            if images.len() < 2 {
                return Err(Error::malformed(folder, "2 images or more, one of them for the test", "1"));
            }
            let rest = images.split_off(images.len().div_ceil(TEST_SHARE));
            test.extend(std::mem::replace(images, rest));
        }
    }
    let mut train = train.concat();
    [&mut train, &mut test].into_iter().for_each(|images| images.sort());
    let count = train.len() + valid.len() + test.len();
    if count > MOST_IMAGES {
        return Err(Error::malformed(folder, format!("at most {MOST_IMAGES} images"), count.to_string()));
    }
    Ok(Some(ImageFiles { names, train, valid, test, others }))
}

/// The error of a folder whose images are not in folders of classes: in itself, or too deep; `None` if it has no images there.
/// Folders that cannot be read are passed over.
pub(super) fn misplaced(folder: &Path) -> Option<Error> {
    let train = folder.join("train");
    let mut level = vec![if train.is_dir() { train } else { folder.to_owned() }];
    for _ in 0..4 {
        level = level.iter().flat_map(|folder| entries(folder).unwrap_or_default()).collect();
        if let Some(image) = level.iter().find(|path| is_image(path)) {
            let found = format!("the image {}", image.display());
            return Some(Error::malformed(
                folder,
                "a folder for each class, with its images: NAME/*.png",
                found,
            ));
        }
        level.retain(|path| path.is_dir());
    }
    None
}

/// The folders in a folder, if one of them has an image: a class each.
fn class_folders(root: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut folders = entries(root)?;
    folders.retain(|path| path.is_dir());
    for folder in &folders {
        if entries(folder)?.iter().any(|path| is_image(path)) {
            return Ok(folders);
        }
    }
    Ok(Vec::new())
}

/// The images of a part, in folders with names of the training classes.
fn labelled(root: &Path, names: &[String]) -> Result<Vec<Labelled>, Error> {
    let mut images = Vec::new();
    for folder in entries(root)?.into_iter().filter(|path| path.is_dir()) {
        let class = names.iter().position(|name| *name == name_of(&folder)).ok_or_else(|| {
            Error::malformed(
                &folder,
                format!("a class of the training images: {}", names.join(", ")),
                "another",
            )
        })?;
        images.extend(images_in(&folder, class as u8)?.0); // Below 256, the number of names.
    }
    if images.is_empty() {
        return Err(Error::malformed(root, "folders of images", "none"));
    }
    images.sort();
    Ok(images)
}

/// The images in the folder of a class, and what else is in it.
fn images_in(folder: &Path, class: u8) -> Result<(Vec<Labelled>, Vec<PathBuf>), Error> {
    let (files, rest): (Vec<_>, Vec<_>) = entries(folder)?.into_iter().partition(|path| is_image(path));
    let keyed = files.into_iter().map(|path| {
        let name = format!("{}/{}", name_of(folder), name_of(&path));
        (Sha256::digest(name.as_bytes()).into(), path, class)
    });
    let mut images: Vec<Labelled> = keyed.collect();
    images.sort();
    Ok((images, rest))
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    EXTENSIONS.contains(&&*extension) && !path.is_dir()
}

/// Whether what is no image is a file, and not one that Windows puts into folders.
fn is_other(path: &Path) -> bool {
    path.is_file() && !["Thumbs.db", "desktop.ini"].contains(&&*name_of(path))
}

impl ImageFiles {
    /// The files of a part, in the order of its images.
    pub(super) fn files(&self, part: Part) -> Vec<PathBuf> {
        self.images_of(part).iter().map(|(_, path, _)| path.clone()).collect()
    }

    pub(super) fn others(&self) -> &[PathBuf] {
        &self.others
    }

    fn images_of(&self, part: Part) -> &[Labelled] {
        match part {
            Part::Train => &self.train,
            Part::Valid => &self.valid,
            Part::Test => &self.test,
        }
    }

    /// Decodes the images of a part, several at the same time.
    pub(super) fn load(&self, part: Part) -> Result<DigitSet, Error> {
        let files = self.images_of(part);
        let images = lenet_threads::map(files.len(), |index| photo::read_whole(&files[index].1));
        let mut pixels = Vec::with_capacity(files.len() * SIDE * SIDE);
        for image in images {
            pixels.extend(image?);
        }
        let labels = files.iter().map(|(.., class)| *class).collect();
        DigitSet::with_classes(pixels, labels, [SIDE; 2], self.names.len())?
            .with_class_names(self.names.clone())
    }
}
