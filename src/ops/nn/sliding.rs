//! Windows over the spatial dimensions, from the attributes of raw ops.

use super::{DataFormat, PaddingKind};
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::WindowDim;
use crate::shape::Shape;

/// The largest stride, dilation, window or padding: TensorFlow's, and sums of some stay within 64 bits.
const MOST: i64 = i32::MAX as i64;

/// The attributes of a windowed op, in TensorFlow's full form.
pub(super) struct Sliding<'a> {
    pub(super) op: &'a str,
    pub(super) format: DataFormat,
    pub(super) strides: &'a [i64],
    pub(super) dilations: &'a [i64],
    pub(super) padding: PaddingKind,
    pub(super) explicit: &'a [i64],
    /// The code with which TensorFlow refuses strides over batch and channels.
    pub(super) refusal: ErrorKind,
}

impl Sliding<'_> {
    /// The window of each spatial dimension, over data of shape `x`, with `sizes` positions.
    pub(super) fn windows(&self, x: &Shape, sizes: &[usize]) -> Result<Vec<WindowDim>> {
        let strides = self.spatial("strides", self.strides)?;
        let dilations = self.spatial("dilations", self.dilations)?;
        let pads = self.pads()?;
        (0..sizes.len())
            .map(|d| {
                let n = x[self.format.first_spatial() + d];
                let w =
                    WindowDim { size: sizes[d], stride: strides[d], dilation: dilations[d], low: 0, high: 0 };
                let (low, high) = match self.padding {
                    PaddingKind::Valid => (0, 0),
                    PaddingKind::Same => same(n, &w),
                    PaddingKind::Explicit => (pads[d][0], pads[d][1]),
                };
                let w = WindowDim { low, high, ..w };
                // What TensorFlow refuses: windows that reach over the data by more than a stride.
                let over = w.span() as i64 - (n as i64 + low + high);
                if over > w.stride as i64 {
                    let wanted = format!("a window of at most {} positions", n as i64 + low + high);
                    return Err(Error::invalid(
                        self.op,
                        "input",
                        wanted,
                        format_args!("{} of shape {x}", w.span()),
                    ));
                }
                Ok(w)
            })
            .collect()
    }

    /// The spatial part of strides or dilations; the rest must be 1.
    pub(super) fn spatial(&self, arg: &str, v: &[i64]) -> Result<Vec<usize>> {
        let (n, first) = (self.format.spatial(), self.format.first_spatial());
        if v.len() != n + 2 {
            return Err(Error::invalid(
                self.op,
                arg,
                format_args!("{} numbers", n + 2),
                format_args!("{v:?}"),
            ));
        }
        if v[0] != 1 || v[self.format.channel_dim()] != 1 {
            let what = format!("{arg}: wanted 1 for batch and channels. Received: {v:?}");
            return Err(Error::new(self.refusal, self.op, what));
        }
        let spatial = &v[first..first + n];
        if spatial.iter().any(|s| !(1..=MOST).contains(s)) {
            return Err(Error::invalid(
                self.op,
                arg,
                format_args!("numbers from 1 to {MOST}"),
                format_args!("{v:?}"),
            ));
        }
        Ok(spatial.iter().map(|&s| s as usize).collect())
    }

    fn pads(&self) -> Result<Vec<[i64; 2]>> {
        let (n, first) = (self.format.spatial(), self.format.first_spatial());
        let pairs = self.explicit.as_chunks::<2>().0;
        let explicit = self.padding == PaddingKind::Explicit;
        let ok = if explicit {
            let inner = first..first + n;
            self.explicit.len() == 2 * (n + 2)
                && self.explicit.iter().all(|p| (0..=MOST).contains(p))
                && (0..n + 2).all(|d| inner.contains(&d) || pairs[d] == [0, 0])
        } else {
            self.explicit.is_empty()
        };
        if !ok {
            let wanted = match explicit {
                true => format!("{} numbers from 0 up, 0 for batch and channels", 2 * (n + 2)),
                false => format!("nothing with padding {}", self.padding),
            };
            return Err(Error::invalid(
                self.op,
                "explicit_paddings",
                wanted,
                format_args!("{:?}", self.explicit),
            ));
        }
        Ok(if explicit { pairs[first..first + n].to_vec() } else { vec![] })
    }
}

/// TensorFlow's `SAME` padding of `n` elements: before and after.
pub(crate) fn same(n: usize, w: &WindowDim) -> (i64, i64) {
    let out = n.div_ceil(w.stride) as i64;
    let total = ((out - 1) * w.stride as i64 + w.span() as i64 - n as i64).max(0);
    (total / 2, total - total / 2)
}
