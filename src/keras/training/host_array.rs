//! Arrays of samples on the host, of which batches are made.

use crate::config::current_device;
use crate::error::{Error, Result};
use crate::hlo::Spec;
use crate::shape::Shape;
use crate::tensor::Tensor;
use std::sync::Arc;

/// An array whose rows are samples. The tensor's value is read back once.
#[derive(Clone)]
pub(super) struct HostArray {
    whole: Tensor,
    bytes: Arc<Vec<u8>>,
}

impl HostArray {
    pub(super) fn new(t: &Tensor) -> Result<Self> {
        Ok(HostArray { whole: t.clone(), bytes: Arc::new(t.to_literal()?.to_storage("fit")?) })
    }

    /// Rows of these numbers, on the current device.
    pub(super) fn rows(&self, rows: &[usize]) -> Result<Tensor> {
        let device = current_device()?;
        let shape = self.whole.shape();
        let all = shape.first().copied().unwrap_or(0);
        if rows.len() == all && rows.iter().enumerate().all(|(i, r)| i == *r) && *self.whole.home() == device
        {
            return Ok(self.whole.clone());
        }
        let n = self.bytes.len().checked_div(all).unwrap_or(0);
        let mut bytes = Vec::with_capacity(rows.len() * n);
        for &r in rows {
            let row = self.bytes.get(r * n..(r + 1) * n);
            bytes.extend_from_slice(row.ok_or_else(|| Error::internal("fit", "a row past the end"))?);
        }
        let shape: Shape = std::iter::once(rows.len()).chain(shape[1..].iter().copied()).collect();
        Tensor::from_storage(Spec::new(self.whole.dtype(), shape), bytes, &device)
    }
}
