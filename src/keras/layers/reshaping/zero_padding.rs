//! Zeros around the input.

use super::super::support::{DataFormat, Margins, want_rank};
use crate::error::Result;
use crate::keras::base::{Call, Layer, configured, layer};
use crate::ops::array;
use crate::tensor::Tensor;

macro_rules! zero_padding {
    ($(#[$meta:meta])* $name:ident, $n:literal, $default:expr, ($($(#[doc = $fdoc:literal])+ $f:ident: $k:ident $t:ty = $d:expr),*), |$s:ident| $format:expr) => {
        layer! {
            $(#[$meta])*
            $name() {
                /// How many zeros before and after each spatial dimension.
                padding: into Margins<$n> = $default,
                $($(#[doc = $fdoc])+ $f: $k $t = $d,)*
            }
        }

        impl Layer for $name {
            configured!();

            fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
                want_rank(stringify!($name), x, $n + 2)?;
                let $s = self;
                padded(x, &self.padding.0, $format)
            }
        }
    };
}

zero_padding! {
    /// Zeros before and after the steps of sequences (`keras.layers.ZeroPadding1D`).
    ZeroPadding1D, 1, 1,
    (/// Where the channels stand.
     data_format: plain DataFormat = DataFormat::ChannelsLast), |s| s.data_format
}

zero_padding! {
    /// Zeros around images (`keras.layers.ZeroPadding2D`): `((top, bottom), (left, right))`.
    ZeroPadding2D, 2, 1,
    (/// Where the channels stand.
     data_format: plain DataFormat = DataFormat::ChannelsLast), |s| s.data_format
}

zero_padding! {
    /// Zeros around volumes (`keras.layers.ZeroPadding3D`).
    ZeroPadding3D, 3, 1,
    (/// Where the channels stand.
     data_format: plain DataFormat = DataFormat::ChannelsLast), |s| s.data_format
}

fn padded(x: &Tensor, margins: &[[usize; 2]], format: DataFormat) -> Result<Tensor> {
    let first = format.first_spatial();
    let mut all = vec![[0i64; 2]; x.rank()];
    for (pair, m) in all[first..].iter_mut().zip(margins) {
        *pair = m.map(|n| n as i64);
    }
    array::pad(x, all, "CONSTANT", 0)
}
