//! What an adapter is and can do.

use std::fmt;

/// The kind of hardware behind an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AdapterKind {
    /// A GPU with memory of its own.
    Discrete,
    /// A GPU that shares the host's memory.
    Integrated,
    /// A GPU handed through by a virtual machine.
    Virtual,
    /// Not told by the driver.
    Other,
    /// A driver that computes on the CPU, such as llvmpipe or SwiftShader.
    Software,
}

/// The limits of an adapter that shape kernels and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are WebGPU's")]
pub struct Limits {
    pub max_buffer_size: u64,
    pub max_storage_buffer_binding_size: u64,
    pub max_uniform_buffer_binding_size: u64,
    pub max_storage_buffers_per_shader_stage: u32,
    pub max_compute_workgroups_per_dimension: u32,
    pub max_compute_invocations_per_workgroup: u32,
    pub max_compute_workgroup_size: [u32; 3],
    pub max_compute_workgroup_storage_size: u32,
    pub min_storage_buffer_offset_alignment: u32,
    pub min_uniform_buffer_offset_alignment: u32,
}

/// What an adapter is and can do (`tf.config.experimental.get_device_details` tells the first lines of it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Name, such as `NVIDIA GeForce RTX 4090` or `llvmpipe (LLVM 15.0.6, 256 bits)`.
    pub name: String,
    /// Name of the driver.
    pub driver: String,
    /// Version of the driver, in its own words.
    pub driver_info: String,
    /// `vulkan`, `metal`, `dx12` or `webgpu`.
    pub backend: &'static str,
    /// Vendor number, the PCI one where there is one.
    pub vendor: u32,
    /// Device number of the vendor.
    pub device: u32,
    /// Kind of hardware.
    pub kind: AdapterKind,
    /// Limits, the adapter's own rather than WebGPU's defaults.
    pub limits: Limits,
    /// Least and greatest number of invocations in a subgroup.
    pub subgroup_size: [u32; 2],
    /// Whether kernels may use subgroup operations.
    pub subgroups: bool,
    /// Whether kernels may compute in f16.
    pub f16: bool,
    /// Whether kernels can be timed.
    pub timestamps: bool,
    /// Whether compiled pipelines can be kept on disk.
    pub pipeline_cache: bool,
}

impl Caps {
    /// Whether the adapter computes on the CPU.
    pub fn is_software(&self) -> bool {
        self.kind == AdapterKind::Software
    }

    pub(super) fn of(adapter: &wgpu::Adapter) -> Self {
        let info = adapter.get_info();
        let features = adapter.features();
        let has = |f| features.contains(f);
        Caps {
            name: info.name,
            driver: info.driver,
            driver_info: info.driver_info,
            backend: backend_name(info.backend),
            vendor: info.vendor,
            device: info.device,
            kind: match info.device_type {
                wgpu::DeviceType::DiscreteGpu => AdapterKind::Discrete,
                wgpu::DeviceType::IntegratedGpu => AdapterKind::Integrated,
                wgpu::DeviceType::VirtualGpu => AdapterKind::Virtual,
                wgpu::DeviceType::Cpu => AdapterKind::Software,
                wgpu::DeviceType::Other => AdapterKind::Other,
            },
            limits: Limits::of(&adapter.limits()),
            subgroup_size: [info.subgroup_min_size, info.subgroup_max_size],
            subgroups: has(wgpu::Features::SUBGROUP),
            f16: has(wgpu::Features::SHADER_F16),
            timestamps: has(wgpu::Features::TIMESTAMP_QUERY),
            pipeline_cache: has(wgpu::Features::PIPELINE_CACHE),
        }
    }
}

impl fmt::Display for Caps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.name, self.backend)?;
        for part in [&self.driver, &self.driver_info] {
            if !part.is_empty() {
                write!(f, ", {part}")?;
            }
        }
        f.write_str(")")
    }
}

impl Limits {
    fn of(l: &wgpu::Limits) -> Self {
        Limits {
            max_buffer_size: l.max_buffer_size,
            max_storage_buffer_binding_size: l.max_storage_buffer_binding_size,
            max_uniform_buffer_binding_size: l.max_uniform_buffer_binding_size,
            max_storage_buffers_per_shader_stage: l.max_storage_buffers_per_shader_stage,
            max_compute_workgroups_per_dimension: l.max_compute_workgroups_per_dimension,
            max_compute_invocations_per_workgroup: l.max_compute_invocations_per_workgroup,
            max_compute_workgroup_size: [
                l.max_compute_workgroup_size_x,
                l.max_compute_workgroup_size_y,
                l.max_compute_workgroup_size_z,
            ],
            max_compute_workgroup_storage_size: l.max_compute_workgroup_storage_size,
            min_storage_buffer_offset_alignment: l.min_storage_buffer_offset_alignment,
            min_uniform_buffer_offset_alignment: l.min_uniform_buffer_offset_alignment,
        }
    }
}

/// The features that kernels and the profiler use where the adapter has them.
pub(super) fn wanted_features(adapter: &wgpu::Adapter) -> wgpu::Features {
    adapter.features()
        & (wgpu::Features::SHADER_F16
            | wgpu::Features::SUBGROUP
            | wgpu::Features::TIMESTAMP_QUERY
            | wgpu::Features::PIPELINE_CACHE)
}

fn backend_name(backend: wgpu::Backend) -> &'static str {
    match backend {
        wgpu::Backend::Noop => "noop",
        wgpu::Backend::Vulkan => "vulkan",
        wgpu::Backend::Metal => "metal",
        wgpu::Backend::Dx12 => "dx12",
        wgpu::Backend::Gl => "gl",
        wgpu::Backend::BrowserWebGpu => "webgpu",
    }
}
