//! Host-visible buffers through which results come back, reused.

use super::failure::{scoped, typed};
use super::memory::size_class;
use crate::error::Result;
use crate::lock;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Bytes that may wait for the next read.
const KEEP: u64 = 64 << 20;
/// The least size, so that small reads share buffers.
const LEAST: u64 = 4096;

/// Staging buffers of one opened adapter that are not in use.
#[derive(Debug, Default)]
pub(super) struct Staging(Mutex<Free>);

#[derive(Debug, Default)]
struct Free {
    by_size: BTreeMap<u64, Vec<wgpu::Buffer>>,
    bytes: u64,
}

impl Staging {
    /// A buffer of at least `bytes` that can be copied into and mapped for reading.
    pub(super) fn take(&self, device: &wgpu::Device, bytes: u64, max: u64) -> Result<wgpu::Buffer> {
        let size = size_class(bytes).max(LEAST).min(max.max(bytes));
        if let Some(buffer) = lock(&self.0).take(size) {
            return Ok(buffer);
        }
        let (buffer, error) = scoped(device, || {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("staging"),
                size,
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        });
        error.map_or(Ok(buffer), |e| Err(typed("read", e)))
    }

    /// Takes back an unmapped buffer.
    pub(super) fn give(&self, buffer: wgpu::Buffer) {
        let mut free = lock(&self.0);
        if free.bytes + buffer.size() <= KEEP {
            free.bytes += buffer.size();
            free.by_size.entry(buffer.size()).or_default().push(buffer);
        }
    }

    pub(super) fn clear(&self) {
        *lock(&self.0) = Free::default();
    }
}

impl Free {
    /// The smallest one that is large enough and not wastefully large.
    fn take(&mut self, size: u64) -> Option<wgpu::Buffer> {
        let (_, list) = self.by_size.range_mut(size..=size * 2).find(|(_, list)| !list.is_empty())?;
        let buffer = list.pop()?;
        self.bytes -= buffer.size();
        Some(buffer)
    }
}
