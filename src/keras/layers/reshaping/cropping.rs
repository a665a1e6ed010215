//! Borders cut off.

use super::super::support::{DataFormat, Margins, want_rank};
use crate::error::{Error, Result};
use crate::keras::base::{Call, Layer, configured, layer};
use crate::ops::array;
use crate::tensor::Tensor;

layer! {
    /// Sequences without their first and last steps (`keras.layers.Cropping1D`).
    Cropping1D() {
        /// How many steps before and behind are cut off.
        cropping: into Margins<1> = 1,
    }
}

impl Layer for Cropping1D {
    configured!();

    fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
        cropped("Cropping1D", x, &self.cropping.0, DataFormat::ChannelsLast)
    }
}

macro_rules! cropping {
    ($(#[$meta:meta])* $name:ident, $n:literal, $default:expr) => {
        layer! {
            $(#[$meta])*
            $name() {
                /// How many elements before and behind each spatial dimension are cut off.
                cropping: into Margins<$n> = $default,
                /// Where the channels stand.
                data_format: plain DataFormat = DataFormat::ChannelsLast,
            }
        }

        impl Layer for $name {
            configured!();

            fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
                cropped(stringify!($name), x, &self.cropping.0, self.data_format)
            }
        }
    };
}

cropping! {
    /// Images without their border (`keras.layers.Cropping2D`): `((top, bottom), (left, right))`.
    Cropping2D, 2, 0
}

cropping! {
    /// Volumes without their border (`keras.layers.Cropping3D`).
    Cropping3D, 3, 1
}

fn cropped(class: &str, x: &Tensor, margins: &[[usize; 2]], format: DataFormat) -> Result<Tensor> {
    want_rank(class, x, margins.len() + 2)?;
    let (mut begin, mut size) = (vec![0; x.rank()], x.shape().to_vec());
    for (d, [before, behind]) in margins.iter().enumerate().map(|(i, m)| (i + format.first_spatial(), m)) {
        if before + behind >= size[d] {
            let received = format!("input shape {} and cropping {margins:?}", x.shape());
            return Err(Error::invalid(class, "cropping", "less than the size of each dimension", received));
        }
        begin[d] = *before;
        size[d] -= before + behind;
    }
    array::slice(x, begin, size)
}
