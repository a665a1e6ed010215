//! Larger sequences, images and volumes.

use super::super::support::{DataFormat, Sizes, want_positive, want_rank};
use crate::error::Result;
use crate::keras::base::{Call, Layer, configured, layer};
use crate::keras::object::choice;
use crate::ops::array;
use crate::ops::image::{self, ResizeMethod};
use crate::tensor::Tensor;

choice! {
    /// How [`UpSampling2D`] fills new pixels.
    Interpolation {
        /// With the nearest one.
        #[default]
        Nearest = "nearest",
        /// With a mix of the nearest four.
        Bilinear = "bilinear",
        /// With a mix of the nearest sixteen.
        Bicubic = "bicubic",
        /// With Lanczos' kernel of radius 3.
        Lanczos3 = "lanczos3",
        /// With Lanczos' kernel of radius 5.
        Lanczos5 = "lanczos5",
    }
}

layer! {
    /// Repeats each step of sequences (`keras.layers.UpSampling1D`).
    UpSampling1D() {
        /// How often.
        size: plain usize = 2,
    }
}

impl Layer for UpSampling1D {
    configured!(with | s | want_positive("UpSampling1D", "size", s.size));

    fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
        want_rank("UpSampling1D", x, 3)?;
        repeated(x, &[self.size], DataFormat::ChannelsLast)
    }
}

layer! {
    /// Larger images (`keras.layers.UpSampling2D`): by repeating pixels, or by interpolation.
    UpSampling2D() {
        /// How many times as high and wide.
        size: into Sizes<2> = 2,
        /// Where the channels stand.
        data_format: plain DataFormat = DataFormat::ChannelsLast,
        /// How new pixels are filled.
        interpolation: plain Interpolation = Interpolation::Nearest,
    }
}

impl Layer for UpSampling2D {
    configured!();

    fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
        want_rank("UpSampling2D", x, 4)?;
        let method = match self.interpolation {
            Interpolation::Nearest => return repeated(x, &self.size.0, self.data_format),
            Interpolation::Bilinear => ResizeMethod::Bilinear,
            Interpolation::Bicubic => ResizeMethod::Bicubic,
            Interpolation::Lanczos3 => ResizeMethod::Lanczos3,
            Interpolation::Lanczos5 => ResizeMethod::Lanczos5,
        };
        let first = self.data_format.channels_first();
        let images = if first { array::transpose(x, [0, 2, 3, 1])? } else { x.clone() };
        let size = [images.shape()[1] * self.size.0[0], images.shape()[2] * self.size.0[1]];
        let y = image::resize(images, size, method, false, false)?.cast(x.dtype())?;
        if first { array::transpose(y, [0, 3, 1, 2]) } else { Ok(y) }
    }
}

layer! {
    /// Repeats the elements of volumes (`keras.layers.UpSampling3D`).
    UpSampling3D() {
        /// How often along each dimension.
        size: into Sizes<3> = 2,
        /// Where the channels stand.
        data_format: plain DataFormat = DataFormat::ChannelsLast,
    }
}

impl Layer for UpSampling3D {
    configured!();

    fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
        want_rank("UpSampling3D", x, 5)?;
        repeated(x, &self.size.0, self.data_format)
    }
}

/// Each element of the spatial dimensions several times: one more dimension behind each, filled, and taken in.
fn repeated(x: &Tensor, times: &[usize], format: DataFormat) -> Result<Tensor> {
    let first = format.first_spatial();
    let (mut apart, mut spread, mut joined) = (vec![], vec![], vec![]);
    for (d, &n) in x.shape().iter().enumerate() {
        let times = d.checked_sub(first).and_then(|i| times.get(i));
        apart.push(n);
        spread.push(n);
        joined.push(n * times.unwrap_or(&1));
        if let Some(&t) = times {
            apart.push(1);
            spread.push(t);
        }
    }
    array::reshape(array::broadcast_to(array::reshape(x, apart)?, spread)?, joined)
}
