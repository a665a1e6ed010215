//! Mapping staging buffers, and the words of the error cell that come with a read.

use super::gpu::{Core, ERROR_WORDS, Gpu};
use super::progress::Ticket;
use super::readback::ErrorWords;
use crate::error::{Error, Result};
use crate::{lock, read};
use std::sync::Arc;

impl Core {
    /// Asks for `buffer` to be mapped when the work submitted so far is done; completes a part of `ticket` then.
    pub(super) fn map(&self, buffer: &wgpu::Buffer, size: u64, ticket: &Arc<Ticket>) {
        let (progress, ticket) = (Arc::clone(&self.progress), Arc::clone(ticket));
        let settle = self.settler();
        buffer.map_async(wgpu::MapMode::Read, 0..size, move |result| {
            progress.complete(&ticket, result.map_err(map_error));
            settle();
        });
    }

    /// Hands what is mapped to `f`, and the buffer back to the pool.
    pub(super) fn unmap<R>(&self, buffer: wgpu::Buffer, size: u64, f: impl FnOnce(&[u8]) -> R) -> Result<R> {
        let _no_destroy = read(&self.views);
        let view = buffer.get_mapped_range(0..size).map_err(|e| Error::internal("read", e))?;
        let result = f(&view);
        drop(view);
        buffer.unmap();
        self.staging.give(buffer);
        Ok(result)
    }

    /// As [`Core::map`] for a copy of the error cell. Its words are kept even if the reader goes away.
    pub(super) fn map_error_words(&self, buffer: wgpu::Buffer, ticket: &Arc<Ticket>) {
        let (progress, ticket) = (Arc::clone(&self.progress), Arc::clone(ticket));
        let (kept, staging, mapped) =
            (Arc::clone(&self.error_words), Arc::clone(&self.staging), buffer.clone());
        let (size, settle) = (4 * ERROR_WORDS as u64, self.settler());
        buffer.map_async(wgpu::MapMode::Read, 0..size, move |result| {
            if result.is_ok()
                && let Ok(view) = mapped.get_mapped_range(0..size)
            {
                let mut words = ErrorWords::default();
                bytemuck::cast_slice_mut(&mut words).copy_from_slice(&view);
                drop(view);
                mapped.unmap();
                staging.give(mapped);
                if words != ErrorWords::default() {
                    lock(&kept).get_or_insert(words);
                }
            }
            progress.complete(&ticket, result.map_err(map_error));
            settle();
        });
    }

    /// Wakes who waits, where callbacks come from the browser's loop, in which nothing is locked. Elsewhere a thread does it.
    pub(super) fn settler(&self) -> impl Fn() + Send + 'static {
        let watched =
            cfg!(target_family = "wasm").then(|| (Arc::clone(&self.progress), Arc::clone(&self.failures)));
        move || {
            if let Some((progress, failures)) = &watched {
                progress.settle(failures);
            }
        }
    }

    pub(super) fn take_error_words(&self) -> Option<ErrorWords> {
        lock(&self.error_words).take()
    }
}

impl Gpu {
    /// The words of the error cell that a read brought and nobody was told yet. Reads return them by themselves.
    pub fn take_error_words(&self) -> Option<ErrorWords> {
        self.core.take_error_words()
    }

    /// Blocks until `ticket` is done.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn wait_for(&self, ticket: &Ticket) -> Result<()> {
        self.keep_pipelines();
        loop {
            self.wait();
            if let Some(result) = ticket.result() {
                return result;
            }
            // Another thread took the callback and is about to run it.
            std::thread::sleep(std::time::Duration::from_micros(50));
        }
    }

    /// Sees to it that futures make progress.
    pub(super) fn watch(&self) -> Result<()> {
        #[cfg(not(target_family = "wasm"))]
        self.watcher.watch()?;
        Ok(())
    }
}

fn map_error(_: wgpu::BufferAsyncError) -> Error {
    Error::internal("read", "the result could not be mapped")
}
