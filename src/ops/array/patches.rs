//! Patches of images laid into the channels.

use crate::error::{Error, Result};
use crate::shape::Dims;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::attr_enum! {
    /// How windows meet the border.
    PatchPadding {
        /// Zeros around, so that every `stride`-th place has a window.
        Same = "SAME",
        /// Windows lie inside.
        Valid = "VALID",
    }
}

crate::op! {
    /// Windows of images, each laid flat into the channels of its place: row by row, then by channel.
    ExtractImagePatches in "tf.image.extract_patches" (images) {
        /// Sizes of a window: `[1, rows, columns, 1]`.
        ksizes: Vec<i64>,
        /// Distances between windows: `[1, rows, columns, 1]`.
        strides: Vec<i64>,
        /// Distances inside a window: `[1, rows, columns, 1]`.
        rates: Vec<i64>,
        /// How windows meet the border.
        padding: PatchPadding,
    }
    build |s, g| {
        let op = "ExtractImagePatches";
        let shape = g.shape(images).clone();
        if shape.rank() != 4 {
            return Err(Error::invalid(op, "images", "rank 4", format_args!("shape {shape}")));
        }
        for (arg, v) in [("ksizes", &s.ksizes), ("strides", &s.strides), ("rates", &s.rates)] {
            if v.len() != 4 || v[0] != 1 || v[3] != 1 || v.iter().any(|v| *v < 1) {
                return Err(Error::invalid(op, arg, "[1, rows, columns, 1] above 0", format_args!("{v:?}")));
            }
        }
        let (mut low, mut high, mut count) = (vec![0; 4], vec![0; 4], [0; 2]);
        for d in [1, 2] {
            let (n, stride) = (shape[d] as i64, s.strides[d]);
            let span = (s.ksizes[d] - 1) * s.rates[d] + 1;
            let out = match s.padding {
                PatchPadding::Same => (n + stride - 1) / stride,
                PatchPadding::Valid => ((n - span + stride) / stride).max(0),
            };
            if s.padding == PatchPadding::Same {
                let total = ((out - 1) * stride + span - n).max(0);
                (low[d], high[d]) = (total / 2, total - total / 2);
            }
            count[d - 1] = out as usize;
        }
        let x = g.pad_zeros(images, &low, &high)?;
        let mut parts = vec![];
        for i in 0..s.ksizes[1] as usize {
            for j in 0..s.ksizes[2] as usize {
                let start: Dims = [0, i * s.rates[1] as usize, j * s.rates[2] as usize, 0].into_iter().collect();
                let stride: Dims = s.strides.iter().map(|&v| v as usize).collect();
                let end = |d: usize| if count[d - 1] == 0 { start[d] } else { start[d] + (count[d - 1] - 1) * stride[d] + 1 };
                let limit: Dims = [shape[0], end(1), end(2), shape[3]].into_iter().collect();
                parts.push(g.slice(x, &start, &limit, &stride)?);
            }
        }
        g.concatenate(&parts, 3)
    };
    cases [
        case().with("ksizes", [1, 2, 3, 1]).with("strides", [1, 2, 1, 1]).with("rates", [1, 1, 1, 1]).with("padding", "VALID").f32([2, 5, 4, 2]),
        case().with("ksizes", [1, 3, 2, 1]).with("strides", [1, 2, 3, 1]).with("rates", [1, 1, 2, 1]).with("padding", "SAME").f32([1, 5, 4, 1]),
        case().with("ksizes", [1, 2, 2, 1]).with("strides", [1, 1, 1, 1]).with("rates", [1, 2, 2, 1]).with("padding", "VALID").ints([1, 4, 3, 1], 0, 9),
    ]
    errors [
        case().with("ksizes", [1, 2, 2, 1]).with("strides", [1, 1, 1, 1]).with("rates", [1, 1, 1, 1]).with("padding", "FULL").f32([1, 4, 4, 1]),
        case().with("ksizes", [1, 2, 2, 1]).with("strides", [1, 1, 1, 1]).with("rates", [1, 1, 1, 1]).with("padding", "VALID").f32([4, 4, 1]),
        case().with("ksizes", [1, 2, 2]).with("strides", [1, 1, 1, 1]).with("rates", [1, 1, 1, 1]).with("padding", "VALID").f32([1, 4, 4, 1]),
    ]
}

/// Windows of images, each laid flat into the channels of its place (`tf.image.extract_patches`): lists are `[1, rows, columns, 1]`.
///
/// # Errors
/// `InvalidArgument` for another rank than 4, or other lists.
pub fn extract_image_patches(
    images: impl IntoTensor,
    sizes: [i64; 4],
    strides: [i64; 4],
    rates: [i64; 4],
    padding: PatchPadding,
) -> Result<Tensor> {
    let op = ExtractImagePatches {
        ksizes: sizes.to_vec(),
        strides: strides.to_vec(),
        rates: rates.to_vec(),
        padding,
    };
    run_one(&op, &[&images.into_tensor(None)?])
}

pub(super) const OPS: &[Row] = &[row::<ExtractImagePatches>()];
