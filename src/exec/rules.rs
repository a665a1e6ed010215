//! What each device's plans are made by.

use super::Target;
use crate::compiler::codegen::{CodegenRules, Family};
use crate::compiler::fuse::FuseRules;
use crate::runtime::{Caps, Device};
use std::sync::LazyLock;

/// Kernel family forced by the environment variable `WGFLOW_KERNELS` (`direct` or `tiled`), to try one where the other is usual.
static FORCED: LazyLock<Option<Family>> =
    LazyLock::new(|| match std::env::var("WGFLOW_KERNELS").as_deref() {
        Ok("direct") => Some(Family::Direct),
        Ok("tiled") => Some(Family::Tiled),
        _ => None,
    });

/// Largest binding, made smaller by the environment variable `WGFLOW_MAX_BINDING`, to try what happens beyond it on small tensors.
static MAX_BINDING: LazyLock<Option<u64>> =
    LazyLock::new(|| std::env::var("WGFLOW_MAX_BINDING").ok()?.parse().ok());

/// The target of a device.
pub fn target_of(device: &Device) -> Target {
    device.caps().map_or(Target { fuse: CPU, codegen: None }, |caps| target_of_adapter(caps))
}

/// The target of a device with such an adapter.
pub fn target_of_adapter(caps: &Caps) -> Target {
    let usual = if caps.is_software() { Family::Direct } else { Family::Tiled };
    gpu(caps, FORCED.unwrap_or(usual))
}

const CPU: FuseRules = FuseRules {
    max_buffers: 64,
    views_in_contractions: false,
    min_rows: 8,
    busy_rows: 8,
    max_row: 1 << 28,
    row_groups: false,
    row_major: true,
    max_binding: u64::MAX,
    split_contractions: false,
    in_place: false,
    busy_results: 0,
    stored_scores: 0,
};

/// Longest loop of an invocation: software drivers stop counting at 65,535 trips, all loops together.
const MAX_TRIPS: usize = 32_768;

fn gpu(caps: &Caps, family: Family) -> Target {
    let limits = &caps.limits;
    let max_binding = MAX_BINDING.unwrap_or(u64::MAX).min(limits.max_storage_buffer_binding_size);
    Target {
        fuse: FuseRules {
            max_buffers: (limits.max_storage_buffers_per_shader_stage as usize).clamp(4, 31),
            views_in_contractions: true,
            min_rows: if family == Family::Direct { 64 } else { 2048 },
            busy_rows: if family == Family::Direct { 512 } else { 2048 },
            max_row: MAX_TRIPS,
            row_groups: family == Family::Tiled,
            row_major: false,
            max_binding,
            split_contractions: true,
            in_place: true,
            busy_results: if family == Family::Direct { 1 << 16 } else { 1 << 20 },
            stored_scores: if family == Family::Direct { 1 << 23 } else { 0 },
        },
        codegen: Some(CodegenRules {
            family,
            max_groups: limits.max_compute_workgroups_per_dimension,
            workgroup_memory: limits.max_compute_workgroup_storage_size,
            max_invocations: limits.max_compute_invocations_per_workgroup,
            max_binding,
            subgroup: subgroup(caps),
        }),
    }
}

/// The size of subgroups, where they can be used and all have the same.
fn subgroup(caps: &Caps) -> u32 {
    let [least, most] = caps.subgroup_size;
    if caps.subgroups && least == most { least } else { 0 }
}
