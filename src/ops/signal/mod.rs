//! `tf.signal`: Fourier transforms, frames, windows.

mod fft;
mod frame;
mod real;
mod stft;
mod window;

pub use fft::*;
pub use frame::*;
pub use real::*;
pub use stft::*;
pub use window::*;

use crate::tensor::Row;

pub(super) const OPS: &[&[Row]] = &[fft::OPS, frame::OPS, real::OPS, stft::OPS, window::OPS];
