//! A layer, a loss and a metric of one's own: radial basis functions learn the sine.
//!
//! cargo run --release --example custom_layer

use wgflow::keras::initializers::RandomUniform;
use wgflow::keras::layers::Dense;
use wgflow::keras::metrics::{Metric, MetricState, Weight};
use wgflow::keras::optimizers::Adam;
use wgflow::keras::utils::set_random_seed;
use wgflow::keras::{Call, Compile, Evaluate, Fit, Layer, Sequential, Verbose, input};
use wgflow::ops::{array, math};
use wgflow::{Result, Shape, Tensor, layers, s};

/// Bells around points that are learnt, of widths that are learnt: `exp(-gamma * |x - center|^2)`.
#[derive(Debug)]
struct RadialBasis {
    units: usize,
}

impl Layer for RadialBasis {
    /// A layer asks for its weights by name where it needs them. They are made at the first call and kept.
    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        let centers =
            c.weight("centers", [self.units, x.shape()[1]], RandomUniform::new().minval(-3.0).maxval(3.0))?;
        let gamma = c.weight("gamma", [self.units], "ones")?;
        let apart = math::subtract(x.expand_dims(1)?, &centers)?;
        let distance = math::reduce_sum(math::square(apart)?, -1, false)?;
        math::exp(math::negative(math::multiply(&gamma, distance)?)?)
    }
}

/// The largest error of all batches. What a metric keeps are variables, so that it is updated within the compiled step.
#[derive(Debug, Default)]
struct LargestError(MetricState);

impl Metric for LargestError {
    fn name(&self) -> &str {
        "largest_error"
    }

    fn state(&self) -> &MetricState {
        &self.0
    }

    fn weights(&self, _: Option<(&Shape, &Shape)>) -> Result<Option<Vec<Weight>>> {
        Ok(Some(vec![Weight::new("largest", ())]))
    }

    fn update_state(&self, y_true: &Tensor, y_pred: &Tensor, _: Option<&Tensor>) -> Result<()> {
        let error = math::reduce_max(math::abs(math::subtract(y_true, y_pred)?)?, None, false)?;
        let largest = &self.variables()?[0];
        largest.assign(math::maximum(largest, error)?)
    }

    fn result(&self) -> Result<Tensor> {
        self.variables()?[0].value()
    }
}

/// The logarithm of the hyperbolic cosine of the error: its square where it is small, its size where it is large.
fn log_cosh(y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
    let error = math::subtract(y_pred, y_true)?;
    math::reduce_mean(math::log(math::cosh(error)?)?, -1, false)
}

fn main() -> Result<()> {
    set_random_seed(1)?;
    let x = array::linspace(-3.0, 3.0, 512, 0)?.expand_dims(1)?;
    let y = math::sin(&x)?;

    let model = Sequential::new(layers![input([1]), RadialBasis { units: 16 }, Dense::new(1)])?;
    model.compile(
        Compile::new(Adam::new().learning_rate(0.02), ("log_cosh", log_cosh))
            .metrics([LargestError::default()]),
    )?;
    model
        .fit((&x, &y), Fit { epochs: 40, batch_size: Some(64), verbose: Verbose::Line, ..Fit::default() })?;

    let result = model.evaluate((&x, &y), Evaluate { verbose: Verbose::Silent, ..Evaluate::default() })?;
    for w in model.weights() {
        println!("{:28} {}", w.name(), w.shape());
    }
    let (at, learnt) = (x.slice(s![.., 0])?, model.call(&x, false)?.slice(s![.., 0])?);
    for i in [100, 256, 400] {
        let (x, y) = (at.slice(s![i])?.item::<f32>()?, learnt.slice(s![i])?.item::<f32>()?);
        println!("sin({x:.3}) = {:.3}, learnt: {y:.3}", x.sin());
    }
    println!("largest error: {:.4}", result.value("largest_error")?);
    Ok(())
}
