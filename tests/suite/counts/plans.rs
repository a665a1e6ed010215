//! Plans of common graphs for all kinds of devices, whichever the tests run on.

use super::models::{least, software};
use wgflow::compiler::kernel::KernelKind;
use wgflow::compiler::plan::Plan;
use wgflow::exec::{Executable, Target, target_of, target_of_adapter};
use wgflow::function::ConcreteFunction;
use wgflow::runtime::{AdapterKind, Caps};
use wgflow::{DType, Result, Tensor, config, random};

/// A name for each kind of device and what plans are made by there.
pub(super) fn targets() -> Result<Vec<(String, Target)>> {
    let gpu = Caps { name: "gpu".into(), kind: AdapterKind::Discrete, ..software() };
    let adapters = [software(), gpu, least()];
    let mut all: Vec<_> = adapters.iter().map(|c| (c.name.clone(), target_of_adapter(c))).collect();
    all.push((
        "cpu".into(),
        config::with_device("cpu", || config::current_device().map(|d| target_of(&d)))??,
    ));
    Ok(all)
}

/// Launches of a plan; those of a loop's body once a trip.
pub(super) fn launches(plan: &Plan) -> usize {
    let of = |kind: &KernelKind| match kind {
        KernelKind::Scan(s) => s.trips * launches(&s.body),
        _ => 1,
    };
    plan.steps.iter().map(|s| of(&s.kernel.kind)).sum()
}

/// Fails where a function is more launches than `most` for some kind of device.
pub(super) fn at_most(most: usize, what: &str, f: &ConcreteFunction) -> Result<()> {
    at_most_each([most, most], what, f)
}

/// As [`at_most`]; the second number is for devices that bind no more than WebGPU demands.
pub(super) fn at_most_each(most: [usize; 2], what: &str, f: &ConcreteFunction) -> Result<()> {
    for (name, target) in targets()? {
        let e: Executable = f.executable(&target)?;
        let (n, most) = (launches(e.plan()), most[usize::from(name == "least")]);
        println!("{what} on {name}: {n}");
        assert!(n <= most, "{what} on {name}: {n} launches:\n{}", e.plan().to_text());
    }
    Ok(())
}

/// Uniform numbers.
pub(super) fn noise(shape: &[usize]) -> Result<Tensor> {
    random::stateless_uniform(shape.to_vec(), [5, 6], -1.0, 1.0, DType::Float32)
}
