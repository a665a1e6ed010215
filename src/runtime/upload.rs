//! Writing host values into buffers.

use super::buffer::Buffer;
use super::gpu::{Gpu, MAX_IN_FLIGHT};
use super::readback::check_bytes;
use crate::error::{Error, Result};
use crate::lock;

/// Bytes of one write: larger ones are cut.
const CHUNK: usize = 16 << 20;
/// Submits of a large upload that may be in flight: the host holds a copy of the bytes of each.
const UPLOADS_IN_FLIGHT: u64 = 4;

impl Gpu {
    /// Writes `bytes` at `offset`, ordered between what was recorded before and what is recorded after.
    ///
    /// `offset` is a multiple of 4, and so is the length, except that a write may end with the buffer's bytes.
    ///
    /// # Errors
    /// `InvalidArgument` for a range outside the buffer's bytes; `Internal` for an unaligned one; `FailedPrecondition` for
    /// a buffer of another device; what failed since the last call.
    pub fn write(&self, buffer: &Buffer, offset: u64, bytes: &[u8]) -> Result<()> {
        const OP: &str = "write";
        self.core.failures.check(OP)?;
        let store = self.core.store(OP, buffer)?;
        let end = offset.saturating_add(bytes.len() as u64);
        check_bytes(OP, buffer, &(offset..end))?;
        if !offset.is_multiple_of(4) || !(end.is_multiple_of(4) || end == buffer.bytes()) {
            return Err(Error::internal(OP, format!("range: wanted whole words. Received: {offset}..{end}")));
        }
        self.core.counters.bytes_uploaded.add(bytes.len() as u64);
        let (body, tail) = bytes.split_at(bytes.len() & !3);
        let mut at = offset;
        let mut last = [0; 4];
        last[..tail.len()].copy_from_slice(tail);
        let tail = (!tail.is_empty()).then_some(&last[..]);
        for chunk in body.chunks(CHUNK).chain(tail) {
            let submitted = lock(&self.recorder).write(&self.core, store, at, chunk);
            if submitted {
                self.throttle(if bytes.len() > CHUNK { UPLOADS_IN_FLIGHT } else { MAX_IN_FLIGHT });
            }
            at += chunk.len() as u64;
        }
        Ok(())
    }
}
