//! Files in MNIST's format, whole and hostile.

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::io::Write;
use wgflow::data::Array;
use wgflow::datasets::idx::decode;
use wgflow::{DType, ErrorKind, Result};

/// A file of a type code and sizes.
fn file(kind: u8, sizes: &[u32], data: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 0, kind, sizes.len() as u8];
    sizes.iter().for_each(|s| out.extend(s.to_be_bytes()));
    out.extend(data);
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut z = GzEncoder::new(vec![], Compression::fast());
    z.write_all(bytes).unwrap();
    z.finish().unwrap()
}

fn refused(bytes: &[u8]) -> String {
    let e = decode("mine", bytes).expect_err("a broken file was read");
    assert_eq!(e.kind(), ErrorKind::DataLoss, "{e}");
    assert!(e.message().starts_with("mine: "), "{e}");
    e.message()["mine: ".len()..].to_string()
}

#[test]
fn every_type_is_read() -> Result<()> {
    let check = |kind, data: &[u8], dtype, text: &str| -> Result<()> {
        for bytes in [file(kind, &[2], data), gzip(&file(kind, &[2], data))] {
            let got = decode("mine", &bytes[..])?;
            assert_eq!((got.dtype(), got.to_string()), (dtype, text.to_owned()));
        }
        Ok(())
    };
    check(0x08, &[7, 200], DType::UInt8, "[  7 200]")?;
    check(0x09, &[7, 200], DType::Int8, "[  7 -56]")?;
    check(0x0b, &[1, 2, 0xff, 0xfe], DType::Int16, "[258  -2]")?;
    check(0x0c, &[0, 1, 2, 3, 0xff, 0xff, 0xff, 0xfe], DType::Int32, "[66051    -2]")?;
    let floats: Vec<u8> = [1.5f32, -0.25].iter().flat_map(|v| v.to_be_bytes()).collect();
    check(0x0d, &floats, DType::Float32, "[ 1.5  -0.25]")?;
    let doubles: Vec<u8> = [1.5f64, -0.25].iter().flat_map(|v| v.to_be_bytes()).collect();
    check(0x0e, &doubles, DType::Float64, "[ 1.5  -0.25]")
}

#[test]
fn broken_files_say_what_is_wrong() {
    assert_eq!(refused(&[]), "wanted 4 bytes of magic number. Received: 0");
    assert_eq!(refused(&[0, 0, 8]), "wanted 4 bytes of magic number. Received: 3");
    let png = refused(b"\x89PNG\r\n\x1a\n");
    assert_eq!(png, "wanted an IDX file, which starts with two zero bytes. Received: [89, 50, 4e, 47]");
    assert!(refused(&file(7, &[1], &[1])).ends_with("Received: 07"));
    assert_eq!(refused(&file(8, &[2, 3], &[])[..9]), "wanted 4 bytes of sizes. Received: 1");
    let short = refused(&file(8, &[2, 3], &[1; 5]));
    assert_eq!(short, "wanted 6 bytes of data for shape (2, 3). Received: 5");
    let long = refused(&file(8, &[2, 3], &[1; 7]));
    assert_eq!(long, "wanted 6 bytes of data for shape (2, 3). Received: more");
    // A header that claims everything costs nothing.
    let huge = refused(&file(8, &[u32::MAX, u32::MAX, u32::MAX], &[]));
    assert!(huge.starts_with("wanted at most "), "{huge}");
    assert!(refused(&file(8, &[1 << 31], &[1, 2, 3])).ends_with("Received: 3"));
}

#[test]
fn broken_gzip_is_told() {
    let whole = gzip(&file(8, &[100], &[3; 100]));
    assert!(decode("mine", &whole[..]).is_ok());
    for n in 2..whole.len() {
        refused(&whole[..n]);
    }
    // The checksum at the end is looked at.
    let mut wrong = whole.clone();
    let at = wrong.len() - 8;
    wrong[at] ^= 1;
    refused(&wrong);
    // Two streams are one file.
    let bytes = file(8, &[100], &[3; 100]);
    let two = [gzip(&bytes[..50]), gzip(&bytes[50..])].concat();
    assert_eq!(decode("mine", &two[..]).unwrap().shape().to_string(), "(100,)");
}

/// Values and a shape that agree.
fn arrays() -> impl Strategy<Value = (Vec<u32>, Vec<u8>)> {
    prop::collection::vec(0u32..5, 0..5).prop_flat_map(|sizes| {
        let n = sizes.iter().product::<u32>() as usize;
        (Just(sizes), prop::collection::vec(any::<u8>(), n))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read((sizes, data) in arrays(), zipped: bool) {
        let bytes = file(8, &sizes, &data);
        let got = decode("mine", &(if zipped { gzip(&bytes) } else { bytes })[..]).unwrap();
        let shape: Vec<usize> = sizes.iter().map(|&s| s as usize).collect();
        prop_assert_eq!(got.shape().to_vec(), shape);
        prop_assert_eq!(got.to_vec::<u8>().unwrap(), data);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64), start in 0usize..4) {
        let prefix: [&[u8]; 4] = [&[], &[0, 0], &[0, 0, 8, 1, 0, 0], &[0x1f, 0x8b, 8, 0]];
        read_or_refused(&[prefix[start], &bytes].concat())?;
    }

    #[test]
    fn any_header_is_read_or_refused(kind in 7u8..16, sizes in prop::collection::vec(hostile_size(), 0..20), n in 0usize..40) {
        let bytes = file(kind, &sizes, &vec![1; n]);
        read_or_refused(&bytes)?;
        read_or_refused(&gzip(&bytes))?;
    }

    #[test]
    fn a_changed_file_is_read_or_refused((sizes, data) in arrays(), at: prop::sample::Index, to: u8, zipped: bool) {
        let mut bytes = file(8, &sizes, &data);
        if zipped {
            bytes = gzip(&bytes);
        }
        let at = at.index(bytes.len());
        bytes[at] = to;
        read_or_refused(&bytes)?;
    }

    #[test]
    fn a_cut_file_is_refused((sizes, data) in arrays(), at: prop::sample::Index, zipped: bool) {
        let mut bytes = file(8, &sizes, &data);
        if zipped {
            bytes = gzip(&bytes);
        }
        bytes.truncate(at.index(bytes.len()));
        refused(&bytes);
    }
}

fn hostile_size() -> impl Strategy<Value = u32> {
    prop_oneof![0u32..4, Just(u32::MAX), Just(1 << 31), Just(65_536), any::<u32>()]
}

/// An array that agrees with itself, or the error of a broken file.
fn read_or_refused(bytes: &[u8]) -> std::result::Result<(), TestCaseError> {
    match decode("mine", bytes) {
        Ok(a) => {
            prop_assert!(a.shape().iter().product::<usize>() <= bytes.len() * 1032);
            // What was read can be used.
            let text = a.to_string();
            prop_assert!(!text.is_empty());
            let same: Array = a.clone();
            prop_assert_eq!(same.shape(), a.shape());
        }
        Err(e) => prop_assert_eq!(e.kind(), ErrorKind::DataLoss),
    }
    Ok(())
}
