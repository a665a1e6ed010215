//! Devices, memory, recorded work, read-back and timing: the only part of the crate, with the kernels' generator, that knows
//! wgpu.
//!
//! - [`Context`] knows the devices of the process, and how they are configured.
//! - [`Device`] is what tensors live on: the CPU, or an adapter or a share of one. It hands out [`Buffer`]s from a pool.
//! - [`Gpu`] is an opened adapter. It compiles kernels ([`ShaderDesc`] to [`Pipeline`]) and records launches, copies and
//!   writes in the order of the calls. They run in batches; a [`Readback`] brings results.
//!
//! # Environment
//! - `WGFLOW_DEVICE`: the default device, `auto`, `cpu`, `gpu`, a device name or a part of an adapter's name.
//! - `WGFLOW_CHECKED_SHADERS=1`: compile all kernels with run-time checks of indices and loops.
//! - `WGFLOW_PIPELINES=off`: keep no compiled pipelines in the user's cache folder (`WGFLOW_HOME` names another).
//! - `WGFLOW_EAGER=immediate`: run each op when it is called, not with those that follow.
//! - `WGPU_BACKEND`, `WGPU_VALIDATION`, `WGPU_DEBUG`: wgpu's own.
//!
//! Nothing here prints; messages go to the `log` crate. Mesa's device-select layer, which other Vulkan drivers pass through
//! too, writes "XDG_RUNTIME_DIR is invalid" where that variable is not set; `NODEVICE_SELECT=1` turns the layer off.
//!
//! ```no_run
//! use wgflow::runtime::{Access, Binding, Context, ShaderDesc};
//!
//! let device = Context::new().gpus()[0].clone();
//! let gpu = device.gpu()?;
//! let double = gpu.pipeline(&ShaderDesc::new(
//!     "double",
//!     "@group(0) @binding(0) var<storage, read_write> x: array<f32>;
//!      @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
//!          if id.x < arrayLength(&x) { x[id.x] *= 2; }
//!      }",
//!     &[Access::ReadWrite][..],
//!     0,
//! ))?;
//! let x = device.upload(&1.5f32.to_le_bytes())?;
//! gpu.dispatch(&double, &[Binding::whole(&x)], &[], [1, 1, 1])?;
//! assert_eq!(device.read(&[(&x, 0..4)])?.wait()?.data[0], 3f32.to_le_bytes());
//! # Ok::<(), wgflow::Error>(())
//! ```

mod adapter;
mod bindgroup;
mod buffer;
mod cache;
mod caps;
mod choice;
mod chrome;
mod configure;
mod context;
mod deferral;
mod device;
mod failure;
#[cfg(not(target_family = "wasm"))]
mod folder;
mod gpu;
mod host;
mod launches;
mod mapping;
mod memory;
mod opaque;
#[cfg(target_family = "wasm")]
mod page;
#[cfg(not(target_family = "wasm"))]
mod parallel;
#[cfg(not(target_family = "wasm"))]
mod parting;
mod pass;
mod pipeline;
#[cfg(not(target_family = "wasm"))]
mod pipeline_file;
mod profiler;
mod progress;
mod readback;
mod recorder;
mod ring;
mod spec;
mod staging;
mod stats;
#[cfg_attr(target_family = "wasm", path = "one_thread.rs")]
pub(crate) mod threads;
mod trusted;
mod upload;
#[cfg(not(target_family = "wasm"))]
mod watcher;

pub use buffer::Buffer;
pub(crate) use cache::Cache;
pub use caps::{AdapterKind, Caps, Limits};
pub use chrome::chrome_trace;
pub use configure::LogicalDeviceConfiguration;
pub use context::{Context, PhysicalDevice};
pub(crate) use deferral::{is_synchronous, on_hand_over, set_synchronous};
pub use device::Device;
#[cfg(not(target_family = "wasm"))]
pub(crate) use folder::{folder, stable_hash, write_whole};
pub use gpu::{ERROR_WORDS, Gpu};
pub(crate) use launches::{Launch, LaunchList, Recording, Table};
pub use memory::MemoryInfo;
pub(crate) use opaque::Opaque;
#[cfg(target_family = "wasm")]
pub use page::{PageRead, ROW, set_page_read};
pub use pass::Binding;
pub use pipeline::{Access, Pipeline, ShaderDesc};
pub use profiler::KernelTime;
pub use readback::{ErrorWords, ReadOutput, Readback};
pub use spec::{DeviceSpec, DeviceType};
pub use stats::Stats;
