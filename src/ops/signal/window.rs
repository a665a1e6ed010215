//! Windows: weights that fall off towards the ends.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Literal, Val};
use crate::tensor::{Row, Tensor, row, run_one};

/// `a - b cos(2 pi i / n)` for `i` below a length.
fn raised_cosine(
    g: &mut Graph,
    op: &str,
    length: i64,
    periodic: bool,
    dtype: DType,
    a: f64,
    b: f64,
) -> Result<Val> {
    if length < 0 {
        return Err(Error::invalid(op, "window_length", "at least 0", length));
    }
    if !dtype.is_float() {
        return Err(Error::invalid(op, "dtype", "a float", dtype));
    }
    let n = length as usize;
    // A periodic window of even length lacks the last element of the one that is longer by one.
    let period = if periodic && n.is_multiple_of(2) { n } else { n.saturating_sub(1) };
    let at = |i: usize| a - b * libm::cos(std::f64::consts::TAU * i as f64 / period as f64);
    let values = if n == 1 { vec![1.0] } else { (0..n).map(at).collect() };
    g.constant(Literal::floats(dtype, [n], values))
}

/// Declares windows: name, function, TensorFlow's name, the two weights.
macro_rules! windows {
    ($($(#[doc = $doc:literal])+ $name:ident as $raw:literal, $f:ident, $api:literal, $a:literal, $b:literal;)+) => {
        $(
            $crate::op! {
                $(#[doc = $doc])+
                $name as $raw in api $api () {
                    /// Number of weights.
                    window_length: i64,
                    /// Whether one more would be the first of the next period; of even lengths only.
                    periodic: bool = true,
                    /// dtype of the result.
                    dtype: DType = DType::Float32,
                }
                build |s, g| raised_cosine(g, $raw, s.window_length, s.periodic, s.dtype, $a, $b);
                cases [
                    case().with("window_length", 8),
                    case().with("window_length", 8).with("periodic", false),
                    case().with("window_length", 7),
                    case().with("window_length", 1),
                    case().with("window_length", 5).with("dtype", DType::Float16),
                ]
                errors [case().with("window_length", 8).with("dtype", DType::Int32)]
            }
            $(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("TensorFlow: `", $api, "`, whose dtype is float32 if none is given. A periodic window of even length is made for spectra.")]
            ///
            /// # Errors
            /// `InvalidArgument` for a negative length, or a dtype that is no float.
            pub fn $f(window_length: i64, periodic: bool, dtype: DType) -> Result<Tensor> {
                run_one(&$name { window_length, periodic, dtype }, &[])
            }
        )+
        pub(super) const OPS: &[Row] = &[$(row::<$name>()),+];
    };
}

windows! {
    /// Hann's window, `(1 - cos) / 2`.
    HannWindow as "hann_window", hann_window, "tf.signal.hann_window", 0.5, 0.5;
    /// Hamming's window, `0.54 - 0.46 cos`.
    HammingWindow as "hamming_window", hamming_window, "tf.signal.hamming_window", 0.54, 0.46;
}
