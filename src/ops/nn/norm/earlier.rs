//! Earlier forms of batch normalisation, as older graphs hold them.

use super::FusedBatchNormV3;
use crate::ops::nn::DataFormat;
use crate::tensor::{Row, row};

/// Declares a form of `FusedBatchNormV3` without its last result.
macro_rules! earlier {
    ($($(#[doc = $doc:literal])+ $name:ident [$($case:expr),* $(,)?];)+) => {
        $(
            crate::op! {
                $(#[doc = $doc])+
                $name in "tf.compat.v1.nn.fused_batch_norm" (x, scale, offset, mean, variance) {
                    epsilon: f64 = 1e-4,
                    /// How much the batch counts in the returned running statistics; 1 returns those of the batch.
                    exponential_avg_factor: f64 = 1.0,
                    data_format: DataFormat = DataFormat::Nhwc,
                    is_training: bool = true,
                }
                build |s, g| {
                    let now = FusedBatchNormV3 {
                        epsilon: s.epsilon,
                        exponential_avg_factor: s.exponential_avg_factor,
                        data_format: s.data_format,
                        is_training: s.is_training,
                    };
                    let made = now.build(g, &[x, scale, offset, mean, variance]);
                    made.map(|mut y| { y.truncate(5); y }).map_err(|e| e.for_op(stringify!($name)))
                };
                vjps |s, g, x, y, dy| {
                    let now = FusedBatchNormV3 {
                        epsilon: s.epsilon,
                        exponential_avg_factor: s.exponential_avg_factor,
                        data_format: s.data_format,
                        is_training: s.is_training,
                    };
                    now.vjp(g, x, y, dy).unwrap_or_else(|| Ok(vec![None; 5]))
                };
                cases [
                    case().f32([2, 3, 2, 3]).f32([3]).f32([3]).f32([0]).f32([0]),
                    case().with("is_training", false).with("epsilon", 0.01).f32([2, 3, 2, 3]).f32([3]).f32([3]).f32([3]).range([3], 0.5, 2.0),
                    $($case),*
                ]
                errors [
                    case().f32([3, 2, 2]).f32([2]).f32([2]).f32([0]).f32([0]),
                    case().with("is_training", false).f32([2, 3, 2, 3]).f32([3]).f32([3]).f32([0]).f32([0]),
                ]
            }
        )+
        pub(in crate::ops::nn) const OPS: &[Row] = &[$(row::<$name>()),+];
    };
}

earlier! {
    /// `FusedBatchNormV3` with five results, all of one dtype.
    FusedBatchNorm [case().with("data_format", "NCHW").f32([2, 3, 2, 2]).f32([3]).f32([3]).f32([0]).f32([0])];
    /// `FusedBatchNormV3` with five results.
    FusedBatchNormV2 [case().half([2, 2, 2, 2]).f32([2]).f32([2]).f32([0]).f32([0]).forward_only()];
}
