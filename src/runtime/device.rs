//! Logical devices: what tensors live on.

use super::adapter::Adapters;
use super::buffer::Buffer;
use super::caps::Caps;
use super::deferral::hand_over;
use super::gpu::Gpu;
use super::host::{self, Host};
use super::memory::{Memory, MemoryInfo};
use super::opaque::Opaque;
use super::profiler::HostProfile;
#[cfg(not(target_family = "wasm"))]
use super::profiler::KernelTime;
use super::readback::{ReadOutput, Readback};
use super::spec::DeviceType;
use super::stats::{Counters, Stats};
use crate::error::{Error, ErrorKind, Result};
use crate::lock;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// A logical device (`tf.config.LogicalDevice`): the CPU, or an adapter or a share of one. Cheap to clone.
#[derive(Clone)]
pub struct Device(Arc<Inner>);

struct Inner {
    id: u32,
    index: u32,
    memory: Arc<Memory>,
    /// Times of kernels, where they run on the host.
    profile: HostProfile,
    kind: Kind,
}

enum Kind {
    Cpu(Counters),
    Gpu(Arc<Slot>),
}

/// An adapter and its present opening, shared by the logical devices on it.
#[derive(Debug)]
pub(super) struct Slot {
    id: u64,
    index: usize,
    adapters: Arc<Adapters>,
    pub(super) caps: Arc<Caps>,
    counters: Arc<Counters>,
    checked: bool,
    current: Mutex<Option<Opaque<Arc<Gpu>>>>,
}

static NEXT_SLOT: AtomicU64 = AtomicU64::new(1);

impl Device {
    pub(super) fn cpu(id: u32, index: u32) -> Self {
        let memory = Memory::new(name(DeviceType::Cpu, index), None, false);
        Device(Arc::new(Inner {
            id,
            index,
            memory,
            profile: HostProfile::default(),
            kind: Kind::Cpu(Counters::default()),
        }))
    }

    pub(super) fn on_adapter(
        id: u32,
        index: u32,
        slot: Arc<Slot>,
        limit: Option<u64>,
        keep_idle: bool,
    ) -> Self {
        let memory = Memory::new(name(DeviceType::Gpu, index), limit, keep_idle);
        Device(Arc::new(Inner { id, index, memory, profile: HostProfile::default(), kind: Kind::Gpu(slot) }))
    }

    /// The number by which tensors know it: 0 for CPU:0.
    pub fn id(&self) -> u32 {
        self.0.id
    }

    /// TensorFlow's short name: `/device:GPU:0`.
    pub fn name(&self) -> String {
        name(self.device_type(), self.0.index)
    }

    /// TensorFlow's full name, as tensors show it: `/job:localhost/replica:0/task:0/device:GPU:0`.
    pub fn full_name(&self) -> String {
        format!("/job:localhost/replica:0/task:0{}", self.name())
    }

    /// CPU or GPU.
    pub fn device_type(&self) -> DeviceType {
        match self.0.kind {
            Kind::Cpu(_) => DeviceType::Cpu,
            Kind::Gpu(_) => DeviceType::Gpu,
        }
    }

    /// What the adapter is and can do; `None` for the CPU.
    pub fn caps(&self) -> Option<&Arc<Caps>> {
        match &self.0.kind {
            Kind::Cpu(_) => None,
            Kind::Gpu(slot) => Some(&slot.caps),
        }
    }

    /// The opened adapter: opened at the first call, and again after a loss that a call has reported.
    ///
    /// # Errors
    /// `FailedPrecondition` for the CPU; `Unavailable` once after a loss, or when the adapter cannot be opened.
    pub fn gpu(&self) -> Result<Arc<Gpu>> {
        match &self.0.kind {
            Kind::Cpu(_) => {
                Err(Error::new(ErrorKind::FailedPrecondition, "device", format!("{} is no GPU", self.name())))
            }
            Kind::Gpu(slot) => slot.open(),
        }
    }

    /// A buffer of `bytes` bytes with undefined contents.
    ///
    /// # Errors
    /// `ResourceExhausted` when it does not fit the device's memory limit, the adapter's largest buffer, or memory;
    /// as [`Device::gpu`].
    ///
    /// ```
    /// # use wgflow::runtime::Context;
    /// let cpu = Context::new().cpu();
    /// let buffer = cpu.alloc(10)?;
    /// cpu.write(&buffer, 0, b"ten bytes.")?;
    /// assert_eq!(cpu.read(&[(&buffer, 0..10)])?.wait()?.data[0], b"ten bytes.");
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    pub fn alloc(&self, bytes: u64) -> Result<Buffer> {
        match &self.0.kind {
            Kind::Cpu(_) => self.0.memory.alloc(bytes, &Host),
            Kind::Gpu(slot) => self.0.memory.alloc(bytes, &*slot.open()?),
        }
    }

    /// A new buffer that holds `bytes`.
    ///
    /// # Errors
    /// As [`Device::alloc`].
    pub fn upload(&self, bytes: &[u8]) -> Result<Buffer> {
        let buffer = self.alloc(bytes.len() as u64)?;
        self.write(&buffer, 0, bytes)?;
        Ok(buffer)
    }

