//! Spectra of short pieces of a signal, and back.

use super::{Frame, frame_with, hann_window, irfft, overlap_and_add, rfft};
use crate::error::{Error, Result};
use crate::ops::{array, math};
use crate::tensor::{IntoTensor, Row, Tensor, row};

crate::op! {
    /// Spectra of overlapping frames under Hann's window: `[.., frames, fft_length / 2 + 1]`.
    Stft as "stft" in api "tf.signal.stft" (signals) {
        /// Length of a frame.
        frame_length: i64,
        /// Distance from frame to frame.
        frame_step: i64,
        /// Length of the transform; without it the least power of two that is not below the frame's.
        fft_length: Option<i64> = None,
        /// Whether there are frames that reach beyond the end.
        pad_end: bool = false,
    }
    tensors |s, x| {
        let window = hann_window(s.frame_length, true, x[0].dtype())?;
        Ok(vec![stft_with(x[0], s.clone(), Some(&window))?])
    };
    cases [
        case().with("frame_length", 8).with("frame_step", 4).f32([2, 24]),
        case().with("frame_length", 6).with("frame_step", 3).f32([20]),
        case().with("frame_length", 6).with("frame_step", 3).with("fft_length", 6).with("pad_end", true).f32([20]),
        case().with("frame_length", 5).with("frame_step", 2).with("fft_length", 12).f32([2, 2, 11]),
    ]
    errors [case().with("frame_length", 8).with("frame_step", 4).ints([24], 0, 3), case().with("frame_length", 8).with("frame_step", 4).f32([])]
}

/// The spectra of overlapping frames of the last dimension, `[.., frames, fft_length / 2 + 1]` (`tf.signal.stft` with its defaults: Hann's
/// window, a transform of the least power of two that is not below the frame's length).
///
/// ```
/// # use wgflow::{DType, ops::signal};
/// let y = signal::stft([0.5; 32], 8, 4)?;
/// assert_eq!((y.dtype(), y.shape().to_vec()), (DType::Complex64, vec![7, 5]));
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for dtypes other than float32, scalars, or a length or step below 1.
pub fn stft(signals: impl IntoTensor, frame_length: i64, frame_step: i64) -> Result<Tensor> {
    let x = signals.into_tensor(None)?;
    let window = hann_window(frame_length, true, x.dtype())?;
    stft_with(&x, Stft { frame_length, frame_step, fft_length: None, pad_end: false }, Some(&window))
}

/// As [`stft`], with the transform's length, frames beyond the end, and another window or none (`tf.signal.stft`).
///
/// # Errors
/// As [`stft`], and for a window that does not broadcast with frames.
pub fn stft_with(signals: impl IntoTensor, options: Stft, window: Option<&Tensor>) -> Result<Tensor> {
    let Stft { frame_length, frame_step, fft_length, pad_end } = options;
    let frames = frame_with(signals, Frame { frame_length, frame_step, pad_end, pad_value: 0.0, axis: -1 })?;
    let frames = window.map_or_else(|| Ok(frames.clone()), |w| math::multiply(&frames, w))?;
    rfft(&frames, Some(fft_length.unwrap_or_else(|| enclosing_power_of_two(frame_length))))
}

crate::op! {
    /// The signal of overlapping spectra, under Hann's window.
    InverseStft as "inverse_stft" in api "tf.signal.inverse_stft" (stfts) {
        /// Length of a frame.
        frame_length: i64,
        /// Distance from frame to frame.
        frame_step: i64,
        /// Length of the transform; without it the least power of two that is not below the frame's.
        fft_length: Option<i64> = None,
    }
    tensors |s, x| {
        let window = hann_window(s.frame_length, true, crate::DType::Float32)?;
        Ok(vec![inverse_stft_with(x[0], s.clone(), Some(&window))?])
    };
    cases [
        case().with("frame_length", 8).with("frame_step", 4).complex([2, 3, 5]),
        case().with("frame_length", 6).with("frame_step", 3).complex([3, 5]),
        case().with("frame_length", 8).with("frame_step", 4).with("fft_length", 6).complex([3, 4]),
    ]
    errors [case().with("frame_length", 8).with("frame_step", 4).f32([3, 5]), case().with("frame_length", 8).with("frame_step", 4).complex([5])]
}

/// The signal of overlapping spectra (`tf.signal.inverse_stft` with its defaults).
///
/// # Errors
/// `InvalidArgument` for dtypes other than complex64, fewer than two dimensions, or a length or step below 1.
pub fn inverse_stft(stfts: impl IntoTensor, frame_length: i64, frame_step: i64) -> Result<Tensor> {
    let window = hann_window(frame_length, true, crate::DType::Float32)?;
    inverse_stft_with(stfts, InverseStft { frame_length, frame_step, fft_length: None }, Some(&window))
}

/// As [`inverse_stft`], with the transform's length, and another window or none (`tf.signal.inverse_stft`).
///
/// # Errors
/// As [`inverse_stft`], and for a window that does not broadcast with frames.
pub fn inverse_stft_with(
    stfts: impl IntoTensor,
    options: InverseStft,
    window: Option<&Tensor>,
) -> Result<Tensor> {
    let InverseStft { frame_length, frame_step, fft_length } = options;
    if frame_length < 1 {
        return Err(Error::invalid("inverse_stft", "frame_length", "at least 1", frame_length));
    }
    let n = fft_length.unwrap_or_else(|| enclosing_power_of_two(frame_length));
    let mut frames = irfft(stfts, Some(n))?;
    let rank = frames.rank();
    if n > frame_length {
        let mut size = vec![-1; rank];
        size[rank - 1] = frame_length;
        frames = array::slice(&frames, vec![0; rank], size)?;
    } else if n < frame_length {
        let mut paddings = vec![[0, 0]; rank];
        paddings[rank - 1] = [0, frame_length - n];
        frames = array::pad(&frames, paddings, "CONSTANT", 0.0)?;
    }
    let frames = window.map_or_else(|| Ok(frames.clone()), |w| math::multiply(&frames, w))?;
    overlap_and_add(&frames, frame_step)
}

/// The least power of two that is not below `n`; 1 for numbers below 1.
fn enclosing_power_of_two(n: i64) -> i64 {
    (n.clamp(1, 1 << 40) as u64).next_power_of_two() as i64
}

pub(super) const OPS: &[Row] = &[row::<Stft>(), row::<InverseStft>()];
