//! Places of extremes.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::resolve_axis;
use crate::tensor::{Fill, IntoTensor, Row, Tensor, row, run_one};

/// Declares both.
macro_rules! extremes {
    ($($(#[doc = $doc:literal])+ $name:ident, $f:ident, $api:literal, $max:literal;)+) => {
        $(
            $crate::op! {
                $(#[doc = $doc])+
                $name in $api (input) {
                    /// Along which axis.
                    dimension: i64,
                    /// dtype of the result.
                    output_type: DType = DType::Int64,
                }
                build |s, g| {
                    let allowed = [DType::Int64, DType::Int32, DType::Int16, DType::UInt16];
                    if !allowed.contains(&s.output_type) {
                        return Err(Error::invalid(stringify!($name), "output_type", "int64, int32, int16 or uint16", s.output_type));
                    }
                    let axis = resolve_axis(stringify!($name), "dimension", s.dimension, g.rank(input))?;
                    let at = g.arg_reduce(input, $max, axis)?;
                    g.convert(at, s.output_type)
                };
                cases [
                    case().with("dimension", 0).f32([3, 4]),
                    case().with("dimension", -1).f32([2, 3, 4]),
                    case().with("dimension", 1).with("output_type", DType::Int32).ints([3, 4], 0, 3),
                    case().with("dimension", 0).values([4], &[1.0, 3.0, -3.0, 3.0]),
                    case().with("dimension", 1).f32([0, 3]),
                    case().with("dimension", 0).bools([5]),
                    case().with("dimension", 0).input(DType::UInt8, [5], Fill::Uniform(0.0, 9.0)),
                ]
                errors [case().with("dimension", 2).f32([2, 3]), case().with("dimension", 0).f32([0, 3]), case().with("dimension", 0).f32([])]
            }
            $(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("TensorFlow: `", $api, "`, whose defaults are axis 0 and int64.")]
            ///
            /// # Errors
            /// `InvalidArgument` for an axis out of range or empty, or another output dtype than int64, int32, int16, uint16.
            pub fn $f(input: impl IntoTensor, axis: i64, output_type: DType) -> Result<Tensor> {
                run_one(&$name { dimension: axis, output_type }, &[&input.into_tensor(None)?])
            }
        )+
        pub(super) const OPS: &[Row] = &[$(row::<$name>()),+];
    };
}

extremes! {
    /// The index of the first largest element along an axis.
    ArgMax, argmax, "tf.math.argmax", true;
    /// The index of the first smallest element along an axis.
    ArgMin, argmin, "tf.math.argmin", false;
}
