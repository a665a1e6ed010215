//! Times of single kernels: on an adapter by timestamps around a pass of their own, on the CPU by the clock.

use super::gpu::{Core, Gpu};
use super::progress::Ticket;
use super::recorder::BATCH;
use crate::error::{Error, Result};
use crate::lock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use web_time::Instant;

/// Bytes of one timestamp.
const STAMP: u64 = 8;

/// One launch of a kernel, as the device timed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelTime {
    /// Name of the pipeline.
    pub label: String,
    /// Nanoseconds from the first launch of the profile to this one.
    pub start_ns: u64,
    /// Nanoseconds that it took.
    pub duration_ns: u64,
    /// Bytes of the ranges bound to it.
    pub bytes: u64,
    /// Workgroups; zeros on the CPU.
    pub grid: [u32; 3],
}

/// Times of kernels that run on the calling thread: those of the CPU device.
#[derive(Debug, Default)]
pub(super) struct HostProfile {
    running: AtomicBool,
    times: Mutex<Option<(Instant, Vec<KernelTime>)>>,
}

impl HostProfile {
    pub(super) fn start(&self) {
        *lock(&self.times) = Some((Instant::now(), vec![]));
        self.running.store(true, Ordering::Relaxed);
    }

    pub(super) fn stop(&self) -> Vec<KernelTime> {
        self.running.store(false, Ordering::Relaxed);
        let mut times = lock(&self.times).take().map(|(_, times)| times).unwrap_or_default();
        // Kernels of several threads are noted as they end.
        times.sort_by_key(|t| t.start_ns);
        let origin = times.first().map_or(0, |t| t.start_ns);
        times.iter_mut().for_each(|t| t.start_ns -= origin);
        times
    }

    /// Runs a kernel and, while a profile runs, notes its time; `label` and `bytes` are asked for then.
    pub(super) fn timed<R>(&self, about: impl FnOnce() -> (String, u64), run: impl FnOnce() -> R) -> R {
        if !self.running.load(Ordering::Relaxed) {
            return run();
        }
        let start = Instant::now();
        let result = run();
        let duration_ns = start.elapsed().as_nanos() as u64;
        let (label, bytes) = about();
        if let Some((origin, times)) = &mut *lock(&self.times) {
            let start_ns = start.saturating_duration_since(*origin).as_nanos() as u64;
            times.push(KernelTime { label, start_ns, duration_ns, bytes, grid: [0; 3] });
        }
        result
    }
}

/// What is known of a launch when it is recorded.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) label: String,
    pub(super) bytes: u64,
    pub(super) grid: [u32; 3],
}

/// A running profile.
#[derive(Debug)]
pub(super) struct Profile {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    launches: Vec<Launch>,
    pending: Vec<Times>,
    done: Vec<(Launch, [u64; 2])>,
}

/// Timestamps of a batch on their way to the host.
#[derive(Debug)]
pub(super) struct Times {
    staging: wgpu::Buffer,
    launches: Vec<Launch>,
    ticket: Arc<Ticket>,
}

impl Gpu {
    /// Starts timing every launch, each in a pass of its own; a running profile starts over.
    ///
    /// # Errors
    /// `Unimplemented` where the adapter has no timestamps; what failed since the last call.
    pub fn profile_start(&self) -> Result<()> {
        self.core.failures.check("profile_start")?;
        let caps = &self.core.caps;
        if !caps.timestamps {
            return Err(Error::unimplemented("profile_start", format!("{} has no timestamps", caps.name)));
        }
        let mut recorder = lock(&self.recorder);
        recorder.submit(&self.core);
        recorder.profile = Some(Profile::new(&self.core.device));
        Ok(())
    }

