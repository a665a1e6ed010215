//! A training step written by hand with a tape: eager, and under `function`.

use serde_json::{Value, json};
use std::time::Instant;
use wgflow::{
    DType, GradientTape, Result, Tensor, Variable, add, function, matmul, multiply, nn, random, reduce_mean,
    square, subtract,
};

fn uniform(shape: &[usize]) -> Result<Tensor> {
    random::stateless_uniform(shape, [1, 2], -1.0, 1.0, DType::Float32)
}

/// A training step of a small perceptron, written by hand with a tape: run eagerly, and under `function`.
pub(crate) fn costs() -> Result<Vec<Value>> {
    let (x, labels) = (uniform(&[64, 64])?, uniform(&[64, 10])?);
    let sizes = [64, 128, 64, 10];
    let mut weights = vec![];
    for pair in sizes.windows(2) {
        weights.push(Variable::new(random::stateless_uniform(pair, [5, 6], -0.1, 0.1, DType::Float32)?)?);
        weights.push(Variable::new(uniform(&[pair[1]])?)?);
    }
    let step = move |data: &[Tensor]| -> Result<Tensor> {
        let tape = GradientTape::new();
        let mut h = data[0].clone();
        for (k, pair) in weights.chunks(2).enumerate() {
            h = add(matmul(&h, &pair[0])?, &pair[1])?;
            if k + 2 < sizes.len() {
                h = nn::relu(&h)?;
            }
        }
        let loss = reduce_mean(square(subtract(&h, &data[1])?)?, None, false)?;
        for (w, g) in weights.iter().zip(tape.gradient(&loss, &weights[..])?) {
            if let Some(g) = g {
                w.assign(subtract(w, multiply(&g, 0.01)?)?)?;
            }
        }
        Ok(loss)
    };
    let data = [x, labels];
    let compiled = {
        let step = step.clone();
        function(move |x: &[Tensor]| step(x))
    };
    let time = |f: &dyn Fn() -> Result<Tensor>| -> Result<f64> {
        let start = Instant::now();
        for _ in 0..20 {
            f()?.item::<f32>()?;
        }
        Ok(start.elapsed().as_secs_f64() / 20.0)
    };
    let (mut eager, mut whole) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..10 {
        eager = eager.min(time(&|| step(&data))?);
        whole = whole.min(time(&|| compiled.call((&data[0], &data[1])))?);
    }
    Ok(vec![
        json!({ "work": "perceptron's training step by hand, eager", "unit": "ms", "ours": eager * 1e3 }),
        json!({ "work": "perceptron's training step by hand, in a function", "unit": "ms", "ours": whole * 1e3 }),
    ])
}