    /// Writes `bytes` at `offset`; see [`Gpu::write`].
    ///
    /// # Errors
    /// As [`Gpu::write`].
    pub fn write(&self, buffer: &Buffer, offset: u64, bytes: &[u8]) -> Result<()> {
        match &self.0.kind {
            Kind::Cpu(counters) => host::write(counters, buffer, offset, bytes),
            Kind::Gpu(slot) => slot.present("write")?.write(buffer, offset, bytes),
        }
    }

    /// Starts reading ranges of buffers; see [`Gpu::read`].
    ///
    /// # Errors
    /// As [`Gpu::read`].
    pub fn read(&self, ranges: &[(&Buffer, Range<u64>)]) -> Result<Readback> {
        match &self.0.kind {
            Kind::Cpu(counters) => host::read(counters, ranges),
            Kind::Gpu(slot) => slot.present("read")?.read(ranges),
        }
    }

    /// As [`Device::read`], and waits for the bytes. A page cannot wait: there the bytes come through a canvas.
    ///
    /// # Errors
    /// As [`Device::read`]; in a program of WebAssembly `FailedPrecondition` where nothing can be read at once.
    pub fn read_now(&self, ranges: &[(&Buffer, Range<u64>)]) -> Result<ReadOutput> {
        #[cfg(target_family = "wasm")]
        match &self.0.kind {
            Kind::Cpu(counters) => host::read_now(counters, ranges),
            Kind::Gpu(slot) => slot.present("read")?.read_now(ranges),
        }
        #[cfg(not(target_family = "wasm"))]
        self.read(ranges)?.wait()
    }

    /// Copies `size` bytes between two buffers of this device, or within one. Offsets and size are multiples of 4.
    ///
    /// # Errors
    /// `Internal` for ranges outside the buffers or unaligned ones; as [`Device::alloc`].
    pub fn copy(
        &self,
        src: &Buffer,
        src_offset: u64,
        dst: &Buffer,
        dst_offset: u64,
        size: u64,
    ) -> Result<()> {
        match &self.0.kind {
            Kind::Cpu(counters) => host::copy(counters, src, src_offset, dst, dst_offset, size),
            Kind::Gpu(slot) if src.id() != dst.id() => {
                slot.present("copy")?.copy(src, src_offset, dst, dst_offset, size)
            }
            // WebGPU has no copy within a buffer.
            Kind::Gpu(slot) => {
                let between = self.alloc(size)?;
                let gpu = slot.present("copy")?;
                gpu.copy(src, src_offset, &between, 0, size)?;
                gpu.copy(&between, 0, dst, dst_offset, size)
            }
        }
    }

    /// Whether a buffer is of this device's present opening, so that work here can use it.
    pub fn owns(&self, buffer: &Buffer) -> bool {
        match (&self.0.kind, buffer.gpu()) {
            (Kind::Cpu(_), None) => true,
            (Kind::Gpu(slot), Some(store)) => {
                store.slot == slot.id
                    && self.opened().is_some_and(|gpu| gpu.core.generation == store.generation)
            }
            _ => false,
        }
    }

    /// Sets `size` bytes from `offset` to zero. Both are multiples of 4.
    ///
    /// # Errors
    /// As [`Device::copy`].
    pub fn fill_zero(&self, buffer: &Buffer, offset: u64, size: u64) -> Result<()> {
        match &self.0.kind {
            Kind::Cpu(counters) => host::fill_zero(counters, buffer, offset, size),
            Kind::Gpu(slot) => slot.present("fill_zero")?.fill_zero(buffer, offset, size),
        }
    }

    /// Hands recorded work to the driver, without waiting.
    ///
    /// # Errors
    /// What failed since the last call.
    pub fn flush(&self) -> Result<()> {
        hand_over(self)?;
        self.opened().map_or(Ok(()), |gpu| gpu.flush())
    }

    /// Waits until the device has done everything (`tf.experimental.sync_devices`).
    ///
    /// # Errors
    /// What failed since the last call.
    #[cfg(not(target_family = "wasm"))]
    pub fn sync(&self) -> Result<()> {
        hand_over(self)?;
        self.opened().map_or(Ok(()), |gpu| gpu.sync())
    }

    /// Opens the adapter ahead of use. A page has to, since it cannot wait in [`Device::alloc`].
    ///
    /// # Errors
    /// `Unavailable` when the adapter cannot be opened.
    pub async fn open(&self) -> Result<()> {
        let Kind::Gpu(slot) = &self.0.kind else { return Ok(()) };
        if self.opened().is_none_or(|gpu| gpu.core.failures.loss().is_some()) {
            let gpu = slot.open_new().await?;
            *lock(&slot.current) = Some(Opaque::new(gpu));
        }
        Ok(())
    }

    /// Opens the adapter anew if it was lost, without the error that [`Device::gpu`] gives first.
    ///
    /// # Errors
    /// `Unavailable` when the adapter cannot be opened.
    pub fn recover(&self) -> Result<()> {
        let Kind::Gpu(slot) = &self.0.kind else { return Ok(()) };
        if let Some(gpu) = self.opened() {
            gpu.core.failures.pass_over_loss();
        }
        slot.open().map(drop)
    }

