//! Inputs merged element by element.

use crate::error::{Error, Result};
use crate::keras::base::{Call, Layer, configured, layer};
use crate::ops::{array, math};
use crate::tensor::Tensor;

macro_rules! merge {
    ($(#[$meta:meta])* $name:ident, |$xs:ident| $merge:expr) => {
        layer! {
            $(#[$meta])*
            ///
            /// Inputs broadcast; those of lower rank get dimensions behind the batch.
            $name() {}
        }

        impl Layer for $name {
            configured!();

            fn call_many(&self, _: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
                let $xs = &aligned(stringify!($name), xs)?[..];
                Ok(vec![$merge?])
            }

            fn supports_masking(&self) -> bool {
                true
            }

            fn compute_mask(&self, c: &mut Call, xs: &[Tensor], _: Option<&Tensor>) -> Result<Option<Tensor>> {
                either_mask(c, xs)
            }
        }
    };
}

merge! {
    /// The sum of its inputs (`keras.layers.Add`).
    Add, |xs| folded(xs, |a, b| math::add(a, b))
}

merge! {
    /// The first input less the second (`keras.layers.Subtract`).
    Subtract, |xs| match xs {
        [a, b] => math::subtract(a, b),
        _ => Err(Error::invalid("Subtract", "inputs", "exactly 2 inputs", format_args!("{} inputs", xs.len()))),
    }
}

merge! {
    /// The product of its inputs (`keras.layers.Multiply`).
    Multiply, |xs| folded(xs, |a, b| math::multiply(a, b))
}

merge! {
    /// The mean of its inputs (`keras.layers.Average`).
    Average, |xs| folded(xs, |a, b| math::add(a, b)).and_then(|sum| math::divide(sum, xs.len() as f64))
}

merge! {
    /// The largest of its inputs (`keras.layers.Maximum`).
    Maximum, |xs| folded(xs, |a, b| math::maximum(a, b))
}

merge! {
    /// The smallest of its inputs (`keras.layers.Minimum`).
    Minimum, |xs| folded(xs, |a, b| math::minimum(a, b))
}

fn folded(xs: &[Tensor], f: impl Fn(&Tensor, &Tensor) -> Result<Tensor>) -> Result<Tensor> {
    let Some((first, rest)) = xs.split_first() else {
        return Err(Error::internal("merge", "no inputs"));
    };
    rest.iter().try_fold(first.clone(), |a, b| f(&a, b))
}

/// The inputs in one rank.
fn aligned(class: &str, xs: &[Tensor]) -> Result<Vec<Tensor>> {
    let shapes = || xs.iter().map(|x| x.shape().to_string()).collect::<Vec<_>>().join(", ");
    let Some(rank) = xs.iter().map(Tensor::rank).max() else {
        return Err(Error::invalid(class, "inputs", "at least one input", "none"));
    };
    let batch = xs.iter().find_map(|x| x.shape().first());
    if xs.iter().any(|x| x.shape().first() != batch) {
        return Err(Error::invalid(class, "inputs", "one batch size", format_args!("shapes {}", shapes())));
    }
    let lift = |x: &Tensor| {
        let mut shape = x.shape().to_vec();
        let missing = rank - shape.len();
        shape.splice(1..1, std::iter::repeat_n(1, missing));
        if missing == 0 { Ok(x.clone()) } else { array::reshape(x, shape) }
    };
    let lifted = xs.iter().map(lift).collect::<Result<Vec<_>>>()?;
    // Sizes that do not broadcast are refused here, with all shapes.
    let mut all = lifted[0].shape().clone();
    for x in &lifted[1..] {
        all = crate::broadcast(class, &all, x.shape()).map_err(|_| {
            Error::invalid(class, "inputs", "compatible shapes", format_args!("shapes {}", shapes()))
        })?;
    }
    Ok(lifted)
}

/// Masked is what is masked in every input; without a mask of each there is none.
fn either_mask(c: &Call, xs: &[Tensor]) -> Result<Option<Tensor>> {
    let masks: Option<Vec<Tensor>> = xs.iter().map(|x| c.mask(x)).collect();
    match masks {
        Some(m) => folded(&m, |a, b| math::logical_or(a, b)).map(Some),
        None => Ok(None),
    }
}
