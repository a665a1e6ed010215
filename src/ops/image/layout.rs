//! Images of three and four dimensions.

use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};

/// Where height and width of an image or a batch of images stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Dimension of the height; width and channels follow.
    pub(super) row: usize,
    /// Sizes.
    pub(super) height: usize,
    pub(super) width: usize,
}

impl Layout {
    /// Of an image `[height, width, channels]` or a batch of them.
    pub(super) fn new(g: &Graph, op: &str, arg: &str, x: Val) -> Result<Layout> {
        let shape = g.shape(x);
        match shape[..] {
            [height, width, _] => Ok(Layout { row: 0, height, width }),
            [_, height, width, _] => Ok(Layout { row: 1, height, width }),
            _ => Err(Error::invalid(op, arg, "3 or 4 dimensions", format_args!("shape {shape}"))),
        }
    }

    /// Number of dimensions.
    pub(super) fn rank(&self) -> usize {
        self.row + 3
    }

    /// Padding (or, negative, cropping) of height and width, for all dimensions.
    pub(super) fn around(&self, rows: i64, columns: i64) -> Vec<i64> {
        let mut all = vec![0; self.rank()];
        (all[self.row], all[self.row + 1]) = (rows, columns);
        all
    }
}
