//! GradientTape: what it watches, how often, in what order, and what it says when there is no gradient.

use super::{constant, near};
use std::sync::Arc;
use wgflow::{
    GradientTape, Result, Tensor, Unconnected, Variable, add, concat, custom_gradient, exp, function, gather,
    math, multiply, reduce_sum, square, stop_gradient,
};
use wgflow_tests::device::device_under_test;

#[test]
fn tensors_count_once_watched() -> Result<()> {
    device_under_test();
    let x = constant(3.0)?;
    let tape = GradientTape::new();
    let y = square(&x)?;
    assert!(tape.gradient(&y, &x)?.is_none());
    let tape = GradientTape::new();
    tape.watch(&x);
    let y = square(&x)?;
    near(&tape.gradient(&y, &x)?.expect("watched"), &[6.0]);
    Ok(())
}

#[test]
fn a_tape_gives_gradients_once_unless_persistent() -> Result<()> {
    device_under_test();
    let x = Variable::new(2.0)?;
    let tape = GradientTape::new();
    let y = square(&x)?;
    tape.gradient(&y, &x)?;
    let e = tape.gradient(&y, &x).expect_err("a used tape");
    assert!(e.to_string().contains("persistent"), "{e}");
    let tape = GradientTape::persistent();
    let y = square(&x)?;
    let z = multiply(&y, &y)?;
    near(&tape.gradient(&z, &x)?.expect("connected"), &[32.0]);
    near(&tape.gradient(&y, &x)?.expect("connected"), &[4.0]);
    Ok(())
}

#[test]
fn nested_tapes_give_second_derivatives() -> Result<()> {
    device_under_test();
    let x = Variable::new(2.0)?;
    let outer = GradientTape::new();
    let inner = GradientTape::new();
    let y = multiply(&square(&x)?, &x)?;
    let dy = inner.gradient(&y, &x)?.expect("connected");
    let d2y = outer.gradient(&dy, &x)?.expect("connected");
    near(&dy, &[12.0]);
    near(&d2y, &[12.0]);
    Ok(())
}

#[test]
fn jacobians() -> Result<()> {
    device_under_test();
    let x = constant([1.0, 2.0, 3.0])?;
    let tape = GradientTape::new();
    tape.watch(&x);
    let y = multiply(&square(&x)?, reduce_sum(&x, None, false)?)?;
    let j = tape.jacobian(&y, &x)?.expect("connected");
    // d(x_i^2 s)/dx_j = 2 x_i s (i = j) + x_i^2, s = 6
    near(&j, &[13.0, 1.0, 1.0, 4.0, 28.0, 4.0, 9.0, 9.0, 45.0]);
    assert_eq!(&j.shape()[..], [3, 3]);
    Ok(())
}

#[test]
fn stopped_and_custom_gradients() -> Result<()> {
    device_under_test();
    let x = Variable::new(2.0)?;
    let tape = GradientTape::new();
    let y = multiply(&x, stop_gradient(&x)?)?;
    near(&tape.gradient(&y, &x)?.expect("connected"), &[2.0]);
    // log(1 + e^x) with a derivative that does not overflow.
    let x = constant(100.0)?;
    let tape = GradientTape::new();
    tape.watch(&x);
    let y = custom_gradient(&[&x], |x| {
        let e = exp(&x[0])?;
        let y = math::log(add(1.0, &e)?)?;
        Ok((
            vec![y],
            Arc::new(move |dy: &[Tensor]| Ok(vec![Some(multiply(&dy[0], 1.0 - 1.0 / (1.0 + &e))?)])),
        ))
    })?;
    let y = &y[0];
    near(&tape.gradient(y, &x)?.expect("connected"), &[1.0]);
    Ok(())
}

#[test]
fn unconnected_sources_are_none_or_zeros() -> Result<()> {
    device_under_test();
    let (x, z) = (Variable::new(2.0)?, Variable::new([1.0, 2.0])?);
    let tape = GradientTape::persistent();
    let y = square(&x)?;
    let (dx, dz) = tape.gradient(&y, (&x, &z))?;
    near(&dx.expect("connected"), &[4.0]);
    assert!(dz.is_none());
    let found = tape.gradient_with(&[(&y, None)], [&x, &z], Unconnected::Zero)?;
    near(found[1].as_ref().expect("zeros"), &[0.0, 0.0]);
    Ok(())
}

#[test]
fn many_uses_add_up() -> Result<()> {
    device_under_test();
    let w = Variable::new([1.0, 2.0, 3.0])?;
    let tape = GradientTape::new();
    let picked = gather(&w, [0, 2, 2], 0, 0)?;
    let joined = concat(&[picked, w.value()?], 0)?;
    let y = reduce_sum(&square(&joined)?, None, false)?;
    near(&tape.gradient(&y, &w)?.expect("connected"), &[4.0, 4.0, 18.0]);
    Ok(())
}

#[test]
fn through_functions_and_inside_of_them() -> Result<()> {
    device_under_test();
    let x = Variable::new(3.0)?;
    let cube = function(|x: &[Tensor]| multiply(&square(&x[0])?, &x[0]));
    let tape = GradientTape::new();
    let y = cube.call(&x.value()?)?;
    near(&tape.gradient(&y, &x)?.expect("connected"), &[27.0]);
    let inside = x.clone();
    let slope = function(move |_: &[Tensor]| {
        let tape = GradientTape::new();
        let y = multiply(&square(&inside)?, &inside)?;
        Ok(tape.gradient(&y, &inside)?.expect("connected"))
    });
    near(&slope.call(())?, &[27.0]);
    Ok(())
}

#[test]
fn integers_have_no_gradient() -> Result<()> {
    device_under_test();
    let x = constant(3)?;
    let tape = GradientTape::new();
    tape.watch(&x);
    let y = square(&x)?;
    assert!(tape.gradient(&y, &x)?.is_none());
    Ok(())
}

#[test]
fn a_target_from_before_the_tape_is_unconnected() -> Result<()> {
    device_under_test();
    let x = Variable::new(3.0)?;
    let y = square(&x)?;
    let tape = GradientTape::new();
    assert!(tape.gradient(&y, &x)?.is_none());
    Ok(())
}
