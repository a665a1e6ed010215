//! The digits that are part of the library.

use wgflow::datasets::digits;
use wgflow::{DType, Result};
use wgflow_tests::device::device_under_test;

#[test]
fn digits_are_the_published_ones() -> Result<()> {
    device_under_test();
    let ((x_train, y_train), (x_test, y_test)) = digits()?;
    assert_eq!(x_train.shape().to_string(), "(1437, 8, 8)");
    assert_eq!(x_test.shape().to_string(), "(360, 8, 8)");
    assert!([&x_train, &y_train, &x_test, &y_test].iter().all(|t| t.dtype() == DType::UInt8));
    let (train, test) = (y_train.to_vec::<u8>()?, y_test.to_vec::<u8>()?);
    assert_eq!((train.len(), test.len()), (1437, 360));
    // How many there are of each digit in all 1,797, as the repository's description of the test file says.
    let mut counts = [0; 10];
    train.iter().chain(&test).for_each(|&y| counts[usize::from(y)] += 1);
    assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    let pixels = x_train.to_vec::<u8>()?;
    assert_eq!(pixels.iter().max(), Some(&255));
    // Seventeen levels of grey, 0 to 16, brought to 0 to 255.
    let levels: Vec<u8> = (0..=16).map(|v| (f64::from(v) * 255.0 / 16.0).round_ties_even() as u8).collect();
    assert!(pixels.iter().all(|p| levels.contains(p)));
    Ok(())
}
