//! The one place that leaves wgpu's safe interface: shader modules without injected run-time checks.

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
