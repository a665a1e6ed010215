//! One opened adapter: its wgpu device and queue, and all that is kept with them.

use super::buffer::{Buffer, Data, GpuStore, Store};
use super::caps::{Caps, wanted_features};
use super::failure::{Failures, scoped, stale, typed};
use super::memory::{Source, size_class};
use super::opaque::Opaque;
use super::pipeline::{Pipeline, Pipelines, ShaderDesc};
use super::progress::Progress;
use super::readback::ErrorWords;
use super::recorder::Recorder;
use super::ring;
use super::staging::Staging;
use super::stats::Counters;
use crate::error::{Error, ErrorKind, Result};
use crate::{lock, write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
#[cfg(not(target_family = "wasm"))]
use std::time::Duration;

/// Words of the error cell.
pub const ERROR_WORDS: usize = 16;

/// Submits in flight beyond which the host waits; a page cannot wait.
pub(super) const MAX_IN_FLIGHT: u64 = 24;

/// The first and the longest pause between two looks at how much is in flight.
#[cfg(not(target_family = "wasm"))]
const PAUSES: std::ops::Range<Duration> = Duration::from_micros(100)..Duration::from_millis(2);

/// One opened adapter. It records dispatches into batches, submits them, and reads results back.
///
/// Logical devices of one adapter share it. All methods may be called from any thread; work runs in the order of the calls.
/// After a loss every call fails with `Unavailable`, and [`Device::gpu`](super::Device::gpu) opens a new one.
#[derive(Debug)]
pub struct Gpu {
    pub(super) recorder: Mutex<Recorder>,
    pub(super) core: Core,
    pipelines: Pipelines,
    error_cell: Buffer,
    #[cfg(not(target_family = "wasm"))]
    pub(super) watcher: super::watcher::Watcher,
}

/// What recording, uploading and reading share.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    /// Nobody else's, so that waiting for it waits for this device only. Unlike `Device::poll`, waiting for an instance
    /// does not panic when the device is lost meanwhile.
    pub(super) instance: wgpu::Instance,
    pub(super) caps: Arc<Caps>,
    pub(super) counters: Arc<Counters>,
    pub(super) failures: Arc<Failures>,
    pub(super) progress: Arc<Progress>,
    pub(super) staging: Arc<Staging>,
    /// Words of the error cell that came with a read and were not told yet.
    pub(super) error_words: Arc<Mutex<Option<ErrorWords>>>,
    /// Held for reading while mapped memory is looked at: wgpu frees it under a view when its device is destroyed.
    pub(super) views: Arc<RwLock<()>>,
    /// Names the adapter, in this opening and others.
    pub(super) slot: u64,
    /// Names this opening; no other of the process has it.
    pub(super) generation: u64,
}

static NEXT_GENERATION: AtomicU64 = AtomicU64::new(1);

impl Gpu {
    pub(super) async fn open(
        (instance, adapter): (wgpu::Instance, wgpu::Adapter),
        caps: Arc<Caps>,
        counters: Arc<Counters>,
        slot: u64,
        checked: bool,
    ) -> Result<Arc<Self>> {
        let request = wgpu::DeviceDescriptor {
            label: Some("wgflow"),
            required_features: wanted_features(&adapter),
            required_limits: adapter.limits(),
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            ..Default::default()
        };
        let (device, queue) = adapter.request_device(&request).await.map_err(|e| {
            Error::new(ErrorKind::Unavailable, "device", format!("{} cannot be opened: {e}", caps.name))
        })?;
        #[cfg(not(target_family = "wasm"))]
        let file = super::pipeline_file::PipelineFile::open(&device, &adapter.get_info(), &caps);
        let failures = Arc::new(Failures::default());
        let sink = Arc::clone(&failures);
        device.on_uncaptured_error(Arc::new(move |e| sink.record(e)));
        let sink = Arc::clone(&failures);
        device.set_device_lost_callback(move |_, message| sink.record_lost(&message));
        let generation = NEXT_GENERATION.fetch_add(1, Ordering::Relaxed);
        let core = Core {
            device,
            queue,
            instance,
            caps,
            counters,
            failures,
            progress: Arc::default(),
            staging: Arc::default(),
            error_words: Arc::default(),
            views: Arc::default(),
            slot,
            generation,
        };
        let error_cell = Buffer::new(4 * ERROR_WORDS as u64, core.create(size_class(0))?, None);
        Ok(Arc::new(Gpu {
            recorder: Mutex::new(Recorder::new(&core, error_cell.id())),
            #[cfg(not(target_family = "wasm"))]
            pipelines: Pipelines::new(checked, generation, file),
            #[cfg(target_family = "wasm")]
            pipelines: Pipelines::new(checked, generation),
            error_cell,
            #[cfg(not(target_family = "wasm"))]
            watcher: super::watcher::Watcher::new(&core),
            core,
        }))
    }

    /// What the adapter is and can do.
    pub fn caps(&self) -> &Arc<Caps> {
        &self.core.caps
    }

    /// The buffer of [`ERROR_WORDS`] words into which check kernels write. Zeroed when made; each read-back brings its
    /// words along if a kernel bound it since, and zeroes it again.
    pub fn error_cell(&self) -> &Buffer {
        &self.error_cell
    }

    /// The compiled kernel of `desc`: from the cache, or compiled now.
    ///
    /// # Errors
    /// `Internal` with the numbered source lines when the text does not compile or exceeds a limit of the adapter;
    /// `Unavailable` after a loss.
    pub fn pipeline(&self, desc: &ShaderDesc<'_>) -> Result<Arc<Pipeline>> {
        self.core.failures.check("pipeline")?;
        let room = ring::max_window(&self.core.caps.limits);
        if u64::from(desc.params_size) > room {
            let what =
                format!("kernel '{}': {} bytes of parameters exceed {room}", desc.label, desc.params_size);
            return Err(Error::internal("pipeline", what));
        }
        self.pipelines.get(&self.core.device, desc, &self.core.counters)
    }

