//! Pooling over all spatial dimensions.

use super::super::support::{DataFormat, want_rank};
use crate::error::Result;
use crate::keras::base::{Call, Layer, configured, layer};
use crate::ops::{array, math};
use crate::tensor::Tensor;

macro_rules! global_pooling {
    ($(#[$meta:meta])* $name:ident, $n:literal, |$x:ident, $axes:ident, $keep:ident| $pool:expr) => {
        layer! {
            $(#[$meta])*
            $name() {
                /// Where the channels stand.
                data_format: plain DataFormat = DataFormat::ChannelsLast,
                /// Whether the spatial dimensions stay, with size 1.
                keepdims: plain bool = false,
            }
        }

        impl Layer for $name {
            configured!();

            fn call(&self, _: &mut Call, $x: &Tensor) -> Result<Tensor> {
                want_rank(stringify!($name), $x, $n + 2)?;
                let ($axes, $keep) = (axes(self.data_format, $n), self.keepdims);
                $pool
            }
        }
    };
}

fn axes(format: DataFormat, spatial: usize) -> Vec<usize> {
    let first = format.first_spatial();
    (first..first + spatial).collect()
}

global_pooling! {
    /// The largest step of sequences (`keras.layers.GlobalMaxPooling1D`).
    GlobalMaxPooling1D, 1, |x, axes, keep| math::reduce_max(x, axes, keep)
}

global_pooling! {
    /// The largest pixel of images (`keras.layers.GlobalMaxPooling2D`).
    GlobalMaxPooling2D, 2, |x, axes, keep| math::reduce_max(x, axes, keep)
}

global_pooling! {
    /// The largest element of volumes (`keras.layers.GlobalMaxPooling3D`).
    GlobalMaxPooling3D, 3, |x, axes, keep| math::reduce_max(x, axes, keep)
}

global_pooling! {
    /// The mean of images (`keras.layers.GlobalAveragePooling2D`).
    GlobalAveragePooling2D, 2, |x, axes, keep| math::reduce_mean(x, axes, keep)
}

global_pooling! {
    /// The mean of volumes (`keras.layers.GlobalAveragePooling3D`).
    GlobalAveragePooling3D, 3, |x, axes, keep| math::reduce_mean(x, axes, keep)
}

layer! {
    /// The mean of sequences (`keras.layers.GlobalAveragePooling1D`); steps that are masked do not count.
    GlobalAveragePooling1D() {
        /// Where the channels stand.
        data_format: plain DataFormat = DataFormat::ChannelsLast,
        /// Whether the dimension of the steps stays, with size 1.
        keepdims: plain bool = false,
    }
}

impl Layer for GlobalAveragePooling1D {
    configured!();

    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        want_rank("GlobalAveragePooling1D", x, 3)?;
        let steps = self.data_format.first_spatial();
        let Some(mask) = c.mask(x) else { return math::reduce_mean(x, steps, self.keepdims) };
        let counted = array::expand_dims(mask, self.data_format.channel_dim(3) as i64)?.cast(x.dtype())?;
        let kept = math::multiply(x, &counted)?;
        let sum = math::reduce_sum(kept, steps, self.keepdims)?;
        math::divide(sum, math::reduce_sum(counted, steps, self.keepdims)?)
    }

    fn supports_masking(&self) -> bool {
        true
    }

    fn compute_mask(&self, _: &mut Call, _: &[Tensor], _: Option<&Tensor>) -> Result<Option<Tensor>> {
        Ok(None)
    }
}
