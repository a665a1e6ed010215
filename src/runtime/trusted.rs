//! The one place that leaves wgpu's safe interface: shader modules without injected run-time checks, and pipelines that an earlier process
//! compiled.

/// Makes a module of a kernel of this library.
///
/// With `checked` every index is clamped and every loop is counted, as for shaders of unknown origin. Without it the
/// driver sees the kernel as written. Guards of integer division stay on in both: divisors are the user's data.
pub(super) fn shader_module(
    device: &wgpu::Device,
    label: &str,
    wgsl: &str,
    checked: bool,
) -> wgpu::ShaderModule {
    let desc =
        wgpu::ShaderModuleDescriptor { label: Some(label), source: wgpu::ShaderSource::Wgsl(wgsl.into()) };
    if checked {
        return device.create_shader_module(desc);
    }
    let checks = wgpu::ShaderRuntimeChecks { int_div_checks: true, ..wgpu::ShaderRuntimeChecks::unchecked() };
    #[expect(unsafe_code, reason = "wgpu offers unchecked modules only so")]
    // SAFETY: callers pass kernels that this crate generates. They compare each index with the sizes in their
    // parameters before they use it, and their loops have a trip count; tests run the same kernels with
    // WGFLOW_CHECKED_SHADERS=1 and compare. Shader text of users does not come here.
    unsafe {
        device.create_shader_module_trusted(desc, checks)
    }
}

/// A pipeline cache that starts with the data of an earlier one, or empty.
#[cfg(not(target_family = "wasm"))]
pub(super) fn pipeline_cache(device: &wgpu::Device, data: Option<&[u8]>) -> wgpu::PipelineCache {
    let desc = wgpu::PipelineCacheDescriptor { label: None, data, fallback: true };
    #[expect(unsafe_code, reason = "drivers trust the data of a pipeline cache")]
    // SAFETY: the data are those that `PipelineCache::get_data` gave for the same adapter, driver and version of this crate: callers pass what
    // `pipeline_file` read, which compares the name of all three and a digest of the data, so that a file that was cut, mixed up or damaged
    // does not come here. wgpu and the driver compare the device once more. Who may write into the user's cache folder with a right digest
    // may run programs as the user anyway.
    unsafe {
        device.create_pipeline_cache(&desc)
    }
}
