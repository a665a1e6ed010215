//! The calls that record work: launches, copies and fills.

use super::buffer::Buffer;
use super::gpu::{Core, Gpu};
use super::pipeline::{Access, Pipeline};
use crate::error::{Error, Result};
use crate::lock;

/// A range of a buffer, bound to a kernel.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    /// The buffer.
    pub buffer: &'a Buffer,
    /// Where the range starts: a multiple of the adapter's `min_storage_buffer_offset_alignment`.
    pub offset: u64,
    /// Its length in bytes: a multiple of 4, at least 4.
    pub size: u64,
}

impl<'a> Binding<'a> {
    /// The whole buffer, its length rounded up to 16 bytes (one vec4), for which every buffer has room.
    pub fn whole(buffer: &'a Buffer) -> Self {
        Binding { buffer, offset: 0, size: buffer.bytes().max(1).next_multiple_of(16) }
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.buffer.id() == other.buffer.id()
            && self.offset < other.offset.saturating_add(other.size)
            && other.offset < self.offset.saturating_add(self.size)
    }
}

impl Gpu {
    /// Records a launch of `pipeline` over `grid` workgroups, after all that was recorded before. `params` are the bytes
    /// of its uniform.
    ///
    /// It runs when its batch is full, or with [`Gpu::flush`], or a read. A grid with a 0 launches nothing.
    ///
    /// # Errors
    /// `Internal` when bindings, parameters or grid are not what the pipeline and the adapter allow;
    /// `FailedPrecondition` for a buffer of another device; what failed since the last call.
    pub fn dispatch(
        &self,
        pipeline: &Pipeline,
        bindings: &[Binding<'_>],
        params: &[u8],
        grid: [u32; 3],
    ) -> Result<()> {
        self.core.failures.check("dispatch")?;
        self.core.check_launch(pipeline, bindings, grid)?;
        if params.len() != pipeline.params_size() as usize {
            let (wanted, n) = (pipeline.params_size(), params.len());
            let what = format!("'{}': wanted {wanted} bytes of parameters. Received: {n}", pipeline.label());
            return Err(Error::internal("dispatch", what));
        }
        if grid.contains(&0) {
            return Ok(());
        }
        let submitted = {
            let mut recorder = lock(&self.recorder);
            let group = recorder.group(&self.core, pipeline, bindings, None);
            recorder.launch(&self.core, pipeline, &group, None, params, grid)
        };
        if submitted {
            self.after_submit();
        }
        Ok(())
    }

    /// Records a copy of `size` bytes between two buffers. Offsets and size are multiples of 4.
    ///
    /// # Errors
    /// `Internal` for ranges outside the buffers, unaligned ones, or one buffer as both; as [`Gpu::dispatch`].
    pub fn copy(
        &self,
        src: &Buffer,
        src_offset: u64,
        dst: &Buffer,
        dst_offset: u64,
        size: u64,
    ) -> Result<()> {
        const OP: &str = "copy";
        self.core.failures.check(OP)?;
        let (from, to) = (self.core.store(OP, src)?, self.core.store(OP, dst)?);
        check_range(OP, src, src_offset, size)?;
        check_range(OP, dst, dst_offset, size)?;
        if src.id() == dst.id() {
            return Err(Error::internal(OP, "source and destination are one buffer"));
        }
        if size > 0 {
            let mut recorder = lock(&self.recorder);
            let encoder = recorder.encoder(&self.core, [from, to], size);
            encoder.copy_buffer_to_buffer(&from.raw, src_offset, &to.raw, dst_offset, size);
        }
        Ok(())
    }

    /// Records that `size` bytes from `offset` become zero. Both are multiples of 4.
    ///
    /// # Errors
    /// As [`Gpu::copy`].
    pub fn fill_zero(&self, buffer: &Buffer, offset: u64, size: u64) -> Result<()> {
        const OP: &str = "fill_zero";
        self.core.failures.check(OP)?;
        let store = self.core.store(OP, buffer)?;
        check_range(OP, buffer, offset, size)?;
        if size > 0 {
            let mut recorder = lock(&self.recorder);
            recorder.encoder(&self.core, [store], size).clear_buffer(&store.raw, offset, Some(size));
        }
        Ok(())
    }
}

impl Core {
    /// Refuses what wgpu would refuse later, when the whole batch would be lost with it.
    pub(super) fn check_launch(
        &self,
        pipeline: &Pipeline,
        bindings: &[Binding<'_>],
        grid: [u32; 3],
    ) -> Result<()> {
        let limits = &self.caps.limits;
        let refuse =
            |what: String| Err(Error::internal("dispatch", format!("'{}': {what}", pipeline.label())));
        if pipeline.generation != self.generation {
            return Err(super::failure::stale("dispatch", "pipeline"));
        }
        if bindings.len() != pipeline.bindings().len() {
            let (wanted, n) = (pipeline.bindings().len(), bindings.len());
            return refuse(format!("wanted {wanted} buffers. Received: {n}"));
        }
        if grid.iter().any(|&g| g > limits.max_compute_workgroups_per_dimension) {
            return refuse(format!("grid {grid:?} exceeds {}", limits.max_compute_workgroups_per_dimension));
        }
        for (i, b) in bindings.iter().enumerate() {
            self.store("dispatch", b.buffer)?;
            check_range("dispatch", b.buffer, b.offset, b.size)?;
            if b.size == 0 || b.size > limits.max_storage_buffer_binding_size {
                return refuse(format!(
                    "binding {i} has {} bytes, not 4 to {}",
                    b.size, limits.max_storage_buffer_binding_size
                ));
            }
            if b.offset % u64::from(limits.min_storage_buffer_offset_alignment) != 0 {
                return refuse(format!(
                    "binding {i} starts at {}, not a multiple of {}",
                    b.offset, limits.min_storage_buffer_offset_alignment
                ));
            }
            // wgpu tracks whole buffers: one may not be read-only here and writable there.
            for (other, access) in bindings[..i].iter().zip(pipeline.bindings()) {
                let same = b.buffer.id() == other.buffer.id();
                let (a, b_access) = (*access, pipeline.bindings()[i]);
                let clash = if a == b_access { a == Access::ReadWrite && b.overlaps(other) } else { same };
                if clash {
                    return refuse(format!("binding {i} is bound a second time, and one of the two writes"));
                }
            }
        }
        Ok(())
    }
}

/// Ranges within the buffer, of whole words.
pub(super) fn check_range(op: &str, buffer: &Buffer, offset: u64, size: u64) -> Result<()> {
    let inside = offset.checked_add(size).is_some_and(|end| end <= buffer.capacity());
    if inside && offset.is_multiple_of(4) && size.is_multiple_of(4) {
        return Ok(());
    }
    Err(Error::internal(
        op,
        format!(
            "range: wanted whole words within {} bytes. Received: {size} bytes at {offset}",
            buffer.capacity()
        ),
    ))
}
