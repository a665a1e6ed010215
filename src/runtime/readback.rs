//! Reading results back: copied to staging in one submit, mapped, copied out.

use super::buffer::Buffer;
use super::gpu::{ERROR_WORDS, Gpu};
use super::progress::Ticket;
use crate::error::{Error, Result};
use crate::lock;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Words of the error cell, as check kernels left them.
pub type ErrorWords = [u32; ERROR_WORDS];

/// What a read brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOutput {
    /// The bytes of each range asked for, in that order.
    pub data: Vec<Vec<u8>>,
    /// The words of the error cell where kernels left one nonzero in work before this read and no read told them yet.
    pub errors: Option<ErrorWords>,
}

/// A read under way: a future of the bytes. The values are those at the time of the call, whatever is recorded later.
///
/// It makes progress by itself; it may be dropped at any time.
#[must_use = "a read does nothing visible unless it is awaited"]
#[derive(Debug)]
pub struct Readback(State);

#[derive(Debug)]
enum State {
    Ready(Option<Result<ReadOutput>>),
    Pending(Pending),
}

#[derive(Debug)]
struct Pending {
    gpu: Arc<Gpu>,
    ticket: Arc<Ticket>,
    staging: Vec<(wgpu::Buffer, u64)>,
    parts: Vec<Part>,
}

/// Where a range lies in staging.
#[derive(Debug)]
struct Part {
    staging: usize,
    bytes: Range<u64>,
}

impl Readback {
    /// A read that is done.
    pub(super) fn ready(result: Result<ReadOutput>) -> Self {
        Readback(State::Ready(Some(result)))
    }

    /// Blocks until the bytes are there.
    ///
    /// # Errors
    /// As the future: `Unavailable` after a loss, `ResourceExhausted`, `Internal`.
    #[cfg(not(target_family = "wasm"))]
    pub fn wait(self) -> Result<ReadOutput> {
        match self.0 {
            State::Ready(result) => result.unwrap_or_else(taken),
            State::Pending(pending) => {
                let result = pending.gpu.wait_for(&pending.ticket);
                pending.finish(result)
            }
        }
    }
}

impl Future for Readback {
    type Output = Result<ReadOutput>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = match &self.0 {
            State::Ready(_) => Ok(()),
            State::Pending(p) => match p.ticket.poll(cx) {
                Poll::Ready(result) => result,
                Poll::Pending => match p.gpu.watch() {
                    Ok(()) => return Poll::Pending,
                    Err(e) => Err(e),
                },
            },
        };
        Poll::Ready(match std::mem::replace(&mut self.0, State::Ready(None)) {
            State::Ready(output) => output.unwrap_or_else(taken),
            State::Pending(p) => p.finish(result),
        })
    }
}

fn taken() -> Result<ReadOutput> {
    Err(Error::internal("read", "the future was polled after it was done"))
}

impl Gpu {
    /// Starts reading ranges of buffers, all in one submit, after everything recorded so far. Where there are no bytes to
    /// read, the future is done when all that work is: a `sync` that can be awaited.
    ///
    /// # Errors
    /// `InvalidArgument` for ranges outside a buffer's bytes; `FailedPrecondition` for a buffer of another device;
    /// `ResourceExhausted` where there is no memory to read into; what failed since the last call.
    pub fn read(self: &Arc<Self>, ranges: &[(&Buffer, Range<u64>)]) -> Result<Readback> {
        const OP: &str = "read";
        let core = &self.core;
        core.failures.check(OP)?;
        for (buffer, range) in ranges {
            core.store(OP, buffer)?;
            check_bytes(OP, buffer, range)?;
        }
        let (parts, sizes) = lay_out(ranges, core.caps.limits.max_buffer_size);
        let take = |size: &u64| {
            Ok((core.staging.take(&core.device, *size, core.caps.limits.max_buffer_size)?, *size))
        };
        let staging = sizes.iter().map(take).collect::<Result<Vec<_>>>()?;
        let cell =
            core.staging.take(&core.device, 4 * ERROR_WORDS as u64, core.caps.limits.max_buffer_size)?;
        let ticket = {
            let mut recorder = lock(&self.recorder);
            for ((buffer, range), part) in ranges.iter().zip(&parts) {
                let Some(source) = buffer.gpu().filter(|_| !range.is_empty()) else { continue };
                let (start, size) = words(range);
                let target = &staging[part.staging].0;
                let encoder = recorder.encoder(core, [source], size);
                encoder.copy_buffer_to_buffer(&source.raw, start, target, part.bytes.start & !3, size);
            }
            let words_used = std::mem::take(&mut recorder.error_cell_used);
            let nothing_to_map = staging.is_empty() && !words_used;
            let ticket = core.progress.ticket(staging.len() + usize::from(words_used || nothing_to_map));
            if let Some(source) = self.error_cell().gpu().filter(|_| words_used) {
                let encoder = recorder.encoder(core, [source], 4 * ERROR_WORDS as u64);
                encoder.copy_buffer_to_buffer(&source.raw, 0, &cell, 0, 4 * ERROR_WORDS as u64);
                encoder.clear_buffer(&source.raw, 0, None);
            }
            recorder.submit(core);
            if nothing_to_map {
                let (progress, ticket) = (Arc::clone(&core.progress), Arc::clone(&ticket));
                let settle = core.settler();
                core.queue.on_submitted_work_done(move || {
                    progress.complete(&ticket, Ok(()));
                    settle();
                });
            }
            for (buffer, size) in &staging {
                core.map(buffer, *size, &ticket);
            }
            if words_used {
                core.map_error_words(cell, &ticket);
            } else {
                core.staging.give(cell);
            }
            ticket
        };
        self.after_submit();
        Ok(Readback(State::Pending(Pending { gpu: Arc::clone(self), ticket, staging, parts })))
    }
}

