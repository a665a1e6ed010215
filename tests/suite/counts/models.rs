//! What predictions and training steps of whole models cost, in numbers that no machine changes.
//!
//! Plans are made for targets that are written down here, so that no adapter is needed. The numbers stand in models.txt; a change to any
//! of them shows as a difference. `WGFLOW_UPDATE=1` writes the file anew.

use std::collections::HashSet;
use std::fmt::Write;
use wgflow::compiler::codegen::{Bound, launches};
use wgflow::compiler::kernel::KernelKind;
use wgflow::compiler::plan::{Plan, buffer_bytes};
use wgflow::exec::{Target, target_of_adapter};
use wgflow::runtime::{AdapterKind, Caps, Limits};
use wgflow::{Result, config};
use wgflow_tests::costs::{least_temporaries, temporaries};
use wgflow_tests::device::device_under_test;
use wgflow_tests::models::{MODELS, inputs, labels, model};

/// The limits that every adapter of WebGPU has.
const LEAST: Limits = Limits {
    max_buffer_size: 256 << 20,
    max_storage_buffer_binding_size: 128 << 20,
    max_uniform_buffer_binding_size: 64 << 10,
    max_storage_buffers_per_shader_stage: 8,
    max_compute_workgroups_per_dimension: 65_535,
    max_compute_invocations_per_workgroup: 256,
    max_compute_workgroup_size: [256, 256, 64],
    max_compute_workgroup_storage_size: 16 << 10,
    min_storage_buffer_offset_alignment: 256,
    min_uniform_buffer_offset_alignment: 256,
};

/// A software driver on a CPU: many bindings, kernels without workgroup memory.
pub(super) fn software() -> Caps {
    Caps {
        name: "software".into(),
        driver: String::new(),
        driver_info: String::new(),
        backend: "vulkan",
        vendor: 0,
        device: 0,
        kind: AdapterKind::Software,
        limits: Limits {
            max_buffer_size: 2 << 30,
            max_storage_buffers_per_shader_stage: 1_000_000,
            max_compute_invocations_per_workgroup: 1024,
            max_compute_workgroup_size: [1024; 3],
            max_compute_workgroup_storage_size: 32 << 10,
            min_storage_buffer_offset_alignment: 16,
            min_uniform_buffer_offset_alignment: 16,
            ..LEAST
        },
        subgroup_size: [8, 8],
        subgroups: true,
        f16: true,
        timestamps: true,
        pipeline_cache: true,
    }
}

/// A GPU that has what WebGPU demands and no more.
pub(super) fn least() -> Caps {
    Caps {
        name: "least".into(),
        kind: AdapterKind::Integrated,
        limits: LEAST,
        backend: "webgpu",
        subgroups: false,
        f16: false,
        timestamps: false,
        pipeline_cache: false,
        ..software()
    }
}

/// Dispatches that are aimed at.
const GOALS: [(&str, &str, usize); 5] = [
    ("cnn", "train", 30),
    ("mobilenet_v2", "predict", 56),
    ("lstm", "predict", 44),
    ("lstm", "train", 120),
    ("block", "predict", 9),
];

/// What a plan costs.
#[derive(Debug)]
struct Costs {
    dispatches: usize,
    pipelines: usize,
    /// Bytes of all bindings of all dispatches.
    moved: u64,
    /// Bytes of the plan's temporary memory.
    temporaries: u64,
    /// Bytes of temporaries that are needed at one time: no plan can do with less.
    bound: u64,
}

fn costs(plan: &Plan, target: &Target) -> Result<Costs> {
    let mut texts = HashSet::new();
    let (dispatches, moved) = launched(plan, target, &mut texts)?;
    let (temporaries, bound) = (temporaries(plan), least_temporaries(plan));
    Ok(Costs { dispatches, pipelines: texts.len(), moved, temporaries, bound })
}

