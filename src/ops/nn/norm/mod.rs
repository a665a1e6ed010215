//! Normalisation: over the batch, over features, over neighbouring channels.

pub(super) mod batch;
pub(super) mod earlier;
pub(super) mod fused;
pub(super) mod layer;
pub(super) mod local;
pub(super) mod moments;

pub use batch::*;
pub use earlier::*;
pub use fused::*;
pub use layer::*;
pub use local::*;
pub use moments::*;
