//! `tf.image`: resizing, cutting, colours, augmentation. Images are `[height, width, channels]` or batches of those.

mod adjust;
mod axis;
mod boxes;
mod color;
mod convert;
mod crop;
mod flip;
mod gray;
mod layout;
mod measure;
mod random;
mod resample;
mod resize;
mod resize_fn;
mod scale;
mod suppress;
mod transform;

pub use adjust::{
    AdjustBrightness, AdjustContrast, AdjustGamma, AdjustHueOf, AdjustSaturationOf, adjust_brightness,
    adjust_contrast, adjust_gamma, adjust_hue, adjust_saturation,
};
pub use boxes::*;
pub use color::{AdjustContrastv2, AdjustHue, AdjustSaturation, HSVToRGB, RGBToHSV, hsv_to_rgb, rgb_to_hsv};
pub use convert::{ConvertImageDtype, convert_image_dtype};
pub use crop::*;
pub use flip::{
    FlipLeftRight, FlipUpDown, Rot90, TransposeImage, flip_left_right, flip_up_down, rot90, transpose,
};
pub use gray::*;
pub use measure::*;
pub use random::*;
pub use resize::*;
pub use resize_fn::*;
pub use scale::*;
pub use suppress::*;
pub use transform::*;

pub use crate::ops::array::{PatchPadding, extract_image_patches as extract_patches};

use crate::tensor::Row;

pub(super) const OPS: &[&[Row]] = &[
    resize::OPS,
    resize_fn::OPS,
    scale::OPS,
    boxes::OPS,
    suppress::OPS,
    transform::OPS,
    color::OPS,
    convert::OPS,
    adjust::OPS,
    flip::OPS,
    crop::OPS,
    gray::OPS,
    measure::OPS,
    random::OPS,
];
