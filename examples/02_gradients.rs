//! Gradients: a tape records what is calculated and differentiates it.
//!
//! cargo run --release --example gradients

use wgflow::function::function;
use wgflow::ops::{array, linalg, math};
use wgflow::{GradientTape, Result, Variable};

fn main() -> Result<()> {
    // The tape watches variables by itself.
    let x = Variable::new(3.0)?;
    let tape = GradientTape::new();
    let y = math::square(&x)?;
    println!("y = x^2 at x = 3: dy/dx = {}", value(tape.gradient(&y, &x)?)?);

    // Gradients in several variables at once: the loss of a linear model with two weights.
    let w = Variable::new([[1.0], [2.0]])?;
    let b = Variable::new(1.0)?;
    let inputs = [[1.0, 2.0], [3.0, 4.0]];
    let tape = GradientTape::new();
    let errors = math::subtract(math::add(linalg::matmul(inputs, &w)?, &b)?, [[1.0], [2.0]])?;
    let loss = math::multiply(0.5, math::reduce_sum(math::square(errors)?, None, false)?)?;
    let [dw, db] = tape.gradient(&loss, [&w, &b])?;
    println!("loss = {}, d/dw = {}, d/db = {}", loss.item::<f32>()?, list(dw)?, value(db)?);

    // Tensors are watched on request; an outer tape differentiates the inner one's gradient.
    let x = array::constant([0.5, 1.0, 2.0], None, None)?;
    let outer = GradientTape::new();
    outer.watch(&x);
    let inner = GradientTape::new();
    inner.watch(&x);
    let y = math::pow(&x, 3.0)?;
    let first = inner.gradient(&y, &x)?;
    let second = match &first {
        Some(dy) => outer.gradient(dy, &x)?,
        None => None,
    };
    println!("y = x^3 at 0.5, 1, 2: y' = {}, y'' = {}", list(first)?, list(second)?);

    // What does not depend on a variable has no gradient in it.
    let unused = Variable::new(1.0)?;
    let tape = GradientTape::new();
    let y = math::exp(&x)?;
    println!("d exp(x) / d unused = {:?}", tape.gradient(&y, &unused)?.map(|_| "a gradient"));

    // A function is traced once and then runs as one compiled graph, gradients and updates included.
    let v = Variable::new(8.0)?;
    let v_ = v.clone();
    let step = function(move |_| {
        let tape = GradientTape::new();
        let loss = math::square(math::subtract(&v_, 2.0)?)?;
        if let Some(d) = tape.gradient(&loss, &v_)? {
            v_.assign_sub(math::multiply(0.25, d)?)?;
        }
        Ok(loss)
    });
    for i in 0..5 {
        let loss = step.call(())?.item::<f32>()?;
        println!("step {i}: (v - 2)^2 was {loss}, v = {}", v.value()?.item::<f32>()?);
    }
    Ok(())
}

fn value(gradient: Option<wgflow::Tensor>) -> Result<String> {
    gradient.map_or(Ok("None".into()), |g| Ok(g.item::<f32>()?.to_string()))
}

fn list(gradient: Option<wgflow::Tensor>) -> Result<String> {
    gradient.map_or(Ok("None".into()), |g| Ok(format!("{:?}", g.to_vec::<f32>()?)))
}
