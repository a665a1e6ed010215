//! Folders of data sets.

use flate2::{Compression, write::GzEncoder};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use wgflow::datasets::{cifar10, fashion_mnist, idx, mnist};
use wgflow::{ErrorKind, Result};
use wgflow_tests::device::device_under_test;

const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

fn images(n: u8, side: u8) -> Vec<u8> {
    let mut out = vec![0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, side, 0, 0, 0, side];
    out.extend((0..usize::from(n) * usize::from(side).pow(2)).map(|i| i as u8));
    out
}

fn labels(values: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 0, 8, 1, 0, 0, 0, values.len() as u8];
    out.extend(values);
    out
}

/// A folder with five images to train on and two to test with.
fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let files = [images(5, 3), labels(&[0, 1, 2, 3, 9]), images(2, 3), labels(&[4, 5])];
    for (name, bytes) in NAMES.iter().zip(files) {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    dir
}

#[test]
fn folders_of_idx_files_are_read() -> Result<()> {
    device_under_test();
    let dir = folder();
    let ((x, y), (x_test, y_test)) = idx::load_data(dir.path(), 10)?;
    assert_eq!((x.shape().to_string(), x_test.shape().to_string()), ("(5, 3, 3)".into(), "(2, 3, 3)".into()));
    assert_eq!((y.to_vec::<u8>()?, y_test.to_vec::<u8>()?), (vec![0, 1, 2, 3, 9], vec![4, 5]));
    assert_eq!(x.to_vec::<u8>()?, (0..45).collect::<Vec<u8>>());
    assert_eq!(mnist::load_data(Some(dir.path()))?.0.0.shape(), x.shape());
    assert_eq!(fashion_mnist::load_data(Some(dir.path()))?.0.0.shape(), x.shape());
    // Other spellings of the names that are about.
    fs::rename(dir.path().join(NAMES[0]), dir.path().join("train-images.idx3-ubyte")).unwrap();
    fs::rename(dir.path().join(NAMES[2]), dir.path().join("test-images-idx3-ubyte")).unwrap();
    assert_eq!(idx::load_data(dir.path(), 10)?.1.0.shape(), x_test.shape());
    Ok(())
}

/// What is refused after a file of the folder was replaced.
fn refused(name: &str, bytes: Vec<u8>) -> String {
    let dir = folder();
    fs::write(dir.path().join(name), bytes).unwrap();
    let e = idx::load_data(dir.path(), 10).expect_err("a broken folder was read");
    assert_eq!(e.kind(), ErrorKind::DataLoss, "{e}");
    e.to_string()
}

#[test]
fn folders_that_disagree_are_refused() {
    device_under_test();
    let e = refused(NAMES[1], labels(&[0, 1, 2]));
    assert!(e.contains("train: wanted a label for each image. Received: 5 images and 3 labels"), "{e}");
    let e = refused(NAMES[3], labels(&[4, 10]));
    assert!(e.contains("test: wanted labels below 10. Received: 10 for image 1"), "{e}");
    let e = refused(NAMES[2], images(2, 4));
    assert!(e.contains("Received: (5, 3, 3) and (2, 4, 4)"), "{e}");
    let e = refused(NAMES[0], labels(&[1]));
    assert!(e.contains("Received: shapes (1,) and (5,)"), "{e}");
    let e = refused(NAMES[0], images(5, 3)[..20].to_vec());
    assert!(e.contains("wanted 45 bytes of data for shape (5, 3, 3). Received: 4"), "{e}");
}

#[test]
fn missing_files_are_named() {
    device_under_test();
    let dir = folder();
    fs::remove_file(dir.path().join(NAMES[3])).unwrap();
    let e = mnist::load_data(Some(dir.path())).expect_err("a missing file was read");
    assert_eq!(e.kind(), ErrorKind::NotFound);
    let text = e.to_string();
    for name in
        [NAMES[3], "t10k-labels-idx1-ubyte.gz", "test-labels.idx1-ubyte", &dir.path().display().to_string()]
    {
        assert!(text.contains(name), "{text}");
    }
    let e = idx::read_array(dir.path().join("none")).expect_err("a missing file was read");
    assert_eq!(e.kind(), ErrorKind::NotFound);
}

/// A record of CIFAR-10: red, green and blue planes of one value each.
fn record(label: u8, rgb: [u8; 3]) -> Vec<u8> {
    let mut out = vec![label];
    rgb.iter().for_each(|&v| out.extend([v; 1024]));
    out
}

fn cifar_parts() -> Vec<(String, Vec<u8>)> {
    let train = (1..=5).map(|k| (format!("data_batch_{k}.bin"), record(k, [k, 10 + k, 20 + k])));
    train.chain([("test_batch.bin".to_owned(), record(9, [7, 8, 9]))]).collect()
}

fn check_cifar(folder: &Path) -> Result<()> {
    let ((x, y), (x_test, y_test)) = cifar10::load_data(Some(folder))?;
    assert_eq!((x.shape().to_string(), y.shape().to_string()), ("(5, 32, 32, 3)".into(), "(5, 1)".into()));
    assert_eq!(y.to_vec::<u8>()?, [1, 2, 3, 4, 5]);
    let pixels = x.to_vec::<u8>()?;
    for (k, image) in (1..).zip(pixels.chunks(3072)) {
        assert!(image.chunks(3).all(|rgb| rgb == [k, 10 + k, 20 + k]));
    }
    assert!(x_test.to_vec::<u8>()?.chunks(3).all(|rgb| rgb == [7, 8, 9]));
    assert_eq!(y_test.to_vec::<u8>()?, [9]);
    Ok(())
}

#[test]
fn cifar10_is_read_from_files_and_from_the_archive() -> Result<()> {
    device_under_test();
    let (files, archive) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let out = fs::File::create(archive.path().join("cifar-10-binary.tar.gz")).unwrap();
    let mut tar = tar::Builder::new(GzEncoder::new(out, Compression::fast()));
    for (name, bytes) in cifar_parts() {
        fs::write(files.path().join(&name), &bytes).unwrap();
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("cifar-10-batches-bin/{name}"), &bytes[..]).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap();
    check_cifar(files.path())?;
    check_cifar(archive.path())?;

    fs::write(files.path().join("test_batch.bin"), record(10, [0; 3])).unwrap();
    let e = cifar10::load_data(Some(files.path())).expect_err("a label of 10 was read");
    assert!(e.to_string().contains("wanted labels below 10. Received: 10"), "{e}");
    fs::write(files.path().join("test_batch.bin"), &record(1, [0; 3])[1..]).unwrap();
    let e = cifar10::load_data(Some(files.path())).expect_err("a cut record was read");
    assert!(e.to_string().contains("wanted records of 3073 bytes. Received: 3072 bytes"), "{e}");
    fs::remove_file(files.path().join("test_batch.bin")).unwrap();
    let e = cifar10::load_data(Some(files.path())).expect_err("a missing file was read");
    assert_eq!(e.kind(), ErrorKind::NotFound);

    let path = archive.path().join("cifar-10-binary.tar.gz");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let e = cifar10::load_data(Some(archive.path())).expect_err("half an archive was read");
    assert_eq!(e.kind(), ErrorKind::DataLoss, "{e}");
    Ok(())
}
