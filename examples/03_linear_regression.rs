//! Linear regression by gradient descent: house prices of six years, and the line through them.
//!
//! cargo run --release --example linear_regression

use wgflow::ops::math;
use wgflow::{GradientTape, IntoTensor, Result, Tensor, Variable};

const STEPS: usize = 10_000;
const LEARNING_RATE: f32 = 5e-4;

fn main() -> Result<()> {
    let years = [2013.0, 2014.0, 2015.0, 2016.0, 2017.0, 2018.0].into_tensor(None)?;
    let prices = [12000.0, 14000.0, 15000.0, 16500.0, 17500.0, 19000.0].into_tensor(None)?;
    let (x, y) = (normalized(&years)?, normalized(&prices)?);

    let a = Variable::named(0.0, "a", true)?;
    let b = Variable::named(0.0, "b", true)?;
    for step in 0..STEPS {
        if step % 500 == 0 {
            println!("step {step:5}  a = {:.6}  b = {:.6}", number(&a)?, number(&b)?);
        }
        // The tape records the loss ...
        let tape = GradientTape::new();
        let predicted = &a * &x + &b;
        let loss = math::reduce_sum(math::square(predicted - &y)?, None, false)?;
        // ... differentiates it in the parameters, and they take a step downhill.
        for (parameter, gradient) in [&a, &b].into_iter().zip(tape.gradient(&loss, [&a, &b])?) {
            if let Some(g) = gradient {
                parameter.assign_sub(LEARNING_RATE * g)?;
            }
        }
    }
    println!("{a}\n{b}");
    println!("a = {:.4}, b = {:.4}", number(&a)?, number(&b)?);

    // Back in years and prices.
    let (first, span) = (years.min(None, false)?, years.max(None, false)? - years.min(None, false)?);
    let year = (2020.0 - first) / span;
    let price =
        (&a * year + &b) * (prices.max(None, false)? - prices.min(None, false)?) + prices.min(None, false)?;
    println!("the line at 2020: {:.0}", price.item::<f32>()?);
    Ok(())
}

/// Brings the values to 0 to 1.
fn normalized(values: &Tensor) -> Result<Tensor> {
    let (min, max) = (values.min(None, false)?, values.max(None, false)?);
    math::divide(values - &min, max - &min)
}

fn number(v: &Variable) -> Result<f32> {
    v.value()?.item()
}
