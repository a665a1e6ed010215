//! Recorded work: one encoder with one open pass, submitted in batches.

use super::bindgroup::{BindGroups, Group, Key};
use super::buffer::{Data, GpuStore};
use super::gpu::Core;
use super::pass::Binding;
use super::pipeline::Pipeline;
use super::profiler::{Launch, Profile};
use super::ring::{self, Constants, Ring};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Dispatches of a batch.
pub(super) const BATCH: u32 = 64;
/// Bytes bound by the dispatches of a batch.
const BATCH_BYTES: u64 = 512 << 20;
/// Writes from the host that wait for a submit, and their bytes: the host holds copies of them until then.
const WRITES: u32 = 64;
const WRITTEN: u64 = 32 << 20;
/// Batches are this many times smaller while the device has nothing to do.
const WHILE_IDLE: u32 = 4;

/// Work that is recorded and not submitted, and what recording keeps.
#[derive(Debug)]
pub(super) struct Recorder {
    // Fields drop in this order, and a pass goes before its encoder.
    pass: Option<wgpu::ComputePass<'static>>,
    encoder: Option<wgpu::CommandEncoder>,
    /// The pipeline set in the open pass.
    current: Option<wgpu::ComputePipeline>,
    ring: Ring,
    groups: BindGroups<Group>,
    key: Key,
    /// Number of the batch being recorded.
    batch: u64,
    dispatches: u32,
    bytes: u64,
    /// Writes to the queue since the last submit, and their bytes.
    writes: u32,
    written: u64,
    error_cell: u64,
    /// Whether a kernel bound the error cell since it was read.
    pub(super) error_cell_used: bool,
    pub(super) profile: Option<Profile>,
}

impl Recorder {
    pub(super) fn new(core: &Core, error_cell: u64) -> Self {
        Recorder {
            pass: None,
            encoder: None,
            current: None,
            ring: Ring::new(&core.device, &core.caps.limits),
            groups: BindGroups::new(),
            key: Key::default(),
            batch: 1,
            dispatches: 0,
            bytes: 0,
            writes: 0,
            written: 0,
            error_cell,
            error_cell_used: false,
            profile: None,
        }
    }

    /// The encoder, outside a pass, for a copy of `size` bytes that uses `stores`.
    pub(super) fn encoder<const N: usize>(
        &mut self,
        core: &Core,
        stores: [&GpuStore; N],
        size: u64,
    ) -> &mut wgpu::CommandEncoder {
        self.end_pass();
        stores.iter().for_each(|s| s.last_use.store(self.batch, Ordering::Relaxed));
        core.counters.copies.add(1);
        core.counters.bytes_moved.add(size);
        self.bytes += size;
        self.encoder.get_or_insert_with(|| core.device.create_command_encoder(&Default::default()))
    }

    /// Writes to a buffer, after recorded work that uses it; true when that submitted something.
    pub(super) fn write(&mut self, core: &Core, store: &GpuStore, offset: u64, bytes: &[u8]) -> bool {
        // Writes run before the next submit, so what is recorded and uses the buffer has to go first.
        let used = store.last_use.load(Ordering::Relaxed) == self.batch;
        if used {
            self.submit(core);
        }
        core.queue.write_buffer(&store.raw, offset, bytes);
        self.writes += 1;
        self.written += bytes.len() as u64;
        let full = self.writes >= WRITES || self.written >= WRITTEN;
        if full {
            self.submit(core);
        }
        used || full
    }

    /// Drops bind groups that hold one of these buffers.
    pub(super) fn forget(&mut self, ids: &[u64]) {
        self.groups.forget(ids);
    }

    /// Submits what is recorded and what was written since the last submit, if there is any.
    pub(super) fn submit(&mut self, core: &Core) {
        self.end_pass();
        if self.encoder.is_none() && self.writes == 0 {
            return;
        }
        let times = match (&mut self.profile, &mut self.encoder) {
            (Some(profile), Some(encoder)) => profile.resolve(core, encoder),
            _ => None,
        };
        self.ring.write(&core.queue);
        core.queue.submit(self.encoder.take().map(wgpu::CommandEncoder::finish));
        core.queue.on_submitted_work_done(core.progress.submitted());
        #[cfg(not(target_family = "wasm"))]
        super::parting::handed(core);
        if let (Some(times), Some(profile)) = (times, &mut self.profile) {
            profile.map(core, times);
        }
        core.counters.submits.add(1);
        (self.dispatches, self.bytes, self.writes, self.written) = (0, 0, 0, 0);
        self.batch += 1;
    }