/// Dispatches of a plan and the bytes that they bind; their texts are added.
pub(super) fn launched(plan: &Plan, target: &Target, texts: &mut HashSet<String>) -> Result<(usize, u64)> {
    let (mut dispatches, mut moved) = (0, 0);
    for step in &plan.steps {
        if let KernelKind::Scan(s) = &step.kernel.kind {
            let (n, bytes) = launched(&s.body, target, texts)?;
            (dispatches, moved) = (dispatches + s.trips * n, moved + s.trips as u64 * bytes);
        }
        let Some(rules) = target.codegen.as_ref().filter(|_| !step.kernel.kind.is_call()) else { continue };
        let whole = |n: u16| {
            let b = &step.kernel.buffers[usize::from(n)];
            buffer_bytes(b.storage, b.len)
        };
        for launch in launches(&step.kernel, rules)? {
            dispatches += 1;
            for b in &launch.bindings {
                moved += match b {
                    Bound::Buffer { window: Some((_, bytes)), .. } => *bytes,
                    Bound::Buffer { number, window: None, .. } => whole(*number),
                    Bound::Errors => 0,
                };
            }
            texts.insert(launch.wgsl);
        }
    }
    Ok((dispatches, moved))
}

fn table() -> Result<String> {
    let mut text = String::from(
        "Costs of whole models by plan; see models.rs. moved, temporaries and bound in bytes.\n\n\
         model          step     target    dispatches  goal         pipelines        moved  temporaries        bound\n",
    );
    for (name, samples) in MODELS {
        let (m, x, y) = (model(name)?, inputs(name, samples)?, labels(name, samples)?);
        let steps = [
            ("predict", m.make_predict_function(std::slice::from_ref(&x))?),
            ("train", m.make_train_function((&x, &y))?),
        ];
        for (step, graph) in &steps {
            for caps in [software(), least()] {
                let target = target_of_adapter(&caps);
                let c = costs(graph.executable(&target)?.plan(), &target)?;
                // No kernel binds a buffer for reading and for writing: of the sequences that a loop's derivative reads and writes, three
                // groups must be in buffers of their own.
                let tenths = if (name, *step) == ("lstm", "train") { 12 } else { 11 };
                assert!(c.temporaries * 10 <= c.bound * tenths, "{name}, {step} on {}: {c:?}", caps.name);
                writeln!(
                    text,
                    "{name:<14} {step:<8} {:<9} {:>10}  {:<11} {:>10} {:>12} {:>12} {:>12}",
                    caps.name,
                    c.dispatches,
                    goal(name, step, c.dispatches),
                    c.pipelines,
                    c.moved,
                    c.temporaries,
                    c.bound
                )
                .map_err(|e| wgflow::Error::new(wgflow::ErrorKind::Internal, "counts", e.to_string()))?;
            }
        }
    }
    Ok(text)
}

/// The goal of a model's step, and whether it is missed.
fn goal(name: &str, step: &str, dispatches: usize) -> String {
    match GOALS.iter().find(|g| (g.0, g.1) == (name, step)) {
        Some(g) if dispatches > g.2 => format!("{} missed", g.2),
        Some(g) => g.2.to_string(),
        None => String::new(),
    }
}

#[test]
fn models_cost_what_is_written_down() -> Result<()> {
    device_under_test();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/counts/models.txt");
    let now = config::with_device("cpu", table)??;
    if std::env::var_os("WGFLOW_UPDATE").is_some() {
        std::fs::write(&path, &now).expect("models.txt can be written");
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let differ: Vec<String> = known
        .lines()
        .zip(now.lines())
        .filter(|(k, n)| k != n)
        .map(|(k, n)| format!("- {k}\n+ {n}"))
        .collect();
    assert!(
        known == now,
        "tests/suite/counts/models.txt differs; if the change is wanted, run this test with WGFLOW_UPDATE=1\n{}",
        differ.join("\n")
    );
    Ok(())
}