    /// Ends the profile, waits for the device, and returns the launches since [`Gpu::profile_start`] in their order;
    /// none without it.
    ///
    /// # Errors
    /// What failed since the last call.
    #[cfg(not(target_family = "wasm"))]
    pub fn profile_stop(&self) -> Result<Vec<KernelTime>> {
        let profile = {
            let mut recorder = lock(&self.recorder);
            recorder.submit(&self.core);
            recorder.profile.take()
        };
        let Some(mut profile) = profile else { return Ok(vec![]) };
        while profile.pending.iter().any(|t| t.ticket.result().is_none()) {
            self.wait();
            self.core.failures.check("profile_stop")?;
        }
        let collected = profile.collect(&self.core);
        self.core.failures.check("profile_stop").and(collected)?;
        Ok(profile.kernel_times(self.core.queue.get_timestamp_period()))
    }
}

impl Profile {
    fn new(device: &wgpu::Device) -> Self {
        let count = 2 * BATCH;
        Profile {
            queries: device.create_query_set(&wgpu::QuerySetDescriptor {
                label: None,
                ty: wgpu::QueryType::Timestamp,
                count,
            }),
            resolved: device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("timestamps"),
                size: u64::from(count) * STAMP,
                usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            }),
            launches: vec![],
            pending: vec![],
            done: vec![],
        }
    }

    /// The timestamps around the next launch of this batch.
    pub(super) fn next(&mut self, launch: Launch) -> wgpu::ComputePassTimestampWrites<'_> {
        let first = 2 * self.launches.len() as u32;
        self.launches.push(launch);
        wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(first),
            end_of_pass_write_index: Some(first + 1),
        }
    }

    /// Records that this batch's timestamps are copied to where the host can map them.
    pub(super) fn resolve(&mut self, core: &Core, encoder: &mut wgpu::CommandEncoder) -> Option<Times> {
        let launches = std::mem::take(&mut self.launches);
        let count = 2 * launches.len() as u32;
        if count == 0 {
            return None;
        }
        let size = u64::from(count) * STAMP;
        let staging = match core.staging.take(&core.device, size, size) {
            Ok(staging) => staging,
            Err(e) => {
                core.failures.record_error(e);
                return None;
            }
        };
        encoder.resolve_query_set(&self.queries, 0..count, &self.resolved, 0);
        encoder.copy_buffer_to_buffer(&self.resolved, 0, &staging, 0, size);
        Some(Times { staging, launches, ticket: core.progress.ticket(1) })
    }

    /// Asks for the timestamps of a batch that was submitted, and takes in those that are there.
    pub(super) fn map(&mut self, core: &Core, times: Times) {
        core.map(&times.staging, 2 * times.launches.len() as u64 * STAMP, &times.ticket);
        self.pending.push(times);
        if let Err(e) = self.collect(core) {
            core.failures.record_error(e);
        }
    }

    /// Takes in the batches that are done, in their order.
    fn collect(&mut self, core: &Core) -> Result<()> {
        let ready = self.pending.iter().take_while(|t| t.ticket.result().is_some()).count();
        for times in self.pending.drain(..ready) {
            times.ticket.result().unwrap_or(Ok(()))?;
            let size = 2 * times.launches.len() as u64 * STAMP;
            let stamps: Vec<u64> = core.unmap(times.staging, size, bytemuck::pod_collect_to_vec)?;
            let pairs = stamps.chunks_exact(2).map(|p| [p[0], p[1]]);
            self.done.extend(times.launches.into_iter().zip(pairs));
        }
        Ok(())
    }

    fn kernel_times(self, period: f32) -> Vec<KernelTime> {
        let origin = self.done.first().map_or(0, |(_, [start, _])| *start);
        let ns = |ticks: u64| (ticks as f64 * f64::from(period)) as u64;
        self.done
            .into_iter()
            .map(|(l, [start, end])| KernelTime {
                label: l.label,
                start_ns: ns(start.saturating_sub(origin)),
                duration_ns: ns(end.saturating_sub(start)),
                bytes: l.bytes,
                grid: l.grid,
            })
            .collect()
    }
}