    /// Gives the pool's idle memory back to the driver or the system.
    pub fn trim(&self) {
        match (&self.0.kind, self.opened()) {
            (Kind::Cpu(_), _) => self.0.memory.trim(&Host),
            (Kind::Gpu(_), Some(gpu)) => {
                self.0.memory.trim(&*gpu);
                gpu.core.staging.clear();
            }
            (Kind::Gpu(_), None) => {}
        }
    }

    /// How much memory is in use.
    pub fn memory_info(&self) -> MemoryInfo {
        self.0.memory.info()
    }

    /// Sets the peak to what is in use now.
    pub fn reset_memory_stats(&self) {
        self.0.memory.reset_peak();
    }

    /// What was done; logical devices of one adapter share the counters.
    pub fn stats(&self) -> Stats {
        self.counters().snapshot()
    }

    /// Sets the counters to zero.
    pub fn reset_stats(&self) {
        self.counters().reset();
    }

    /// Starts timing every kernel; a running profile starts over.
    ///
    /// # Errors
    /// As [`Gpu::profile_start`] and [`Device::gpu`].
    pub fn profile_start(&self) -> Result<()> {
        hand_over(self)?;
        match &self.0.kind {
            Kind::Cpu(_) => {
                self.0.profile.start();
                Ok(())
            }
            Kind::Gpu(slot) => slot.open()?.profile_start(),
        }
    }

    /// Ends the profile and returns the kernels that ran since [`Device::profile_start`], in their order.
    ///
    /// # Errors
    /// What failed since the last call.
    #[cfg(not(target_family = "wasm"))]
    pub fn profile_stop(&self) -> Result<Vec<KernelTime>> {
        hand_over(self)?;
        match &self.0.kind {
            Kind::Cpu(_) => Ok(self.0.profile.stop()),
            Kind::Gpu(_) => self.opened().map_or(Ok(vec![]), |gpu| gpu.profile_stop()),
        }
    }

    /// Runs a kernel on the host: counts it, and times it under a profile. `about` gives its name and the bytes of its buffers.
    pub(crate) fn launch<R>(&self, about: impl FnOnce() -> (String, u64), run: impl FnOnce() -> R) -> R {
        self.counters().dispatches.add(1);
        self.0.profile.timed(about, run)
    }

    fn counters(&self) -> &Counters {
        match &self.0.kind {
            Kind::Cpu(counters) => counters,
            Kind::Gpu(slot) => &slot.counters,
        }
    }

    fn opened(&self) -> Option<Arc<Gpu>> {
        match &self.0.kind {
            Kind::Cpu(_) => None,
            Kind::Gpu(slot) => lock(&slot.current).as_ref().map(|gpu| Arc::clone(gpu)),
        }
    }
}

impl Slot {
    pub(super) fn new(adapters: &Arc<Adapters>, index: usize, caps: Arc<Caps>, checked: bool) -> Arc<Self> {
        Arc::new(Slot {
            id: NEXT_SLOT.fetch_add(1, Ordering::Relaxed),
            index,
            adapters: Arc::clone(adapters),
            caps,
            counters: Arc::default(),
            checked,
            current: Mutex::default(),
        })
    }

    /// The opening that there is, lost or not.
    fn present(&self, op: &str) -> Result<Arc<Gpu>> {
        let gpu = lock(&self.current).as_ref().map(|gpu| Arc::clone(gpu));
        gpu.ok_or_else(|| Error::new(ErrorKind::FailedPrecondition, op, "the buffer is on another device"))
    }

    #[cfg(not(target_family = "wasm"))]
    fn open(&self) -> Result<Arc<Gpu>> {
        let mut current = lock(&self.current);
        if let Some(gpu) = current.as_ref().filter(|gpu| !gpu.core.failures.loss_was_reported()) {
            gpu.core.failures.check_loss("device")?;
            return Ok(Arc::clone(gpu));
        }
        let gpu = pollster::block_on(self.open_new())?;
        log::info!("opened {}", self.caps);
        Ok(Arc::clone(current.insert(Opaque::new(gpu))))
    }

    /// A page opens its adapter ahead of use, since it cannot wait.
    #[cfg(target_family = "wasm")]
    fn open(&self) -> Result<Arc<Gpu>> {
        let gpu = self.present("device")?;
        gpu.core.failures.check_loss("device")?;
        Ok(gpu)
    }

    async fn open_new(&self) -> Result<Arc<Gpu>> {
        let adapter = self.adapters.claim(self.index).await?;
        Gpu::open(adapter, Arc::clone(&self.caps), Arc::clone(&self.counters), self.id, self.checked).await
    }
}

impl PartialEq for Device {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Device {}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogicalDevice(name='{}', device_type='{}')", self.name(), self.device_type())
    }
}

fn name(kind: DeviceType, index: u32) -> String {
    format!("/device:{kind}:{index}")
}
