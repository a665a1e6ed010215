//! Handwritten digits of the UCI Machine Learning Repository, part of the library.

use super::{Split, idx};
use crate::error::Result;

macro_rules! file {
    ($name:literal) => {
        (concat!("data/digits/", $name), include_bytes!(concat!("../../data/digits/", $name)).as_slice())
    };
}

const FILES: [(&str, &[u8]); 4] = [
    file!("train-images-idx3-ubyte.gz"),
    file!("train-labels-idx1-ubyte.gz"),
    file!("test-images-idx3-ubyte.gz"),
    file!("test-labels-idx1-ubyte.gz"),
];

/// 1,797 handwritten digits of 8x8 pixels: `(x_train, y_train), (x_test, y_test)`, images uint8 [1437, 8, 8] and [360, 8, 8] with values 0 to
/// 255, labels uint8 [1437] and [360].
///
/// They are part of the library: no file and no network is needed. "Optical Recognition of Handwritten Digits" by E. Alpaydin and
/// C. Kaynak, UCI Machine Learning Repository, licence CC BY 4.0; see `data/digits/README.md` for the changes.
///
/// ```
/// let ((x_train, y_train), (x_test, _)) = wgflow::datasets::digits()?;
/// assert_eq!(x_train.shape().to_string(), "(1437, 8, 8)");
/// assert_eq!((y_train.size(), x_test.shape()[0]), (1437, 360));
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `ResourceExhausted` where the device has no memory for them.
pub fn digits() -> Result<Split> {
    let read = |(name, bytes): (&str, &[u8])| idx::decode(name, bytes);
    let [x_train, y_train, x_test, y_test] = FILES.map(read);
    idx::split("datasets.digits", [x_train?, y_train?, x_test?, y_test?], 10)
}
