//! Files in the IDX format of MNIST: an array each, plain or compressed with gzip.

use super::Split;
use crate::data::Array;
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::shape::Shape;
use crate::tensor::Tensor;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// A file's data may not be larger: a few bytes of gzip can claim anything.
const MAX_BYTES: u64 = 4 << 30;

/// The array in an IDX file, plain or compressed with gzip, as a tensor on the current device.
///
/// # Errors
/// As [`read_array`]; `ResourceExhausted` where the device has no memory for it.
pub fn read(path: impl AsRef<Path>) -> Result<Tensor> {
    read_array(path)?.tensor()
}

/// The array in an IDX file, plain or compressed with gzip: uint8, int8, int16, int32, float32 or float64 of any shape.
///
/// # Errors
/// `NotFound` and the like for a file that cannot be opened; `DataLoss` for one that is no IDX file, is shorter or longer than its header
/// says, or is broken gzip.
pub fn read_array(path: impl AsRef<Path>) -> Result<Array> {
    let path = path.as_ref();
    let file = File::open(path).map_err(|e| Error::io("datasets.idx", path, &e))?;
    decode(&path.display().to_string(), BufReader::with_capacity(1 << 16, file))
}

/// As [`read_array`] from memory or a stream; `name` stands for it in errors.
///
/// ```
/// # use wgflow::datasets::idx;
/// let file = [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9];
/// assert_eq!(idx::decode("mine", &file[..])?.to_string(), "[[7 8 9]]");
/// assert!(idx::decode("mine", &file[..14]).unwrap_err().to_string().contains("mine: wanted 3 bytes of data"));
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// As [`read_array`].
pub fn decode(name: &str, reader: impl Read) -> Result<Array> {
    let mut reader = reader;
    let mut magic = [0; 2];
    let n = read_up_to(name, &mut reader, &mut magic)?;
    let whole = magic[..n].chain(reader);
    if magic[..n] == [0x1f, 0x8b] { parse(name, MultiGzDecoder::new(whole)) } else { parse(name, whole) }
}

/// Reads until `buf` is full or the data end; how much there was.
fn read_up_to(name: &str, reader: &mut impl Read, buf: &mut [u8]) -> Result<usize> {
    let mut n = 0;
    while n < buf.len() {
        match reader.read(&mut buf[n..]) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(broken(name, format!("wanted readable data. Received: {e}"))),
        }
    }
    Ok(n)
}

fn broken(name: &str, what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::DataLoss, "datasets.idx", format!("{name}: {what}"))
}

fn parse(name: &str, mut reader: impl Read) -> Result<Array> {
    let mut word = |what: &str| {
        let mut bytes = [0; 4];
        match read_up_to(name, &mut reader, &mut bytes)? {
            4 => Ok(bytes),
            n => Err(broken(name, format!("wanted 4 bytes of {what}. Received: {n}"))),
        }
    };
    let magic = word("magic number")?;
    let (kind, rank) = match magic {
        [0, 0, kind, rank] => (kind, rank),
        _ => {
            let what = "wanted an IDX file, which starts with two zero bytes";
            return Err(broken(name, format!("{what}. Received: {magic:02x?}")));
        }
    };
    let (dtype, width) = match kind {
        0x08 => (DType::UInt8, 1),
        0x09 => (DType::Int8, 1),
        0x0b => (DType::Int16, 2),
        0x0c => (DType::Int32, 4),
        0x0d => (DType::Float32, 4),
        0x0e => (DType::Float64, 8),
        other => {
            let what = "wanted a type code of IDX (08, 09, 0b, 0c, 0d, 0e)";
            return Err(broken(name, format!("{what}. Received: {other:02x}")));
        }
    };
    let dims =
        (0..rank).map(|_| Ok(u32::from_be_bytes(word("sizes")?) as usize)).collect::<Result<Vec<_>>>()?;
    let shape = Shape::from(dims);
    let bytes = shape.iter().try_fold(width, |n: u64, &d| n.checked_mul(d as u64));
    let Some(bytes) = bytes.filter(|&n| n <= MAX_BYTES) else {
        return Err(broken(
            name,
            format!("wanted at most {MAX_BYTES} bytes. Received: {dtype} of shape {shape}"),
        ));
    };
    // The buffer grows with what is there, not with what the header claims.
    let mut data = vec![];
    let read = reader.by_ref().take(bytes).read_to_end(&mut data);
    read.map_err(|e| broken(name, format!("wanted {bytes} bytes of data. Received: {e}")))?;
    if data.len() as u64 != bytes {
        return Err(broken(
            name,
            format!("wanted {bytes} bytes of data for shape {shape}. Received: {}", data.len()),
        ));
    }
    // Reading past the end also checks gzip's checksum.
    if read_up_to(name, &mut reader, &mut [0])? != 0 {
        return Err(broken(name, format!("wanted {bytes} bytes of data for shape {shape}. Received: more")));
    }
    Array::from_storage(dtype, shape, stored(dtype, data))
}

