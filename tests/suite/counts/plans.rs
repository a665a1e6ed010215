//! Plans of common graphs for all kinds of devices, whichever the tests run on.

use wgflow::compiler::codegen::{CodegenRules, Family};
use wgflow::compiler::fuse::FuseRules;
use wgflow::exec::{Executable, Target};
use wgflow::hlo::Graph;
use wgflow::{DType, Result, Tensor, random};

/// A name for each kind of device and what plans are made by there.
pub(super) fn targets() -> Vec<(&'static str, Target)> {
    let cpu = FuseRules {
        max_buffers: 64,
        views_in_contractions: false,
        min_rows: 8,
        busy_rows: 8,
        max_row: 1 << 28,
        row_groups: false,
        row_major: true,
        max_binding: u64::MAX,
        split_contractions: false,
        busy_results: 0,
    };
    let gpu = |family: Family, max_buffers: usize| {
        let fuse = FuseRules {
            max_buffers,
            views_in_contractions: true,
            min_rows: if family == Family::Direct { 64 } else { 2048 },
            busy_rows: if family == Family::Direct { 512 } else { 2048 },
            max_row: 32_768,
            row_groups: family == Family::Tiled,
            row_major: false,
            max_binding: 128 << 20,
            split_contractions: true,
            busy_results: if family == Family::Direct { 1 << 16 } else { 1 << 20 },
        };
        let codegen = CodegenRules {
            family,
            max_groups: 65_535,
            workgroup_memory: 16_384,
            max_invocations: 256,
            max_binding: 128 << 20,
            subgroup: if family == Family::Direct { 8 } else { 0 },
        };
        Target { fuse, codegen: Some(codegen) }
    };
    vec![
        ("cpu", Target { fuse: cpu, codegen: None }),
        ("direct", gpu(Family::Direct, 30)),
        ("tiled", gpu(Family::Tiled, 30)),
        ("browser", gpu(Family::Tiled, 8)),
    ]
}

/// The kernels of a graph for a target, one line each.
pub(super) fn kernels(g: &Graph, target: &Target) -> Result<Vec<String>> {
    let e = Executable::new(g, target, &[])?;
    Ok(e.plan().steps.iter().map(|s| format!("{} ({} buffers)", s.kernel.label, s.places.len())).collect())
}

/// Fails where a graph is more kernels than `most` for some kind of device.
pub(super) fn at_most(most: usize, what: &str, g: &Graph) -> Result<()> {
    for (name, target) in targets() {
        let k = kernels(g, &target)?;
        println!("{what} on {name}: {}", k.len());
        assert!(k.len() <= most, "{what} on {name}: {} kernels:\n{}", k.len(), k.join("\n"));
    }
    Ok(())
}

/// Uniform numbers.
pub(super) fn noise(shape: &[usize]) -> Result<Tensor> {
    random::stateless_uniform(shape.to_vec(), [5, 6], -1.0, 1.0, DType::Float32)
}
