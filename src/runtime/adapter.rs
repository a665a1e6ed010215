//! Looking for adapters.

use super::caps::{AdapterKind, Caps};
use super::opaque::Opaque;
use crate::error::{Error, ErrorKind, Result};
use crate::lock;
use std::sync::{Arc, Mutex};

/// The adapters of the machine: hardware first, the strongest kind first, software last.
#[derive(Debug, Default)]
pub(super) struct Adapters {
    caps: Vec<Arc<Caps>>,
    /// The instance and adapters of the search, for the first that opens one of them.
    found: Mutex<Option<Opaque<Found>>>,
}

#[derive(Debug)]
struct Found {
    instance: wgpu::Instance,
    adapters: Vec<wgpu::Adapter>,
}

impl Adapters {
    /// Asks every driver of the machine.
    ///
    /// Without a Vulkan loader (or Metal, DX12) this finds none within a fraction of a millisecond.
    pub(super) async fn search() -> Self {
        let found = search().await;
        let caps = found.adapters.iter().map(|a| Arc::new(Caps::of(a))).collect();
        Adapters { caps, found: Mutex::new(Some(Opaque::new(found))) }
    }

    pub(super) fn caps(&self) -> &[Arc<Caps>] {
        &self.caps
    }

    /// An instance that nobody else polls, with the adapter at `index`.
    ///
    /// Each opened device has an instance of its own, since polling an instance waits for all devices of it.
    pub(super) async fn claim(&self, index: usize) -> Result<(wgpu::Instance, wgpu::Adapter)> {
        let first = lock(&self.found).take();
        let mut found = match first {
            Some(found) => found.into_inner(),
            None => search().await,
        };
        let wanted = self.caps.get(index);
        let same = |a: &wgpu::Adapter| wanted.is_some_and(|w| **w == Caps::of(a));
        if index < found.adapters.len() && same(&found.adapters[index]) {
            return Ok((found.instance, found.adapters.swap_remove(index)));
        }
        let name = wanted.map_or("the adapter", |c| &c.name);
        Err(Error::new(ErrorKind::Unavailable, "device", format!("{name} is no longer there")))
    }
}

async fn search() -> Found {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::PRIMARY.with_env(),
        flags: wgpu::InstanceFlags::empty().with_env(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let all = adapters_of(&instance).await;
    let mut kept: Vec<(Caps, wgpu::Adapter)> = Vec::new();
    for adapter in all {
        let caps = Caps::of(&adapter);
        if !kept.iter().any(|(k, _)| is_same_hardware(k, &caps)) {
            kept.push((caps, adapter));
        }
    }
    kept.sort_by_key(|(caps, _)| caps.kind);
    Found { instance, adapters: kept.into_iter().map(|(_, a)| a).collect() }
}

#[cfg(not(target_family = "wasm"))]
async fn adapters_of(instance: &wgpu::Instance) -> Vec<wgpu::Adapter> {
    instance.enumerate_adapters(wgpu::Backends::all()).await
}

/// A page sees one adapter, the one that the browser chooses.
#[cfg(target_family = "wasm")]
async fn adapters_of(instance: &wgpu::Instance) -> Vec<wgpu::Adapter> {
    let options = wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        ..Default::default()
    };
    instance.request_adapter(&options).await.into_iter().collect()
}

/// Whether two entries are one GPU seen through two interfaces, such as Vulkan and DX12 on Windows.
fn is_same_hardware(a: &Caps, b: &Caps) -> bool {
    a.backend != b.backend && a.kind != AdapterKind::Software && (a.vendor, a.device) == (b.vendor, b.device)
}
