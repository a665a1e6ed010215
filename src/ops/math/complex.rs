//! Complex numbers and their parts.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::ops::build::want_dtype;
use crate::tensor::{IntoTensor, Row, Tensor, pair, row, run_one};

fn want_complex(g: &Graph, op: &str, x: Val) -> Result<()> {
    want_dtype(g, op, "input", x, "complex64", |d| d == DType::Complex64)
}

/// float32 and complex64 are the only dtypes of parts and wholes that devices have.
fn want_result(op: &str, wanted: DType, received: DType) -> Result<()> {
    if wanted == received { Ok(()) } else { Err(Error::invalid(op, "Tout", wanted, received)) }
}

crate::op! {
    /// The complex numbers of real and imaginary parts, which broadcast.
    Complex in "tf.dtypes.complex" (real, imag) {
        /// dtype of the result.
        tout: DType = DType::Complex64,
    }
    build |s, g| {
        want_result("Complex", DType::Complex64, s.tout)?;
        let (re, im) = g.broadcast_pair("Complex", real, imag)?;
        g.complex(re, im)
    };
    cases [
        case().f32([2, 3]).f32([2, 3]),
        case().f32([2, 1]).f32([3]),
        case().f32([]).f32([]),
        case().f32([0, 2]).f32([1]),
        case().specials().values([], &[1.0]),
    ]
    errors [case().f32([2]).f32([3]), case().ints([2], 0, 3).ints([2], 0, 3), case().f32([2]).ints([2], 0, 3)]
}

/// Complex numbers from their parts (`tf.complex`), which broadcast.
///
/// ```
/// # use wgflow::ops::math;
/// let z = math::complex([3.0, 0.0], [4.0, 1.0])?;
/// assert_eq!(math::abs(&z)?.to_vec::<f32>()?, [5.0, 1.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for parts that are not float32, or do not broadcast.
pub fn complex(real: impl IntoTensor, imag: impl IntoTensor) -> Result<Tensor> {
    let (real, imag) = pair(real, imag)?;
    run_one(&Complex { tout: DType::Complex64 }, &[&real, &imag])
}

/// Declares ops from complex to real numbers: name, function, TensorFlow's path, what it builds, what the function is of real numbers.
macro_rules! parts {
    ($($(#[doc = $doc:literal])+ $name:ident, $f:ident, $api:literal, |$g:ident, $x:ident| $build:expr, |$t:ident| $real:expr;)+) => { $(
        $crate::op! {
            $(#[doc = $doc])+
            $name in $api (input) {
                /// dtype of the result.
                tout: DType = DType::Float32,
            }
            build |s, $g| {
                want_complex($g, stringify!($name), input)?;
                want_result(stringify!($name), DType::Float32, s.tout)?;
                let $x = input;
                $build
            };
            cases [
                case().complex([2, 3]),
                case().complex([]),
                case().complex([0, 2]),
                case().complex_values([4], &[1.0, 0.0, -1.0, 0.0, 0.0, 2.0, 0.0, -2.0]),
                case().complex_values([2], &[3e20, 4e20, 3e-20, -4e-20]).forward_only(),
            ]
            errors [case().f32([2])]
        }
        $(#[doc = $doc])+
        #[doc = ""]
        #[doc = concat!("TensorFlow: `", $api, "`.")]
        ///
        /// # Errors
        /// `InvalidArgument` for dtypes other than numbers.
        pub fn $f(input: impl IntoTensor) -> Result<Tensor> {
            let $t = input.into_tensor(None)?;
            if $t.dtype() != DType::Complex64 {
                return $real;
            }
            run_one(&$name { tout: DType::Float32 }, &[&$t])
        }
    )+ };
}

parts! {
    /// The real part of complex numbers; real ones are themselves.
    Real, real, "tf.math.real", |g, x| g.real(x), |t| Ok(t);
    /// The imaginary part of complex numbers; that of real ones is 0.
    Imag, imag, "tf.math.imag", |g, x| g.imag(x), |t| crate::ops::array::zeros_like(&t);
    /// The angle of complex numbers in the plane, from -pi to pi.
    Angle, angle, "tf.math.angle", |g, x| {
        let (re, im) = (g.real(x)?, g.imag(x)?);
        g.atan2(im, re)
    }, |t| {
        let zero = crate::ops::array::zeros_like(&t)?;
        super::atan2(zero, &t)
    };
}

crate::op! {
    /// The absolute value of complex numbers; its gradient at 0 is 0.
    ComplexAbs in "tf.math.abs" (x) {
        /// dtype of the result.
        tout: DType = DType::Float32,
    }
    build |s, g| {
        want_complex(g, "ComplexAbs", x)?;
        want_result("ComplexAbs", DType::Float32, s.tout)?;
        g.complex_abs(x)
    };
    cases [
        case().complex([2, 3]),
        case().complex([]),
        case().complex([0, 2]),
        case().complex_values([4], &[0.0, 0.0, 3.0, -4.0, 0.0, 2.0, -1.0, 0.0]),
        case().complex_values([3], &[3e20, 4e20, 3e-20, -4e-20, f64::INFINITY, 1.0]).forward_only(),
    ]
    errors [case().f32([2])]
}

crate::op! {
    /// Complex numbers with the imaginary part negated.
    Conj in "tf.math.conj" (input) {}
    build |s, g| {
        want_complex(g, "Conj", input)?;
        g.conj(input)
    };
    cases [case().complex([2, 3]), case().complex([]), case().complex([0, 2])]
    errors [case().f32([2])]
}

/// Complex numbers with the imaginary part negated (`tf.math.conj`); real ones are themselves.
///
/// # Errors
/// `InvalidArgument` for dtypes other than numbers.
pub fn conj(x: impl IntoTensor) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    if x.dtype() == DType::Complex64 { run_one(&Conj {}, &[&x]) } else { Ok(x) }
}

/// The absolute value (`tf.math.abs`), of complex numbers a real one.
///
/// # Errors
/// `InvalidArgument` for bool and strings.
pub fn abs(x: impl IntoTensor) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    if x.dtype() == DType::Complex64 {
        return run_one(&ComplexAbs { tout: DType::Float32 }, &[&x]);
    }
    run_one(&super::Abs {}, &[&x])
}

pub(super) const OPS: &[Row] =
    &[row::<Complex>(), row::<Real>(), row::<Imag>(), row::<Angle>(), row::<ComplexAbs>(), row::<Conj>()];
