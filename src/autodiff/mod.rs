//! Automatic differentiation of what was run: `GradientTape`, `stop_gradient`, `custom_gradient`.

mod custom;
mod source;
mod tape;

pub use custom::{WithGradient, custom_gradient};
pub use source::{Gradients, Source, Unconnected};
pub use tape::GradientTape;
