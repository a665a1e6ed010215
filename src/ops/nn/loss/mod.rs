//! Losses on logits, and measures beside them.

pub(super) mod binary;
pub(super) mod softmax;
pub(super) mod sparse;
pub(super) mod top;

pub use binary::*;
pub use softmax::*;
pub use sparse::*;
pub use top::*;
