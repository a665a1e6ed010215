//! The autotuner: which way of writing a kernel is fastest on the adapter at hand, found by timing each on the device, once for a class of
//! shapes, and remembered for the adapter, its driver and this version.
//!
//! The environment variable `WGFLOW_TUNE` says when: `off` never, `on` (the default) on hardware adapters, `force` on software adapters
//! too, whose picks are otherwise those of a table that comes with the library, or the usual ones. Picks are written to the cache folder
//! before they are used, so that one table gives bit-equal runs. Browsers are not tuned.

#[cfg(not(target_family = "wasm"))]
mod search;
mod shipped;
#[cfg(not(target_family = "wasm"))]
mod table;
#[cfg(not(target_family = "wasm"))]
mod trial;

use crate::compiler::codegen::{CodegenRules, Variant, shape_class, variants};
use crate::compiler::kernel::Kernel;
use crate::error::Result;
use crate::runtime::{Device, Gpu};
use std::sync::{Arc, LazyLock};

/// When kernels are tuned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Off,
    On,
    Force,
}

static MODE: LazyLock<Mode> = LazyLock::new(|| match std::env::var("WGFLOW_TUNE").as_deref() {
    Ok("off") => Mode::Off,
    Ok("force") => Mode::Force,
    Ok("on") | Err(_) => Mode::On,
    Ok(other) => {
        log::warn!("WGFLOW_TUNE is '{other}'; wanted 'off', 'on' or 'force'");
        Mode::On
    }
});

/// The way to write a kernel on a device; `None` for the usual one.
pub(super) fn pick(
    device: &Device,
    gpu: &Arc<Gpu>,
    k: &Kernel,
    rules: &CodegenRules,
) -> Result<Option<Variant>> {
    let caps = gpu.caps();
    let Some(class) = shape_class(k).filter(|_| *MODE != Mode::Off) else { return Ok(None) };
    let all = variants(k, rules);
    #[cfg(not(target_family = "wasm"))]
    if !caps.is_software() || *MODE == Mode::Force {
        return search::pick(device, gpu, k, rules, class, &all);
    }
    let _ = device;
    Ok(shipped::pick(&caps.name, &class).filter(|v| all.contains(v)))
}

/// The way that is known already, without a trial; `None` for the usual one.
pub(super) fn known(gpu: &Gpu, k: &Kernel, rules: &CodegenRules) -> Option<Variant> {
    let caps = gpu.caps();
    let class = shape_class(k).filter(|_| *MODE != Mode::Off)?;
    #[cfg(not(target_family = "wasm"))]
    if !caps.is_software() || *MODE == Mode::Force {
        return search::known(caps, rules, &class).filter(|v| variants(k, rules).contains(v));
    }
    shipped::pick(&caps.name, &class).filter(|v| variants(k, rules).contains(v))
}
