//! Values read at once in a page, where the host cannot wait for the device.

use super::buffer::Buffer;
use super::gpu::{ERROR_WORDS, Gpu};
use super::readback::{ReadOutput, check_bytes};
use crate::error::{Error, ErrorKind, Result};
use crate::lock;
use std::ops::Range;
use std::sync::OnceLock;

/// Brings the bytes of a buffer whose size is a multiple of [`ROW`] to the host without waiting for a promise. A page can do it through a
/// canvas; the buffer has the usage `COPY_SRC`.
pub type PageRead = fn(&wgpu::Device, &wgpu::Buffer, u64) -> Result<Vec<u8>>;

/// Bytes of a row of the texture that a page reads through: what WebGPU's copies ask for.
pub const ROW: u64 = 1024;

static PAGE_READ: OnceLock<PageRead> = OnceLock::new();

/// Says how a page reads at once; the first one stays.
pub fn set_page_read(read: PageRead) {
    let _ = PAGE_READ.set(read);
}

impl Gpu {
    /// As [`Gpu::read`], at once.
    ///
    /// # Errors
    /// `FailedPrecondition` where there is no way to do it, naming `data()`; as [`Gpu::read`].
    pub(super) fn read_now(&self, ranges: &[(&Buffer, Range<u64>)]) -> Result<ReadOutput> {
        const OP: &str = "read";
        let core = &self.core;
        core.failures.check(OP)?;
        let Some(read) = PAGE_READ.get() else {
            return Err(Error::new(
                ErrorKind::FailedPrecondition,
                "dataSync",
                "the value is on the GPU, and this program cannot wait for it; use `await tensor.data()`, or the device 'cpu'",
            ));
        };
        let mut places = vec![];
        let mut end = 4 * ERROR_WORDS as u64;
        for (buffer, range) in ranges {
            core.store(OP, buffer)?;
            check_bytes(OP, buffer, range)?;
            let (start, last) = (range.start & !3, range.end.next_multiple_of(4));
            places.push((start, end, last - start));
            end += last - start;
        }
        let size = end.next_multiple_of(ROW);
        let target = core.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("page read"),
            size,
            usage: wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let words_used = {
            let mut recorder = lock(&self.recorder);
            for ((buffer, _), (start, at, size)) in ranges.iter().zip(&places).filter(|(_, p)| p.2 > 0) {
                let Some(source) = buffer.gpu() else { continue };
                let encoder = recorder.encoder(core, [source], *size);
                encoder.copy_buffer_to_buffer(&source.raw, *start, &target, *at, *size);
            }
            let words_used = std::mem::take(&mut recorder.error_cell_used);
            if let Some(cell) = self.error_cell().gpu().filter(|_| words_used) {
                let bytes = 4 * ERROR_WORDS as u64;
                let encoder = recorder.encoder(core, [cell], bytes);
                encoder.copy_buffer_to_buffer(&cell.raw, 0, &target, 0, bytes);
                encoder.clear_buffer(&cell.raw, 0, None);
            }
            recorder.submit(core);
            words_used
        };
        let bytes = read(&core.device, &target, size);
        target.destroy();
        let bytes = bytes?;
        let data = ranges.iter().zip(&places).map(|((_, range), (start, at, _))| {
            let from = (at + range.start - start) as usize;
            bytes.get(from..from + (range.end - range.start) as usize).unwrap_or_default().to_vec()
        });
        let data: Vec<_> = data.collect();
        core.counters.bytes_read.add(data.iter().map(|d| d.len() as u64).sum());
        let mut words = [0_u32; ERROR_WORDS];
        if words_used && let Some(head) = bytes.get(..4 * ERROR_WORDS) {
            bytemuck::cast_slice_mut(&mut words).copy_from_slice(head);
        }
        let told = words.iter().any(|w| *w != 0).then_some(words);
        Ok(ReadOutput { data, errors: core.take_error_words().or(told) })
    }
}
