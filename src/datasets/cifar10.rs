//! CIFAR-10: colour pictures of 32x32 pixels in ten classes (A. Krizhevsky).

use super::Split;
use super::source::{self, Source};
use crate::data::Array;
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use flate2::read::GzDecoder;
use std::io::Read;
use std::path::Path;

const OP: &str = "datasets.cifar10";
const ARCHIVE: &str = "cifar-10-binary.tar.gz";

const SOURCE: Source = Source {
    name: "cifar-10",
    mirrors: &["https://www.cs.toronto.edu/~kriz/"],
    files: &[source::File {
        name: ARCHIVE,
        bytes: 170_052_171,
        sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    }],
};

const FILES: [&str; 6] = [
    "data_batch_1.bin",
    "data_batch_2.bin",
    "data_batch_3.bin",
    "data_batch_4.bin",
    "data_batch_5.bin",
    "test_batch.bin",
];

const SIDE: usize = 32;
const PLANE: usize = SIDE * SIDE;
/// A label, then the red, the green and the blue plane.
const RECORD: usize = 1 + 3 * PLANE;
/// A file of the archive has ten thousand records; none is much larger.
const MAX_BYTES: u64 = 1 << 28;

/// CIFAR-10 (`keras.datasets.cifar10.load_data`): `(x_train, y_train), (x_test, y_test)`, images uint8 [50000, 32, 32, 3] and
/// [10000, 32, 32, 3] with values 0 to 255, labels uint8 [50000, 1] and [10000, 1].
///
/// `path` is a folder that holds `cifar-10-binary.tar.gz` or the `.bin` files of that archive. Without it the archive is downloaded, once,
/// to [`cache_dir`](super::cache_dir).
///
/// # Errors
/// `NotFound` for a missing file; `DataLoss` for one that is broken, and for a label above 9; as [`get_file`](super::get_file) where the
/// archive is to be downloaded; `ResourceExhausted` where the device has no memory for the images.
pub fn load_data(path: Option<&Path>) -> Result<Split> {
    let parts = match path {
        None => unpack(&SOURCE.folder()?.join(ARCHIVE))?,
        Some(folder) if folder.join(ARCHIVE).is_file() => unpack(&folder.join(ARCHIVE))?,
        Some(folder) => read_files(folder)?,
    };
    let (train, test) = (pictures(&parts[..5])?, pictures(&parts[5..])?);
    Ok(((train.0.tensor()?, train.1.tensor()?), (test.0.tensor()?, test.1.tensor()?)))
}

/// A file's name and contents.
type Part = (String, Vec<u8>);

fn read_files(folder: &Path) -> Result<Vec<Part>> {
    let read = |name: &str| {
        let path = folder.join(name);
        let bytes = std::fs::read(&path).map_err(|e| {
            Error::io(OP, &path, &e).context(format!("a folder with {ARCHIVE}, or with {}", FILES.join(", ")))
        })?;
        Ok((path.display().to_string(), bytes))
    };
    FILES.into_iter().map(read).collect()
}

fn broken(name: impl std::fmt::Display, what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::DataLoss, OP, format!("{name}: {what}"))
}

/// The files of the archive, in the order of [`FILES`].
fn unpack(path: &Path) -> Result<Vec<Part>> {
    let file = std::fs::File::open(path).map_err(|e| Error::io(OP, path, &e))?;
    let mut archive = tar::Archive::new(GzDecoder::new(std::io::BufReader::new(file)));
    let unreadable = |e: std::io::Error| broken(path.display(), e);
    let mut found: [Option<Vec<u8>>; FILES.len()] = Default::default();
    for entry in archive.entries().map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.path().map_err(unreadable)?.file_name().map(|n| n.to_string_lossy().into_owned());
        if let Some(k) = FILES.iter().position(|f| name.as_deref() == Some(f)) {
            let mut bytes = vec![];
            entry.take(MAX_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
            found[k] = Some(bytes);
        }
    }
    let part = |(bytes, name): (Option<Vec<u8>>, &str)| match bytes {
        Some(b) => Ok((format!("{}, {name}", path.display()), b)),
        None => Err(broken(path.display(), format!("wanted an archive with {name}. Received: none"))),
    };
    found.into_iter().zip(FILES).map(part).collect()
}

/// Images, channels last, and labels of some files.
fn pictures(parts: &[Part]) -> Result<(Array, Array)> {
    let (mut x, mut y) = (vec![], vec![]);
    for (name, bytes) in parts {
        let (records, rest) = bytes.as_chunks::<RECORD>();
        if records.is_empty() || !rest.is_empty() {
            return Err(broken(
                name,
                format!("wanted records of {RECORD} bytes. Received: {} bytes", bytes.len()),
            ));
        }
        for r in records {
            if r[0] > 9 {
                return Err(broken(name, format!("wanted labels below 10. Received: {}", r[0])));
            }
            y.push(r[0]);
            x.extend((0..PLANE).flat_map(|i| [r[1 + i], r[1 + PLANE + i], r[1 + 2 * PLANE + i]]));
        }
    }
    let n = y.len();
    Ok((
        Array::from_storage(DType::UInt8, [n, SIDE, SIDE, 3], x)?,
        Array::from_storage(DType::UInt8, [n, 1], y)?,
    ))
}