impl Pending {
    /// Copies out what is mapped. A loss meanwhile outranks the errors that it causes.
    fn finish(self, mapped: Result<()>) -> Result<ReadOutput> {
        let gpu = Arc::clone(&self.gpu);
        let output = mapped.and_then(|()| self.copy_out());
        gpu.core.failures.check("read").and(output)
    }

    fn copy_out(self) -> Result<ReadOutput> {
        let core = &self.gpu.core;
        let mut data = vec![vec![]; self.parts.len()];
        for (i, (buffer, size)) in self.staging.into_iter().enumerate() {
            core.unmap(buffer, size, |bytes| {
                for (part, out) in self.parts.iter().zip(&mut data).filter(|(p, _)| p.staging == i) {
                    let wanted = bytes.get(part.bytes.start as usize..part.bytes.end as usize);
                    *out = wanted.unwrap_or_default().to_vec();
                }
            })?;
        }
        core.counters.bytes_read.add(data.iter().map(|d| d.len() as u64).sum());
        Ok(ReadOutput { data, errors: core.take_error_words() })
    }
}

/// The words that hold a range of bytes: where they start, and their length in bytes.
fn words(range: &Range<u64>) -> (u64, u64) {
    let start = range.start & !3;
    (start, range.end.next_multiple_of(4) - start)
}

/// Places ranges in as few staging buffers as `max` allows; returns their places and the sizes of the buffers.
fn lay_out(ranges: &[(&Buffer, Range<u64>)], max: u64) -> (Vec<Part>, Vec<u64>) {
    let mut sizes: Vec<u64> = vec![];
    let mut parts = vec![];
    for (_, range) in ranges {
        if range.is_empty() {
            parts.push(Part { staging: 0, bytes: 0..0 });
            continue;
        }
        let (start, size) = words(range);
        match sizes.last() {
            Some(used) if used + size <= max => {}
            _ => sizes.push(0),
        }
        let staging = sizes.len() - 1;
        let at = sizes[staging] + (range.start - start);
        parts.push(Part { staging, bytes: at..at + (range.end - range.start) });
        sizes[staging] += size;
    }
    (parts, sizes)
}

/// Ranges within the bytes of a buffer.
pub(super) fn check_bytes(op: &str, buffer: &Buffer, range: &Range<u64>) -> Result<()> {
    if range.start <= range.end && range.end <= buffer.bytes() {
        return Ok(());
    }
    Err(Error::invalid(
        op,
        "range",
        format_args!("a range within {} bytes", buffer.bytes()),
        format_args!("{range:?}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::memory::Memory;
    use super::*;

    #[test]
    fn ranges_share_staging_up_to_its_limit() -> Result<()> {
        let memory = Memory::new("/device:CPU:0".into(), None, false);
        let b = memory.alloc(1000, &super::super::host::Host)?;
        let (parts, sizes) = lay_out(&[(&b, 1..3), (&b, 5..5), (&b, 0..64), (&b, 3..5), (&b, 0..1000)], 80);
        let places: Vec<_> = parts.iter().map(|p| (p.staging, p.bytes.clone())).collect();
        assert_eq!(places, [(0, 1..3), (0, 0..0), (0, 4..68), (0, 71..73), (1, 0..1000)]);
        assert_eq!(sizes, [76, 1000]);
        Ok(())
    }
}
