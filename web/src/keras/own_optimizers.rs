//! Optimizers whose updates TensorFlow.js rounds in other places than Keras: the same arguments, and numbers that agree with its own.

use serde_json::{Value, json};
use wgflow::keras::object::Config;
use wgflow::keras::optimizers::{Optimizer, OptimizerState, Options, Slot, Step};
use wgflow::ops::math;
use wgflow::{Error, Result, Tensor, Variable};

/// The optimizer of a class `TfjsAdam` or `TfjsAdadelta`; nothing for others.
pub(super) fn described(described: &Value) -> Option<std::sync::Arc<dyn Optimizer>> {
    let config = &described["config"];
    let number = |key: &str, usual: f64| config[key].as_f64().unwrap_or(usual);
    let rate = number("learning_rate", 0.001);
    match described["class_name"].as_str()? {
        "TfjsAdam" => Some(std::sync::Arc::new(Adam {
            rate,
            beta_1: number("beta_1", 0.9),
            beta_2: number("beta_2", 0.999),
            epsilon: number("epsilon", 1e-7),
            state: OptimizerState::default(),
        })),
        "TfjsAdadelta" => Some(std::sync::Arc::new(Adadelta {
            rate,
            rho: number("rho", 0.95),
            epsilon: number("epsilon", 1e-7),
            state: OptimizerState::default(),
        })),
        _ => None,
    }
}

fn options(name: &str, rate: f64) -> Options {
    Options { name: Some(name.into()), learning_rate: rate.into(), ..Options::default() }
}

/// The arguments, with the learning rate as it is now.
fn config(optimizer: &dyn Optimizer, arguments: Value) -> Config {
    let mut all = arguments.as_object().cloned().unwrap_or_default();
    let now = optimizer.get_learning_rate().and_then(|t| t.item::<f32>());
    if let Ok(rate) = now {
        all.insert("learning_rate".into(), f64::from(rate).into());
    }
    all
}

fn at<'a>(op: &str, all: &'a [Tensor], i: usize) -> Result<&'a Tensor> {
    all.get(i).ok_or_else(|| Error::invalid(op, "slots", "one more", all.len()))
}

/// `old * part + new * (1 - part)`.
fn blend(old: &Tensor, new: &Tensor, part: f64) -> Result<Tensor> {
    math::add(math::multiply(old, part)?, math::multiply(new, 1.0 - part)?)
}

/// Adam whose `epsilon` is added to the root of the corrected mean of squares.
#[derive(Debug)]
struct Adam {
    rate: f64,
    beta_1: f64,
    beta_2: f64,
    epsilon: f64,
    state: OptimizerState,
}

impl Optimizer for Adam {
    fn options(&self) -> Options {
        options("adam", self.rate)
    }

    fn state(&self) -> &OptimizerState {
        &self.state
    }

    fn slots(&self, _: &Variable) -> Vec<Vec<Slot>> {
        vec![vec![Slot::new("momentum"), Slot::new("velocity")]]
    }

    fn prepare(&self, step: &mut Step) -> Result<()> {
        let reached = |beta: f64| math::subtract(1.0, math::pow(beta, &step.number)?);
        let root = math::sqrt(reached(self.beta_2)?)?;
        let alpha = math::divide(math::multiply(&step.learning_rate, &root)?, reached(self.beta_1)?)?;
        step.scalars = vec![alpha, math::multiply(root, self.epsilon)?];
        Ok(())
    }

    fn update_step(
        &self,
        step: &Step,
        gradient: &Tensor,
        variable: &Tensor,
        slots: &[Tensor],
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let m = blend(at("Adam", slots, 0)?, gradient, self.beta_1)?;
        let v = blend(at("Adam", slots, 1)?, &math::square(gradient)?, self.beta_2)?;
        let alpha = at("Adam", &step.scalars, 0)?.cast(variable.dtype())?;
        let epsilon = at("Adam", &step.scalars, 1)?.cast(variable.dtype())?;
        let change = math::divide(math::multiply(&m, alpha)?, math::add(math::sqrt(&v)?, epsilon)?)?;
        Ok((math::subtract(variable, change)?, vec![m, v]))
    }

    fn class_name(&self) -> &'static str {
        "Adam"
    }

    fn config(&self) -> Config {
        let arguments =
            json!({ "name": "adam", "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon });
        config(self, arguments)
    }
}

/// Adadelta whose steps are scaled by the means before the gradient counts in them.
#[derive(Debug)]
struct Adadelta {
    rate: f64,
    rho: f64,
    epsilon: f64,
    state: OptimizerState,
}

impl Optimizer for Adadelta {
    fn options(&self) -> Options {
        options("adadelta", self.rate)
    }

    fn state(&self) -> &OptimizerState {
        &self.state
    }

    fn slots(&self, _: &Variable) -> Vec<Vec<Slot>> {
        vec![vec![Slot::new("accumulated_grad"), Slot::new("accumulated_delta_var")]]
    }

    fn update_step(
        &self,
        step: &Step,
        gradient: &Tensor,
        variable: &Tensor,
        slots: &[Tensor],
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let (squares, steps) = (at("Adadelta", slots, 0)?, at("Adadelta", slots, 1)?);
        let root = |x: &Tensor| math::sqrt(math::add(x, self.epsilon)?);
        let change = math::multiply(math::divide(root(steps)?, root(squares)?)?, gradient)?;
        let squares = blend(squares, &math::square(gradient)?, self.rho)?;
        let steps = blend(steps, &math::square(&change)?, self.rho)?;
        let rate = step.learning_rate.cast(variable.dtype())?;
        Ok((math::subtract(variable, math::multiply(change, rate)?)?, vec![squares, steps]))
    }

    fn class_name(&self) -> &'static str {
        "Adadelta"
    }

    fn config(&self) -> Config {
        config(self, json!({ "name": "adadelta", "rho": self.rho, "epsilon": self.epsilon }))
    }
}
