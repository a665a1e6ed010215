//! From gradients to updates: what all optimizers do alike.

use super::options::{LearningRate, Options};
use super::state::{Built, Counters, Key};
use super::{Optimizer, Step};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::function::{ConcreteFunction, FunctionArg};
use crate::keras::losses::as_dtype;
use crate::ops::{array, math};
use crate::tensor::{Tensor, Variable, is_tracing, without_recorders};

/// Updates variables: inside of a traced function as part of it, else as one compiled function of the gradients.
pub(super) fn apply<O: Optimizer + ?Sized>(o: &O, pairs: &[(Option<Tensor>, Variable)]) -> Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    let built = match o.state().built() {
        Some(b) => b,
        None => {
            o.build(&pairs.iter().map(|(_, v)| v.clone()).collect::<Vec<_>>())?;
            o.state().built().ok_or_else(|| Error::internal(o.class_name(), "was not built"))?
        }
    };
    let (grads, at) = present(o.class_name(), &built, pairs)?;
    if is_tracing() || grads.iter().any(Tensor::is_symbolic) {
        return without_recorders(|| update(o, &built, grads, &at));
    }
    let key: Key = grads.iter().zip(&at).map(|(g, &i)| (built.variables[i].id(), g.spec().clone())).collect();
    without_recorders(|| {
        let f = o.state().compiled(&key, || {
            let args: Vec<FunctionArg> = grads.iter().cloned().map(FunctionArg::Tensor).collect();
            ConcreteFunction::trace(o.class_name(), &args, |g| {
                update(o, &built, g.to_vec(), &at)?;
                Ok(vec![])
            })
        })?;
        f.call(&grads.iter().collect::<Vec<_>>()).map(|_| ())
    })
}

/// The gradients that are there, and which of the optimizer's variables each is for.
fn present(
    class: &str,
    built: &Built,
    pairs: &[(Option<Tensor>, Variable)],
) -> Result<(Vec<Tensor>, Vec<usize>)> {
    let place = format!("{class}.apply_gradients");
    let (mut grads, mut at, mut missing) = (vec![], vec![], vec![]);
    for (g, v) in pairs {
        let Some(&i) = built.index.get(&v.id()) else {
            let wanted = "variables that the optimizer was built with (make a new optimizer for others)";
            return Err(Error::invalid(&place, "grads_and_vars", wanted, v.name()));
        };
        match g {
            None => missing.push(v.name()),
            Some(g) if g.shape() != v.shape() => {
                let wanted = format!("a gradient of shape {} for {}", v.shape(), v.name());
                return Err(Error::invalid(
                    &place,
                    "grads_and_vars",
                    wanted,
                    format_args!("shape {}", g.shape()),
                ));
            }
            Some(g) => {
                grads.push(g.clone());
                at.push(i);
            }
        }
    }
    if grads.is_empty() {
        let received = format!("None for {}", missing.join(", "));
        return Err(Error::invalid(
            &place,
            "grads_and_vars",
            "a gradient for at least one variable",
            received,
        ));
    }
    if !missing.is_empty() {
        log::warn!(
            "{place}: gradients do not exist for variables {} when minimizing the loss; they stay as they are",
            missing.join(", ")
        );
    }
    Ok((grads, at))
}

/// The whole step, written with ops.
fn update<O: Optimizer + ?Sized>(o: &O, built: &Built, grads: Vec<Tensor>, at: &[usize]) -> Result<()> {
    let options = o.options();
    let Counters { iteration, learning_rate } = o.state().counters(o)?;
    let count = iteration.value()?;
    let mut grads = in_dtype_of_variables(built, grads, at)?;
    if let Some(scale) = options.loss_scale_factor {
        grads = grads.iter().map(|g| math::divide(g, scale)).collect::<Result<_>>()?;
    }
    let due = match options.gradient_accumulation_steps {
        None => None,
        Some(steps) => {
            let (due, averaged) = accumulate(built, &grads, at, &count, steps)?;
            grads = averaged;
            Some(due)
        }
    };
    let updates = match options.gradient_accumulation_steps {
        None => count.clone(),
        Some(steps) => math::floordiv(&count, steps)?,
    };
    let rate = match (&options.learning_rate, &learning_rate) {
        (_, Some(v)) => v.value()?,
        (LearningRate::Schedule(s), None) => s.call(&count)?,
        (LearningRate::Number(v), None) => math::multiply(array::ones((), DType::Float32)?, *v)?,
    };
    let grads = clip(&options, grads)?;
    let old_shared = built.shared.iter().map(Variable::value).collect::<Result<Vec<_>>>()?;
    let mut step = Step {
        learning_rate: rate,
        number: math::add(as_dtype(&updates, DType::Float32)?, 1.0)?,
        scalars: vec![],
        shared: old_shared.clone(),
    };
    o.prepare(&mut step)?;
    let chosen = |new: &Tensor, old: &Tensor| match &due {
        None => Ok(new.clone()),
        Some(due) => array::where_(due, new, old),
    };
    for (v, (new, old)) in built.shared.iter().zip(step.shared.iter().zip(&old_shared)) {
        v.assign(chosen(new, old)?)?;
    }
    for (gradient, &i) in grads.iter().zip(at) {
        let variable = &built.variables[i];
        let old = variable.value()?;
        let decayed = decay(o, &options, variable, &old, &step.learning_rate)?;
        let old_slots = built.slots[i].iter().map(Variable::value).collect::<Result<Vec<_>>>()?;
        let (new, slots) = o.update_step(&step, gradient, &decayed, &old_slots)?;
        variable.assign(chosen(&new, &old)?)?;
        for (v, (new, old)) in built.slots[i].iter().zip(slots.iter().zip(&old_slots)) {
            v.assign(chosen(new, old)?)?;
        }
    }
    if options.use_ema {
        average(built, &options, &updates)?;
    }
    iteration.assign(math::add(&count, 1_i64)?)
}

