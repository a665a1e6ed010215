//! Fourier transforms of complex values, over one to three dimensions.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

fn transform(g: &mut Graph, op: &str, x: Val, dims: usize, inverse: bool) -> Result<Val> {
    if !g.is_complex(x) {
        return Err(Error::invalid(op, "input", DType::Complex64, g.dtype(x)));
    }
    over_last(g, op, x, dims, inverse)
}

/// The transform over the last dimensions.
pub(super) fn over_last(g: &mut Graph, op: &str, x: Val, dims: usize, inverse: bool) -> Result<Val> {
    let rank = want_dims(g, op, x, dims)?;
    (rank - dims..rank).rev().try_fold(x, |x, dim| g.fft(x, dim, inverse))
}

/// Refuses values of fewer dimensions; their number.
pub(super) fn want_dims(g: &Graph, op: &str, x: Val, dims: usize) -> Result<usize> {
    let rank = g.rank(x);
    if rank < dims {
        let wanted = format!("at least {dims} dimensions");
        return Err(Error::invalid(op, "input", wanted, format_args!("shape {}", g.shape(x))));
    }
    Ok(rank)
}

/// Declares transforms: name, function, TensorFlow's path, number of dimensions, whether inverse, cases.
macro_rules! transforms {
    ($($(#[doc = $doc:literal])+ $name:ident, $f:ident, $api:literal, $dims:literal, $inverse:literal, [$($case:expr),+], [$($error:expr),+];)+) => {
        $(
            $crate::op! {
                $(#[doc = $doc])+
                $name in $api (input) {}
                build |s, g| transform(g, stringify!($name), input, $dims, $inverse);
                cases [$($case),+]
                errors [case().complex([]), $($error),+]
            }
            $(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("TensorFlow: `", $api, "`. The result has the shape of `input`.")]
            ///
            /// # Errors
            /// `InvalidArgument` for dtypes other than complex64, or too few dimensions.
            pub fn $f(input: impl IntoTensor) -> Result<Tensor> {
                run_one(&$name {}, &[&input.into_tensor(None)?])
            }
        )+
        pub(super) const OPS: &[Row] = &[$(row::<$name>()),+];
    };
}

transforms! {
    /// The discrete Fourier transform over the last dimension.
    FFT, fft, "tf.signal.fft", 1, false,
        [case().complex([8]), case().complex([2, 1]), case().complex([2, 3, 12]), case().complex([2, 64]), case().complex([2, 96]),
            case().complex([3, 67]), case().complex([2, 131]), case().complex([1, 1000]).tolerance(1e-5, 1e-5, "the error of an element goes with the norm of all"), case().complex([0, 4])],
        [case().f32([4]), case().ints([4], 0, 3)];
    /// The inverse of the discrete Fourier transform over the last dimension.
    IFFT, ifft, "tf.signal.ifft", 1, true,
        [case().complex([8]), case().complex([2, 3, 12]), case().complex([2, 1]), case().complex([2, 100]), case().complex([2, 139])],
        [case().f32([4])];
    /// The discrete Fourier transform over the last two dimensions.
    FFT2D, fft2d, "tf.signal.fft2d", 2, false,
        [case().complex([4, 6]), case().complex([2, 5, 8]), case().complex([70, 3])],
        [case().complex([4]), case().f32([4, 4])];
    /// The inverse of the discrete Fourier transform over the last two dimensions.
    IFFT2D, ifft2d, "tf.signal.ifft2d", 2, true,
        [case().complex([4, 6]), case().complex([2, 5, 8])],
        [case().complex([4])];
    /// The discrete Fourier transform over the last three dimensions.
    FFT3D, fft3d, "tf.signal.fft3d", 3, false,
        [case().complex([2, 3, 4]), case().complex([2, 3, 2, 5])],
        [case().complex([4, 4])];
    /// The inverse of the discrete Fourier transform over the last three dimensions.
    IFFT3D, ifft3d, "tf.signal.ifft3d", 3, true,
        [case().complex([2, 3, 4])],
        [case().complex([4, 4])];
}
