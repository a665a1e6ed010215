//! Arrays of samples on the host, of which batches are made.

use crate::config::current_device;
use crate::error::{Error, Result};
use crate::hlo::Spec;
use crate::shape::Shape;
use crate::tensor::Tensor;
use std::sync::Arc;

/// An array whose rows are samples. The tensor's value is read back once.
pub(super) struct HostArray {
    whole: Tensor,
    bytes: Arc<Vec<u8>>,
}

impl HostArray {
    pub(super) fn new(t: &Tensor) -> Result<Self> {
        Ok(HostArray { whole: t.clone(), bytes: Arc::new(t.to_literal()?.to_storage("fit")?) })
    }

    /// Bytes of a row.
    pub(super) fn row_bytes(&self) -> usize {
        self.bytes.len().checked_div(self.whole.shape().first().copied().unwrap_or(0)).unwrap_or(0)
    }

    /// The bytes of rows of these numbers; none where that is all of them in their order.
    pub(super) fn gather(&self, rows: &[usize]) -> Result<Vec<u8>> {
        if self.is_whole(rows) {
            return Ok(vec![]);
        }
        let n = self.row_bytes();
        let mut bytes = Vec::with_capacity(rows.len() * n);
        for &r in rows {
            let row = self.bytes.get(r * n..(r + 1) * n);
            bytes.extend_from_slice(row.ok_or_else(|| Error::internal("fit", "a row past the end"))?);
        }
        Ok(bytes)
    }

    /// Rows of these numbers on the current device, whose bytes are what [`HostArray::gather`] gave.
    pub(super) fn batch(&self, rows: &[usize], mut bytes: Vec<u8>) -> Result<Tensor> {
        let device = current_device()?;
        if self.is_whole(rows) {
            if *self.whole.home() == device {
                return Ok(self.whole.clone());
            }
            bytes = self.bytes.to_vec();
        }
        let shape = self.whole.shape();
        let shape: Shape = std::iter::once(rows.len()).chain(shape[1..].iter().copied()).collect();
        Tensor::from_storage(Spec::new(self.whole.dtype(), shape), bytes, &device)
    }

    fn is_whole(&self, rows: &[usize]) -> bool {
        rows.len() == self.whole.shape().first().copied().unwrap_or(0)
            && rows.iter().enumerate().all(|(i, r)| i == *r)
    }
}
