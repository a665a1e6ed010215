//! Beyond what one kernel or one binding holds.

use super::device::{compare, problems_of_primitives};
use super::random::{problems_of_graphs, wanted_graphs};
use wgflow::DType;
use wgflow::exec::Target;
use wgflow::hlo::{Ew, Graph, Literal, Prim, Spec, Val};
use wgflow_tests::device::device_under_test;
use wgflow_tests::rng::Rng;

fn small_bindings(t: &mut Target) {
    if let Some(codegen) = &mut t.codegen {
        (t.fuse.max_binding, codegen.max_binding) = (2048, 2048);
    }
}

fn few_buffers(t: &mut Target) {
    t.fuse.max_buffers = 5;
}

#[test]
fn work_beyond_a_binding_is_cut() {
    device_under_test();
    if wgflow::config::current_device().unwrap().caps().is_none() {
        return;
    }
    let problems = problems_of_primitives(&small_bindings);
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    // A single line may be longer than so small a binding; that is said, and stays rare.
    let graphs = wanted_graphs(60);
    let (refused, wrong): (Vec<String>, Vec<String>) = problems_of_graphs(graphs, &small_bindings)
        .into_iter()
        .partition(|p| p.contains("ResourceExhaustedError") && p.contains("wanted"));
    assert!(wrong.is_empty(), "{} graphs:\n{}", wrong.len(), wrong.join("\n"));
    assert!(refused.len() as u64 * 15 <= graphs, "{} graphs:\n{}", refused.len(), refused.join("\n"));
}

#[test]
fn kernels_keep_to_few_buffers() {
    device_under_test();
    let problems = problems_of_primitives(&few_buffers);
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    let problems = problems_of_graphs(wanted_graphs(60), &few_buffers);
    assert!(problems.is_empty(), "{} graphs:\n{}", problems.len(), problems.join("\n"));
}

fn many(n: usize, join: impl Fn(&mut Graph, &[Val]) -> Val) -> (Graph, Vec<Literal>) {
    let mut g = Graph::new();
    let mut rng = Rng::named("many");
    let x: Vec<Val> = (0..n).map(|_| g.parameter(Spec::new(DType::Float32, [3, 5]))).collect();
    let y = join(&mut g, &x);
    g.set_outputs(vec![y]);
    let args = (0..n).map(|_| Literal::floats(DType::Float32, [3, 5], rng.uniforms(15, -1.0, 1.0))).collect();
    (g, args)
}

#[test]
fn many_operands_join() {
    device_under_test();
    let (g, args) = many(70, |g, x| g.concatenate(x, 1).unwrap());
    assert_eq!(compare("concatenate", &g, &args, &|_| {}), None);
    let (g, args) = many(70, |g, x| {
        x.iter().copied().reduce(|a, b| g.push(Prim::Elementwise(Ew::Add), &[a, b]).unwrap()).unwrap()
    });
    assert_eq!(compare("sum", &g, &args, &|_| {}), None);
}

#[test]
fn long_chains_compile() {
    device_under_test();
    let (g, args) = many(1, |g, x| {
        let tenth = g.full_like(x[0], 0.1).unwrap();
        (0..5000).fold(x[0], |y, _| {
            let y = g.push(Prim::Elementwise(Ew::Add), &[y, tenth]).unwrap();
            g.push(Prim::Elementwise(Ew::Sin), &[y]).unwrap()
        })
    });
    assert_eq!(compare("chain", &g, &args, &|_| {}), None);
}