    /// Compiles many kernels, in parallel where there are threads. Results come in the order of `descs`.
    pub fn pipelines(&self, descs: &[ShaderDesc<'_>]) -> Vec<Result<Arc<Pipeline>>> {
        #[cfg(not(target_family = "wasm"))]
        {
            super::parallel::map(descs, |d| self.pipeline(d))
        }
        #[cfg(target_family = "wasm")]
        {
            descs.iter().map(|d| self.pipeline(d)).collect()
        }
    }

    /// Submits that the device has not done yet, as far as the host knows.
    pub fn in_flight(&self) -> u64 {
        self.core.progress.in_flight()
    }

    /// How many pipelines are kept.
    pub fn pipelines_kept(&self) -> usize {
        self.pipelines.len()
    }

    /// Hands what is recorded to the driver, and does not wait for it.
    ///
    /// # Errors
    /// What failed since the last call: `Internal`, `ResourceExhausted`, `Unavailable`.
    pub fn flush(&self) -> Result<()> {
        lock(&self.recorder).submit(&self.core);
        self.after_submit();
        self.core.failures.check("flush")
    }

    /// Submits what is recorded and waits until the device has done everything.
    ///
    /// # Errors
    /// As [`Gpu::flush`].
    #[cfg(not(target_family = "wasm"))]
    pub fn sync(&self) -> Result<()> {
        lock(&self.recorder).submit(&self.core);
        self.keep_pipelines();
        self.wait();
        self.core.failures.check("sync")
    }

    /// Keeps new pipelines on disk, while the device works: before waits.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn keep_pipelines(&self) {
        if self.core.failures.loss().is_none() {
            self.pipelines.keep(false);
        }
    }

    /// Destroys the device as a driver reset would: its memory is freed, its buffers answer `Unavailable`, and the next
    /// allocation on a logical device of this adapter opens it anew.
    pub fn destroy(&self) {
        self.core.failures.record_lost("destroyed");
        {
            let _no_views = write(&self.core.views);
            self.core.device.destroy();
            // Memory is freed and pending callbacks are called when the queue has run dry.
            self.core.instance.poll_all(true);
        }
        self.core.progress.settle(&self.core.failures);
    }

    /// Waits until everything submitted is done, or the device is lost.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn wait(&self) {
        self.core.instance.poll_all(true);
        self.core.progress.settle(&self.core.failures);
    }

    /// Runs wakers, and sleeps while too much is in flight. Call it after a submit, without locks.
    pub(super) fn after_submit(&self) {
        self.throttle(MAX_IN_FLIGHT);
    }

    /// As [`Gpu::after_submit`], for submits that are heavier than others.
    pub(super) fn throttle(&self, max_in_flight: u64) {
        let core = &self.core;
        core.progress.settle(&core.failures);
        #[cfg(not(target_family = "wasm"))]
        if core.progress.in_flight() > max_in_flight {
            core.counters.throttles.add(1);
            // A queue of work is left, so the device does not run dry while the host sleeps: longer and longer, as looking costs the host
            // more than a late look costs the device.
            let mut pause = PAUSES.start;
            while core.progress.in_flight() > max_in_flight * 3 / 4 && core.failures.loss().is_none() {
                std::thread::sleep(pause);
                pause = (pause * 2).min(PAUSES.end);
                core.instance.poll_all(false);
                core.progress.settle(&core.failures);
            }
        }
        #[cfg(target_family = "wasm")]
        let _ = max_in_flight;
    }
}

#[cfg(not(target_family = "wasm"))]
impl Drop for Gpu {
    fn drop(&mut self) {
        if self.core.failures.loss().is_none() {
            self.pipelines.keep(true);
        }
    }
}

impl Core {
    /// The store of a buffer that this adapter can use.
    pub(super) fn store<'a>(&self, op: &str, buffer: &'a Buffer) -> Result<&'a GpuStore> {
        match buffer.gpu() {
            Some(g) if g.generation == self.generation => Ok(g),
            Some(g) if g.slot == self.slot => Err(stale(op, "buffer")),
            _ => Err(Error::new(ErrorKind::FailedPrecondition, op, "the buffer is on another device")),
        }
    }

    fn create(&self, capacity: u64) -> Result<Arc<Store>> {
        let (raw, error) = scoped(&self.device, || {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size: capacity,
                usage: wgpu::BufferUsages::STORAGE
                    | wgpu::BufferUsages::COPY_SRC
                    | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        });
        if let Some(e) = error {
            return Err(typed("Device.alloc", e));
        }
        self.failures.check("Device.alloc")?;
        self.counters.buffers_created.add(1);
        let last_use = AtomicU64::new(0);
        Ok(Store::new(
            capacity,
            Data::Gpu(GpuStore {
                raw: Opaque::new(raw),
                generation: self.generation,
                slot: self.slot,
                last_use,
            }),
        ))
    }
}

impl Source for Gpu {
    fn generation(&self) -> u64 {
        self.core.generation
    }

    fn max_bytes(&self) -> u64 {
        self.core.caps.limits.max_buffer_size & !63
    }

    fn create(&self, capacity: u64) -> Result<Arc<Store>> {
        self.core.create(capacity)
    }

    fn forget(&self, ids: &[u64]) {
        lock(&self.recorder).forget(ids);
    }

    fn relieve(&self) -> Result<()> {
        self.core.staging.clear();
        #[cfg(target_family = "wasm")]
        return self.flush();
        #[cfg(not(target_family = "wasm"))]
        self.sync()
    }
}