    /// Records a launch that was checked; true when that submitted something. Its parameters are constants that begin at `constants`, or
    /// `own`, or there are none.
    pub(super) fn launch(
        &mut self,
        core: &Core,
        pipeline: &Pipeline,
        group: &Group,
        constants: Option<u32>,
        own: &[u8],
        grid: [u32; 3],
    ) -> bool {
        let crowded = !self.ring.has_room(own.len() as u64);
        if crowded {
            self.submit(core);
        }
        let offset = if own.is_empty() { constants } else { Some(self.ring.push(own)) };
        let timed = self.profile.is_some();
        if timed {
            self.end_pass();
        }
        self.open_pass(core, || Launch { label: pipeline.label().to_string(), bytes: group.bytes, grid });
        if let Some(pass) = &mut self.pass {
            if self.current.as_ref() != Some(&pipeline.raw) {
                pass.set_pipeline(&pipeline.raw);
                self.current = Some(pipeline.raw.clone());
            }
            pass.set_bind_group(0, &group.raw, offset.as_slice());
            pass.dispatch_workgroups(grid[0], grid[1], grid[2]);
        }
        if timed {
            self.end_pass();
        }
        for store in &group.stores {
            if let Data::Gpu(store) = &store.data {
                store.last_use.store(self.batch, Ordering::Relaxed);
            }
        }
        self.error_cell_used |= group.checks;
        self.dispatches += 1;
        self.bytes += group.bytes;
        core.counters.dispatches.add(1);
        core.counters.bytes_moved.add(group.bytes);
        let full = self.is_full(core);
        if full {
            self.submit(core);
        }
        full || crowded
    }

    fn is_full(&self, core: &Core) -> bool {
        let share = if core.progress.in_flight() == 0 { WHILE_IDLE } else { 1 };
        self.dispatches >= BATCH / share || self.bytes >= BATCH_BYTES / u64::from(share)
    }

    fn open_pass(&mut self, core: &Core, launch: impl FnOnce() -> Launch) {
        if self.pass.is_some() {
            return;
        }
        let encoder =
            self.encoder.get_or_insert_with(|| core.device.create_command_encoder(&Default::default()));
        let timestamp_writes = self.profile.as_mut().map(|p| p.next(launch()));
        let desc = wgpu::ComputePassDescriptor { label: None, timestamp_writes };
        self.pass = Some(encoder.begin_compute_pass(&desc).forget_lifetime());
        core.counters.passes.add(1);
    }

    fn end_pass(&mut self) {
        self.current = None;
        self.pass = None;
    }

    /// The bind group of these ranges and of the launch's parameters, which are `constants` or those of the batch.
    pub(super) fn group(
        &mut self,
        core: &Core,
        pipeline: &Pipeline,
        bindings: &[Binding<'_>],
        constants: Option<&Constants>,
    ) -> Arc<Group> {
        let params = ring::window(u64::from(pipeline.params_size()));
        let constants = constants.filter(|_| params > 0);
        self.key.start(pipeline.layout.id, params, constants.map_or(0, |c| c.id));
        for b in bindings {
            self.key.push(b.buffer.id(), b.offset, b.size);
        }
        let uniform = constants.map_or(&self.ring.raw, |c| &c.raw);
        let error_cell = self.error_cell;
        let (group, hit) = self.groups.get_or_make(&self.key, || {
            let storage = bindings.iter().filter_map(|b| Some((&*b.buffer.gpu()?.raw, b.offset, b.size)));
            let uniform = (params > 0).then_some((uniform, 0, params));
            let entries: Vec<_> = storage.chain(uniform).zip(0..).map(|(b, i)| entry(i, b)).collect();
            Group {
                raw: core.device.create_bind_group(&wgpu::BindGroupDescriptor {
                    label: None,
                    layout: &pipeline.layout.group,
                    entries: &entries,
                }),
                stores: bindings.iter().map(|b| Arc::clone(b.buffer.store())).collect(),
                bytes: bindings.iter().map(|b| b.size).sum(),
                checks: bindings.iter().any(|b| b.buffer.id() == error_cell),
            }
        });
        let counters = &core.counters;
        if hit {
            counters.bind_group_hits.add(1)
        } else {
            counters.bind_groups_created.add(1)
        }
        group
    }
}

fn entry(binding: u32, (buffer, offset, size): (&wgpu::Buffer, u64, u64)) -> wgpu::BindGroupEntry<'_> {
    let size = wgpu::BufferSize::new(size);
    wgpu::BindGroupEntry {
        binding,
        resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer, offset, size }),
    }
}