/// Big-endian elements of a file in storage format.
fn stored(dtype: DType, data: Vec<u8>) -> Vec<u8> {
    fn each<const N: usize, const M: usize>(data: &[u8], f: impl Fn([u8; N]) -> [u8; M]) -> Vec<u8> {
        data.as_chunks::<N>().0.iter().flat_map(|b| f(*b)).collect()
    }
    match dtype {
        DType::Int16 => each(&data, |b| i32::from(i16::from_be_bytes(b)).to_le_bytes()),
        DType::Int32 => each(&data, |b| i32::from_be_bytes(b).to_le_bytes()),
        DType::Float32 => each(&data, |b| f32::from_be_bytes(b).to_le_bytes()),
        DType::Float64 => each(&data, |b| (f64::from_be_bytes(b) as f32).to_le_bytes()),
        _ => data,
    }
}

/// Images and labels of a folder in MNIST's format: `(x_train, y_train), (x_test, y_test)` on the current device.
///
/// Looks for `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, and the same with `t10k` or `test` for `train`; a dot may stand before
/// `idx`, and `.gz` at the end. Labels are below `num_classes`.
///
/// # Errors
/// `NotFound` for a missing file, with the names that were looked for; `DataLoss` for a file that is broken, for numbers of images and
/// labels or sizes of images that disagree, and for a label that is too large; as [`read`].
pub fn load_data(folder: impl AsRef<Path>, num_classes: usize) -> Result<Split> {
    let folder = folder.as_ref();
    let read = |role: (&[&str], &str, u8)| read_array(find(folder, role)?);
    let (train, test): (&[&str], &[&str]) = (&["train"], &["t10k", "test"]);
    let parts = [
        read((train, "images", 3))?,
        read((train, "labels", 1))?,
        read((test, "images", 3))?,
        read((test, "labels", 1))?,
    ];
    split(&folder.display().to_string(), parts, num_classes)
}

/// The file of a folder for a role.
fn find(folder: &Path, (stems, what, rank): (&[&str], &str, u8)) -> Result<PathBuf> {
    let mut names = vec![];
    for stem in stems {
        for dot in ["-", "."] {
            for end in ["", ".gz"] {
                names.push(format!("{stem}-{what}{dot}idx{rank}-ubyte{end}"));
            }
        }
    }
    match names.iter().map(|n| folder.join(n)).find(|p| p.is_file()) {
        Some(path) => Ok(path),
        None => Err(Error::new(
            ErrorKind::NotFound,
            "datasets.idx",
            format!(
                "{}: wanted one of the files {}. Received: none of them",
                folder.display(),
                names.join(", ")
            ),
        )),
    }
}

/// Checks that images and labels belong together, and makes tensors of them.
pub(super) fn split(name: &str, parts: [Array; 4], num_classes: usize) -> Result<Split> {
    let [x_train, y_train, x_test, y_test] = &parts;
    for (of, x, y) in [("train", x_train, y_train), ("test", x_test, y_test)] {
        check_pair(&format!("{name}, {of}"), x, y, num_classes)?;
    }
    if x_train.shape()[1..] != x_test.shape()[1..] {
        let shapes = format!("{} and {}", x_train.shape(), x_test.shape());
        return Err(broken(
            name,
            format!("wanted test images of the size of the training images. Received: {shapes}"),
        ));
    }
    let [x_train, y_train, x_test, y_test] = parts.map(|a| a.tensor());
    Ok(((x_train?, y_train?), (x_test?, y_test?)))
}

fn check_pair(name: &str, x: &Array, y: &Array, num_classes: usize) -> Result<()> {
    if x.shape().rank() != 3 || y.shape().rank() != 1 || y.dtype() != DType::UInt8 {
        let got = format!("shapes {} and {}, labels of {}", x.shape(), y.shape(), y.dtype());
        return Err(broken(
            name,
            format!("wanted images of rank 3 and uint8 labels of rank 1. Received: {got}"),
        ));
    }
    if x.shape()[0] != y.shape()[0] {
        let got = format!("{} images and {} labels", x.shape()[0], y.shape()[0]);
        return Err(broken(name, format!("wanted a label for each image. Received: {got}")));
    }
    let labels = y.to_vec::<u8>()?;
    match labels.iter().position(|&v| usize::from(v) >= num_classes) {
        None => Ok(()),
        Some(i) => Err(broken(
            name,
            format!("wanted labels below {num_classes}. Received: {} for image {i}", labels[i]),
        )),
    }
}
