//! Outputs that are next values of inputs, written over them or not.

use super::device::{compare_run, upload};
use super::random::random_graphs;
use wgflow::exec::{Arg, Executable, target_of};
use wgflow::hlo::{Graph, Literal, Spec, Val};
use wgflow::{DType, Result, config};
use wgflow_tests::device::device_under_test;
use wgflow_tests::rng::Rng;

/// A random graph after which each input moves a little by what the graph computed, as weights do, and is read once more.
fn stepped(inner: &Graph, rng: &mut Rng) -> Result<(Graph, Vec<(usize, usize)>)> {
    let mut g = Graph::new();
    let params: Vec<Val> = inner.param_specs().into_iter().map(|s| g.parameter(s)).collect();
    let mut outs = g.inline(inner, &params)?;
    let mut updates = vec![];
    for (i, &p) in params.iter().enumerate() {
        let from = outs[rng.below(outs.len().min(3))];
        let dims: Vec<usize> = (0..g.rank(from)).collect();
        let float = g.dtype(from) == DType::Float32;
        let rate = if float {
            g.reduce(wgflow::hlo::ReduceKind::Max, from, &dims)?
        } else {
            g.scalar(DType::Float32, 0.5)?
        };
        let rate = g.broadcast_to(rate, &g.shape(p).clone())?;
        let step = g.mul(p, rate)?;
        let next = g.sub(p, step)?;
        updates.push((i, outs.len()));
        outs.push(next);
        // Another reader of the old value.
        let other = g.exp(p)?;
        let other = g.tanh(other)?;
        let all: Vec<usize> = (0..g.rank(p)).collect();
        outs.push(g.reduce(wgflow::hlo::ReduceKind::Sum, other, &all)?);
    }
    g.set_outputs(outs);
    Ok((g, updates))
}

#[test]
fn next_values_may_take_the_place_of_inputs() -> Result<()> {
    device_under_test();
    let device = config::current_device()?;
    let target = target_of(&device);
    let mut rng = Rng::named("updates");
    let mut taken = 0;
    for (seed, inner) in random_graphs(60).iter().enumerate() {
        let (g, updates) = stepped(inner, &mut rng)?;
        g.verify()?;
        let args: Vec<Literal> = g
            .param_specs()
            .iter()
            .map(|s: &Spec| {
                Literal::floats(DType::Float32, s.shape.clone(), rng.uniforms(s.shape.size(), -1.0, 1.0))
            })
            .collect();
        let executable = Executable::updating(&g, &target, &[], &updates)?;
        taken += executable.plan().updates.len();
        for owned in [false, true] {
            let inputs = args.iter().map(|l| upload(&device, l)).collect::<Result<Vec<_>>>()?;
            let before = inputs.clone();
            let give = |b| if owned { Arg::Owned(b) } else { Arg::Buffer(b) };
            let outputs = executable.run(&device, inputs.into_iter().map(give).collect())?;
            let name = format!("graph {seed}, owned: {owned}");
            assert_eq!(compare_run(&name, &g, &args, &outputs), None);
            for (i, o) in &executable.plan().updates {
                assert_eq!(outputs[*o].id() == before[*i].id(), owned, "{name}");
            }
            if !owned {
                // Inputs that are not given away stay as they are.
                let mut same = Graph::new();
                let all: Vec<Val> = g.param_specs().into_iter().map(|s| same.parameter(s)).collect();
                same.set_outputs(all);
                assert_eq!(compare_run(&name, &same, &args, &before), None);
            }
        }
    }
    assert!(taken > 20 || device.caps().is_none(), "{taken} inputs are written over");
    Ok(())
}
