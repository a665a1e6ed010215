//! Uniform parameters: gathered on the host while work is recorded, written once for each submit.

use super::caps::Limits;
use super::gpu::Core;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of parameters that one submit can carry.
const CAPACITY: u64 = 128 << 10;

/// Size of the binding for parameters of `len` bytes, 0 for none: few sizes, so that bind groups are shared.
pub(super) fn window(len: u64) -> u64 {
    if len == 0 { 0 } else { len.next_power_of_two().max(64) }
}

/// The largest window of an adapter.
pub(super) fn max_window(limits: &Limits) -> u64 {
    limits.max_uniform_buffer_binding_size.min(CAPACITY)
}

/// Where parameters may begin: multiples of this.
pub(super) fn alignment(limits: &Limits) -> u64 {
    u64::from(limits.min_uniform_buffer_offset_alignment).max(16)
}

/// Parameters that stay as they are, in a uniform buffer of their own.
#[derive(Debug)]
pub(super) struct Constants {
    pub(super) raw: wgpu::Buffer,
    /// A number that no other such buffer has, and not 0.
    pub(super) id: u64,
}

static NEXT_CONSTANTS: AtomicU64 = AtomicU64::new(1);

impl Constants {
    pub(super) fn new(core: &Core, bytes: &[u8]) -> Self {
        let raw = core.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("constants"),
            size: bytes.len() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        core.queue.write_buffer(&raw, 0, bytes);
        Constants { raw, id: NEXT_CONSTANTS.fetch_add(1, Ordering::Relaxed) }
    }
}

/// One uniform buffer, bound with a dynamic offset by every dispatch of a batch.
///
/// The same bytes serve each batch: the write for a batch is ordered behind the work of the batch before.
#[derive(Debug)]
pub(super) struct Ring {
    pub(super) raw: wgpu::Buffer,
    host: Vec<u8>,
    align: u64,
}

impl Ring {
    pub(super) fn new(device: &wgpu::Device, limits: &Limits) -> Self {
        let align = alignment(limits);
        let raw = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("parameters"),
            size: CAPACITY,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Ring { raw, host: vec![], align }
    }

    /// Whether parameters of `len` bytes have room in this batch.
    pub(super) fn has_room(&self, len: u64) -> bool {
        self.next() + window(len) <= CAPACITY
    }

    /// Adds parameters and returns their offset.
    pub(super) fn push(&mut self, params: &[u8]) -> u32 {
        let offset = self.next();
        self.host.resize(offset as usize, 0);
        self.host.extend_from_slice(params);
        offset as u32
    }

    /// Writes the parameters of this batch and starts the next one.
    pub(super) fn write(&mut self, queue: &wgpu::Queue) {
        if self.host.is_empty() {
            return;
        }
        self.host.resize(self.host.len().next_multiple_of(4), 0);
        queue.write_buffer(&self.raw, 0, &self.host);
        self.host.clear();
    }

    fn next(&self) -> u64 {
        (self.host.len() as u64).next_multiple_of(self.align)
    }
}
