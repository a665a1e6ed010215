//! Every shader text, of both kernel families, is valid and becomes SPIR-V, MSL and HLSL. No device takes part.

use super::all;
use crate::hlo::{primitives_and_derivatives, random_graphs};
use crate::parts::{Part, in_parts};
use std::collections::HashSet;
use wgflow::compiler::codegen::{CodegenRules, Family, launches_as, variants};
use wgflow::compiler::fuse::FuseRules;
use wgflow::exec::{Executable, Target};
use wgflow::hlo::{Attention, Graph, Spec, Val, gradient};
use wgflow::ops::array::transpose;
use wgflow::ops::by_name;
use wgflow::tensor::{Args, Entry};
use wgflow::{DType, Tensor, function, matmul, nn, ones};
use wgflow_tests::device::{device_under_test, wanted};
use wgflow_tests::shader::translate;

/// WebGPU's least limits.
fn target(family: Family, subgroup: u32) -> Target {
    let direct = family == Family::Direct;
    Target {
        fuse: FuseRules {
            max_buffers: 7,
            views_in_contractions: true,
            min_rows: if direct { 64 } else { 2048 },
            busy_rows: if direct { 512 } else { 2048 },
            max_row: 32_768,
            row_groups: !direct,
            row_major: false,
            max_binding: 128 << 20,
            split_contractions: true,
            in_place: true,
            busy_results: 1 << 16,
            stored_scores: 0,
        },
        codegen: Some(CodegenRules {
            family,
            max_groups: 65_535,
            workgroup_memory: 16 << 10,
            max_invocations: 256,
            max_binding: 128 << 20,
            subgroup,
        }),
    }
}

/// Whether this is the run for the CPU device: no device takes part here, so one run is enough.
fn once() -> bool {
    device_under_test();
    wanted() == "cpu"
}

/// Texts seen so far, and what was wrong with them.
#[derive(Default)]
struct Seen {
    /// Whether kernels are written in every way there is, or in the usual one.
    all_ways: bool,
    /// Buffers that a kernel may use, if not those of the usual target.
    max_buffers: Option<usize>,
    texts: HashSet<String>,
    problems: Vec<String>,
}

impl Seen {
    fn add(&mut self, name: &str, g: &Graph) {
        let all_ways = self.all_ways;
        for (family, subgroup) in [(Family::Direct, 0), (Family::Direct, 8), (Family::Tiled, 0)] {
            let mut target = target(family, subgroup);
            target.fuse.max_buffers = self.max_buffers.unwrap_or(target.fuse.max_buffers);
            let executable = match Executable::new(g, &target, &vec![false; g.params().len()]) {
                Ok(e) => e,
                Err(e) => return self.problems.push(format!("{name}: {e}")),
            };
            let Some(rules) = &target.codegen else { return };
            for step in executable.plan().steps.iter().filter(|s| !s.kernel.kind.is_call()) {
                let others = variants(&step.kernel, rules).into_iter().skip(1).map(Some);
                for way in [None].into_iter().chain(others.filter(|_| all_ways)) {
                    match launches_as(&step.kernel, rules, way) {
                        Ok(all) => all.into_iter().for_each(|l| self.text(name, l.wgsl)),
                        Err(e) => self.problems.push(format!("{name}: {e}")),
                    }
                }
            }
        }
    }

    fn text(&mut self, name: &str, wgsl: String) {
        if self.texts.contains(&wgsl) {
            return;
        }
        if let Err(e) = translate(&wgsl) {
            self.problems.push(format!("{name}: {e}\n{wgsl}"));
        }
        self.texts.insert(wgsl);
    }

    fn report(&self, least: usize) {
        println!("{} shader texts", self.texts.len());
        let first = &self.problems[..self.problems.len().min(5)];
        assert!(self.problems.is_empty(), "{} problems:\n{}", self.problems.len(), first.join("\n"));
        assert!(self.texts.len() >= least, "only {} texts", self.texts.len());
    }
}

in_parts!(shaders_of_ops_translate);

