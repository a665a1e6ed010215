//! Weights in files: the manifest that describes them, and their bytes.

mod data;
mod decode;
mod encode;
mod manifest;

pub use data::Weight;
pub(super) use decode::decode_groups;
pub use decode::decode_weights;
pub use encode::encode_weights;
pub use manifest::{Quantization, WeightsEntry, WeightsGroup};
pub(super) use manifest::{manifest_value, parse_manifest};
