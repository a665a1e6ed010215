//! Device memory as tensors hold it: a handle that gives its memory back to the pool when the last clone goes.

use super::memory::Memory;
use super::opaque::Opaque;
use crate::error::{Error, Result};
use crate::{lock, read, write};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Memory on a device. Cheap to clone; the memory goes back to the device's pool with the last clone.
///
/// What a fresh buffer holds is not defined: it may have been another tensor's.
#[derive(Clone)]
pub struct Buffer(Arc<Handle>);

struct Handle {
    bytes: u64,
    store: Arc<Store>,
    home: Option<Arc<Memory>>,
    /// The values of a list, where the buffer stands for one.
    items: Mutex<Option<Arc<[Buffer]>>>,
}

/// One piece of memory, used by one [`Buffer`] after another.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) id: u64,
    pub(super) capacity: u64,
    pub(super) data: Data,
}

#[derive(Debug)]
pub(super) enum Data {
    Host(RwLock<Vec<u32>>),
    Gpu(GpuStore),
}

#[derive(Debug)]
pub(super) struct GpuStore {
    pub(super) raw: Opaque<wgpu::Buffer>,
    /// The adapter, and which opening of it.
    pub(super) slot: u64,
    pub(super) generation: u64,
    /// The batch of recorded work that used it last.
    pub(super) last_use: AtomicU64,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Store {
    pub(super) fn new(capacity: u64, data: Data) -> Arc<Self> {
        Arc::new(Store { id: NEXT_ID.fetch_add(1, Ordering::Relaxed), capacity, data })
    }

    /// 0 for host memory.
    pub(super) fn generation(&self) -> u64 {
        match &self.data {
            Data::Host(_) => 0,
            Data::Gpu(g) => g.generation,
        }
    }
}

impl Buffer {
    pub(super) fn new(bytes: u64, store: Arc<Store>, home: Option<Arc<Memory>>) -> Self {
        Buffer(Arc::new(Handle { bytes, store, home, items: Mutex::default() }))
    }

    /// Makes all clones of this handle stand for a list of values, whose length is not known before a program runs.
    pub fn set_items(&self, items: Vec<Buffer>) {
        *lock(&self.0.items) = Some(items.into());
    }

    /// The values of the list that it stands for.
    pub fn items(&self) -> Option<Arc<[Buffer]>> {
        lock(&self.0.items).clone()
    }

    /// Length in bytes as asked for; 0 for empty tensors.
    pub fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// Length of the memory behind it: at least [`Buffer::bytes`], a multiple of 64, never 0.
    pub fn capacity(&self) -> u64 {
        self.0.store.capacity
    }

    /// A number that names the memory, not the handle: a later buffer that reuses the memory has it too.
    pub fn id(&self) -> u64 {
        self.0.store.id
    }

    /// Whether it is host memory, of the built-in CPU device.
    pub fn is_host(&self) -> bool {
        matches!(self.0.store.data, Data::Host(_))
    }

    /// Whether this is the only handle, so that its memory may be overwritten.
    pub fn is_unique(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    /// The words of a buffer of the CPU device, [`Buffer::capacity`] bytes of them; waits for a writer.
    ///
    /// # Errors
    /// `Internal` for a buffer that is not host memory.
    pub fn words(&self) -> Result<RwLockReadGuard<'_, Vec<u32>>> {
        Ok(read(self.host("Buffer.words")?))
    }

    /// The words of a buffer of the CPU device for writing; waits for readers and a writer.
    ///
    /// # Errors
    /// `Internal` for a buffer that is not host memory.
    pub fn words_mut(&self) -> Result<RwLockWriteGuard<'_, Vec<u32>>> {
        Ok(write(self.host("Buffer.words_mut")?))
    }

    fn host(&self, op: &str) -> Result<&RwLock<Vec<u32>>> {
        match &self.0.store.data {
            Data::Host(words) => Ok(words),
            Data::Gpu(_) => Err(Error::internal(op, "the buffer is not host memory")),
        }
    }

    pub(super) fn store(&self) -> &Arc<Store> {
        &self.0.store
    }

    pub(super) fn gpu(&self) -> Option<&GpuStore> {
        match &self.0.store.data {
            Data::Host(_) => None,
            Data::Gpu(g) => Some(g),
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Some(home) = &self.home {
            home.recycle(Arc::clone(&self.store));
        }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer")
            .field("id", &self.id())
            .field("bytes", &self.bytes())
            .field("capacity", &self.capacity())
            .field("is_host", &self.is_host())
            .finish()
    }
}
