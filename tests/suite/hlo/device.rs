//! Compiled graphs against the exact evaluator, on the device under test.

use super::cases::all;
use super::gradients::{backward, floats, forward};
use wgflow::config;
use wgflow::exec::{Arg, Executable, Target, target_of};
use wgflow::hlo::interpret::evaluate;
use wgflow::hlo::{Graph, Literal};
use wgflow::runtime::{Buffer, Device};
use wgflow_tests::device::device_under_test;
use wgflow_tests::rng::Rng;

/// Compiles and runs a graph on the current device, whose target `adapt` may change.
pub(super) fn run(g: &Graph, args: &[Literal], adapt: &Adapt) -> wgflow::Result<Vec<Literal>> {
    let device = config::current_device()?;
    let mut target = target_of(&device);
    adapt(&mut target);
    let executable = Executable::new(g, &target, &[])?;
    let inputs =
        args.iter().map(|l| upload(&device, l).map(Arg::Buffer)).collect::<wgflow::Result<Vec<_>>>()?;
    let outputs = executable.run(&device, inputs)?;
    read(&device, g, &outputs)
}

/// A literal in a buffer of a device.
pub(super) fn upload(device: &Device, l: &Literal) -> wgflow::Result<Buffer> {
    let mut bytes = l.to_storage("test")?;
    bytes.resize(bytes.len().next_multiple_of(16), 0);
    device.upload(&bytes)
}

/// What stands in the buffers of a graph's outputs.
fn read(device: &Device, g: &Graph, outputs: &[Buffer]) -> wgflow::Result<Vec<Literal>> {
    let read = |(b, s): (&Buffer, wgflow::hlo::Spec)| {
        let bytes = (s.shape.size() * s.dtype.storage()?.bytes()) as u64;
        let r = device.read(&[(b, 0..bytes)])?.wait()?;
        assert!(r.errors.is_none());
        Literal::from_storage("test", s.dtype, s.shape, &r.data[0])
    };
    outputs.iter().zip(g.output_specs()).map(read).collect()
}

/// A change of the target under test.
pub(super) type Adapt = dyn Fn(&mut Target);

pub(super) fn compare(name: &str, g: &Graph, args: &[Literal], adapt: &Adapt) -> Option<String> {
    // Both see what float32 holds.
    let round = |l: &Literal| {
        if l.dtype.is_float() { Literal::floats(l.dtype, l.shape.clone(), l.to_f64s()) } else { l.clone() }
    };
    let args: Vec<Literal> = args.iter().map(round).collect();
    let want = evaluate(g, &args).unwrap();
    let got = match run(g, &args, adapt) {
        Ok(got) => got,
        Err(e) => return Some(format!("{name}: {e}")),
    };
    differing(name, g, &want, &got)
}

/// What is wrong with outputs of a run for arguments that float32 holds.
pub(super) fn compare_run(name: &str, g: &Graph, args: &[Literal], outputs: &[Buffer]) -> Option<String> {
    let want = evaluate(g, args).unwrap();
    let device = config::current_device().unwrap();
    differing(name, g, &want, &read(&device, g, outputs).unwrap())
}

fn differing(name: &str, g: &Graph, want: &[Literal], got: &[Literal]) -> Option<String> {
    for (w, r) in want.iter().zip(got) {
        let scale = w.to_f64s().iter().fold(1e-3f64, |a, v| if v.is_finite() { a.max(v.abs()) } else { a });
        for i in 0..w.len() {
            let (w, r) = (w.f64_at(i), r.f64_at(i));
            if !((w - r).abs() <= 2e-5 * scale || w == r || (w.is_nan() && r.is_nan())) {
                return Some(format!("{name}: element {i}: wanted {w}, got {r}\n{}", g.to_text("f")));
            }
        }
    }
    None
}

/// What is wrong with the primitives and their derivatives.
pub(super) fn problems_of_primitives(adapt: &Adapt) -> Vec<String> {
    let mut problems = vec![];
    for c in all() {
        let mut rng = Rng::named(&c.name);
        let f = forward(&c);
        let x: Vec<Literal> =
            c.inputs.iter().map(|(s, (lo, hi))| floats(s, rng.uniforms(s.size(), *lo, *hi))).collect();
        problems.extend(compare(&c.name, &f, &x, adapt));
        let b = backward(&f);
        let dy: Vec<Literal> = f
            .output_specs()
            .iter()
            .map(|s| floats(&s.shape, rng.uniforms(s.shape.size(), 0.5, 1.5)))
            .collect();
        let args: Vec<Literal> = x.iter().chain(&dy).cloned().collect();
        problems.extend(compare(&format!("{} (derivative)", c.name), &b, &args, adapt));
    }
    problems
}

#[test]
fn primitives_and_their_derivatives_run() {
    device_under_test();
    let problems = problems_of_primitives(&|_| {});
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// The graphs of all primitives and of their derivatives.
pub(crate) fn primitives_and_derivatives() -> Vec<(String, Graph)> {
    let both = |c| {
        let f = forward(&c);
        let b = backward(&f);
        [(c.name.clone(), f), (format!("{} (derivative)", c.name), b)]
    };
    all().into_iter().flat_map(both).collect()
}