fn shaders_of_ops_translate(part: Part) {
    if !once() {
        return;
    }
    let mut seen = Seen::default();
    for (row, goldens) in part.of(all()) {
        for (case, golden) in (row.cases)().iter().zip(&goldens.cases) {
            let attrs = case.attrs.iter().map(|(n, v)| (n.to_string(), v.clone())).collect();
            let specs: Vec<Spec> = golden.x.iter().map(|l| Spec::new(l.dtype, l.shape.clone())).collect();
            if specs.iter().any(|s| s.dtype == DType::String) {
                continue;
            }
            // Ops of the host have no graph.
            let Ok(entry) = by_name(row.info.name, &Args(attrs)).and_then(|op| Entry::of_op(&*op, &specs))
            else {
                continue;
            };
            let name = format!("{} [{case}]", row.info.name);
            seen.add(&name, entry.graph());
            let float = |s: &Spec| s.dtype.is_differentiable();
            let given: Vec<bool> = entry.graph().output_specs().iter().map(float).collect();
            let wanted: Vec<bool> = specs.iter().map(float).collect();
            if let Ok(vjp) = entry.vjp(&given, &wanted) {
                seen.add(&format!("{name} (derivative)"), vjp.entry.graph());
            }
        }
    }
    seen.report(20);
}

#[test]
fn shaders_of_primitives_and_random_graphs_translate() {
    if !once() {
        return;
    }
    let mut seen = Seen { all_ways: true, ..Seen::default() };
    primitives_and_derivatives().iter().for_each(|(name, g)| seen.add(name, g));
    random_graphs(100).iter().enumerate().for_each(|(k, g)| seen.add(&format!("graph {k}"), g));
    seen.report(300);
}

/// Every shape of loop: few and many queries, a last block that is full or not, masks of every kind, few and very many keys.
#[test]
fn every_way_of_writing_attention_translates() -> wgflow::Result<()> {
    if !once() {
        return Ok(());
    }
    let mut seen = Seen { max_buffers: Some(8), ..Seen::default() };
    let (mut made, float) = (0, |shape: [usize; 4]| Spec::new(DType::Float32, shape));
    for [b, t, s, n, h, c] in
        [[2, 5, 7, 2, 6, 3], [4, 64, 64, 8, 16, 16], [1, 300, 8, 2, 8, 4], [1, 3, 70_000, 1, 4, 8]]
    {
        for (causal, mask) in [(false, 0), (true, 0), (false, 1), (true, s)] {
            let mut g = Graph::new();
            let x: Vec<Val> =
                [[b, t, n, h], [b, s, n, h], [b, s, n, c]].map(|x| g.parameter(float(x))).to_vec();
            let mut all = x.clone();
            if mask > 0 {
                let m = g.parameter(Spec::new(DType::Bool, [b, 1, t, mask]));
                all.push(g.broadcast_in_dim(m, [b, n, t, s], &[0, 1, 2, 3])?);
            }
            let y = g.attention(Attention::new(0.3, causal), &all)?;
            let dy = g.parameter(float([b, t, n, c]));
            let dx = gradient(&mut g, &[y], &[Some(dy)], &x)?;
            g.set_outputs([y].into_iter().chain(dx.into_iter().flatten()).collect::<Vec<_>>());
            made += 1;
            seen.add(&format!("attention {made}"), &g);
        }
    }
    seen.report(80);
    Ok(())
}

/// Large enough for every way there is, with sizes that four does and does not divide.
#[test]
fn every_way_of_writing_a_contraction_translates() -> wgflow::Result<()> {
    if !once() {
        return Ok(());
    }
    let mut seen = Seen { all_ways: true, ..Seen::default() };
    for (m, k, n) in [(96, 64, 128), (97, 66, 131)] {
        let product = function(|x: &[Tensor]| matmul(&x[0], &x[1]));
        let (a, b) = (ones([m, k], DType::Float32)?, ones([k, n], DType::Float32)?);
        seen.add("product", product.get_concrete_function((&a, &b))?.graph());
        let turned = function(|x: &[Tensor]| matmul(transpose(&x[0], [1, 0])?, transpose(&x[1], [1, 0])?));
        let (a, b) = (ones([k, m], DType::Float32)?, ones([n, k], DType::Float32)?);
        seen.add("turned product", turned.get_concrete_function((&a, &b))?.graph());
        let window =
            function(|x: &[Tensor]| nn::conv2d(&x[0], &x[1], 1, nn::Padding::Same, nn::DataFormat::Nhwc, 1));
        let (x, w) = (ones([2, 9, 9, k], DType::Float32)?, ones([3, 3, k, n], DType::Float32)?);
        seen.add("convolution", window.get_concrete_function((&x, &w))?.graph());
    }
    assert!(seen.texts.len() > 60, "{}", seen.texts.len());
    seen.report(60);
    Ok(())
}
