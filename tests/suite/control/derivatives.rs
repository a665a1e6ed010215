//! Derivatives of loops and branches up to the third, against a real TensorFlow's in double precision; see tests/goldens/control.py.

use super::{constant, golden::goldens};
use wgflow::{
    GradientTape, Result, Tensor, add, cond, cos, exp, function, less, math, multiply, sin, sqrt,
    switch_case, while_loop,
};
use wgflow_tests::device::device_under_test;

type Function = fn(&Tensor) -> Result<Tensor>;

const ALL: [(&str, Function); 4] =
    [("h_grow", grow), ("h_nested", nested), ("h_cases", cases), ("h_conds", conds)];

fn grow(x: &Tensor) -> Result<Tensor> {
    let body = |h: &Tensor| add(multiply(h, 1.5)?, sin(multiply(h, x)?)?);
    while_loop(|h| less(h, 20.0), body, x.clone(), None)
}

fn nested(x: &Tensor) -> Result<Tensor> {
    let outer = |h: &Tensor| {
        let bound = add(h, 4.0)?;
        let inner = |t: &Tensor| add(multiply(t, 1.25)?, multiply(multiply(cos(t)?, x)?, 0.25)?);
        add(sqrt(while_loop(|t| less(t, &bound), inner, h.clone(), None)?)?, h)
    };
    while_loop(|h| less(h, 9.0), outer, x.clone(), None)
}

fn cases(x: &Tensor) -> Result<Tensor> {
    let body = |(i, h): &(Tensor, Tensor)| {
        let square = || multiply(multiply(h, h)?, 0.5);
        let wave = || add(sin(h)?, multiply(h, x)?);
        let power = || multiply(exp(multiply(h, 0.25)?)?, x);
        let next = switch_case(math::floormod(i, 3)?, &[&square, &wave, &power], None)?;
        Ok((add(i, 1)?, next))
    };
    Ok(while_loop(|(i, _)| less(i, 5), body, (constant(0)?, x.clone()), None)?.1)
}

fn conds(x: &Tensor) -> Result<Tensor> {
    let body = |h: &Tensor| {
        let small = || add(multiply(multiply(h, h)?, 0.5)?, h);
        let large = || add(add(h, 1.5)?, multiply(multiply(sin(h)?, x)?, 0.5)?);
        cond(less(h, 3.0)?, small, large)
    };
    while_loop(|h| less(h, 8.0), body, x.clone(), None)
}

/// The value and three derivatives, by tapes inside of each other.
fn derivatives(f: impl Fn(&Tensor) -> Result<Tensor>, x: &Tensor) -> Result<[Option<Tensor>; 4]> {
    let tapes = [GradientTape::new(), GradientTape::new(), GradientTape::new()];
    tapes.iter().for_each(|t| t.watch(x));
    let mut all = [Some(f(x)?), None, None, None];
    // The tape that was made last ends first.
    for (k, tape) in tapes.into_iter().rev().enumerate() {
        all[k + 1] = match &all[k] {
            Some(y) => tape.gradient(y, x)?,
            None => None,
        };
    }
    Ok(all)
}

fn compare(how: impl Fn(Function, &Tensor) -> Result<[Option<Tensor>; 4]>) -> Result<()> {
    device_under_test();
    let wanted = goldens("derivatives");
    for (name, f) in ALL {
        let found = how(f, &constant(1.25)?)?;
        for (k, found) in found.iter().enumerate() {
            let wanted = wanted[name][k].as_f64().expect("a number");
            let found = found.as_ref().expect("a derivative").item::<f32>()?;
            let near = (f64::from(found) - wanted).abs() <= 1e-4 * wanted.abs().max(1.0);
            assert!(near, "{name}, derivative {k}: wanted {wanted}, got {found}");
        }
    }
    Ok(())
}

#[test]
fn three_derivatives_op_by_op() -> Result<()> {
    compare(|f, x| derivatives(f, x))
}

#[test]
fn three_derivatives_of_a_function() -> Result<()> {
    compare(|f, x| {
        let traced = function(move |a: &[Tensor]| f(&a[0]));
        derivatives(|x| traced.call(x), x)
    })
}

#[test]
fn three_derivatives_inside_of_a_function() -> Result<()> {
    compare(|f, x| {
        let traced = function(move |a: &[Tensor]| {
            let all = derivatives(f, &a[0])?;
            Ok(all.into_iter().flatten().collect::<Vec<_>>())
        });
        let all: Vec<Tensor> = traced.call(x)?;
        Ok(std::array::from_fn(|k| all.get(k).cloned()))
    })
}