fn in_dtype_of_variables(built: &Built, grads: Vec<Tensor>, at: &[usize]) -> Result<Vec<Tensor>> {
    grads.iter().zip(at).map(|(g, &i)| as_dtype(g, built.variables[i].dtype())).collect()
}

/// Adds gradients to what earlier steps left. Says whether this is the step that uses them, and their mean.
fn accumulate(
    built: &Built,
    grads: &[Tensor],
    at: &[usize],
    count: &Tensor,
    steps: i64,
) -> Result<(Tensor, Vec<Tensor>)> {
    let due = math::equal(math::floormod(math::add(count, 1_i64)?, steps)?, 0_i64)?;
    let mut averaged = vec![];
    for (g, &i) in grads.iter().zip(at) {
        let sum = math::add(g, built.accumulators[i].value()?)?;
        averaged.push(math::divide(&sum, steps as f64)?);
        built.accumulators[i].assign(sum)?;
    }
    for a in &built.accumulators {
        let sum = a.value()?;
        a.assign(array::where_(&due, array::zeros_like(&sum)?, &sum)?)?;
    }
    Ok((due, averaged))
}

fn clip(options: &Options, grads: Vec<Tensor>) -> Result<Vec<Tensor>> {
    let set = |v: Option<f64>| v.filter(|&v| v > 0.0);
    if let Some(norm) = set(options.clipnorm) {
        return grads.iter().map(|g| math::clip_by_norm(g, norm, None)).collect();
    }
    if let Some(norm) = set(options.global_clipnorm) {
        return math::clip_by_global_norm(&grads, norm, None).map(|(grads, _)| grads);
    }
    if let Some(bound) = set(options.clipvalue) {
        return grads.iter().map(|g| math::clip_by_value(g, -bound, bound)).collect();
    }
    Ok(grads)
}

/// The variable less its decay.
fn decay<O: Optimizer + ?Sized>(
    o: &O,
    options: &Options,
    variable: &Variable,
    value: &Tensor,
    rate: &Tensor,
) -> Result<Tensor> {
    let Some(decay) = options.weight_decay else { return Ok(value.clone()) };
    let excluded = crate::lock(&o.state().excluded);
    if excluded.ids.contains(&variable.id()) || excluded.names.iter().any(|n| variable.name().contains(n)) {
        return Ok(value.clone());
    }
    drop(excluded);
    let lost = math::multiply(math::multiply(value, decay)?, as_dtype(rate, value.dtype())?)?;
    math::subtract(value, lost)
}

/// Moves averages towards the variables, and variables to their averages where it is time.
fn average(built: &Built, options: &Options, updates: &Tensor) -> Result<()> {
    let later = math::not_equal(updates, 0_i64)?;
    let due = match options.ema_overwrite_frequency {
        None => None,
        Some(n) => Some(math::equal(math::floormod(math::add(updates, 1_i64)?, n)?, 0_i64)?),
    };
    for (variable, average) in built.variables.iter().zip(&built.averages) {
        let value = variable.value()?;
        // The first average is the variable itself.
        let momentum = math::multiply(as_dtype(&later, value.dtype())?, options.ema_momentum)?;
        let kept = math::multiply(&momentum, average.value()?)?;
        let new = math::add(kept, math::multiply(math::subtract(1.0, &momentum)?, &value)?)?;
        average.assign(&new)?;
        if let Some(due) = &due {
            variable.assign(array::where_(due, new, value)?)?;
        }
    }
    Ok(())
}
