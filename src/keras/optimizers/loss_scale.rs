//! An optimizer around another, for losses whose gradients float16 would not hold.

use super::options::Options;
use super::state::OptimizerState;
use super::{IntoOptimizer, Optimizer, Step, get, serialize};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::keras::object::{Class, Config, Fields};
use crate::ops::{array, math};
use crate::tensor::{Tensor, Variable, init_scope, without_recorders};
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// Scales the loss for an optimizer, so that gradients in float16 are not too small to be held (`keras.optimizers.LossScaleOptimizer`).
///
/// The gradients are of the loss times the scale ([`Optimizer::scale_loss`]) and are divided by it. A step in which one of them is not
/// finite is skipped, and halves the scale; after `dynamic_growth_steps` steps without, it is doubled. A model whose policy is
/// `mixed_float16` wraps its optimizer by itself.
///
/// ```
/// use wgflow::keras::optimizers::{LossScaleOptimizer, Optimizer, SGD};
/// use wgflow::{IntoTensor, Variable};
/// let x = Variable::new([1.0])?;
/// let optimizer = LossScaleOptimizer::new(SGD::new().learning_rate(1.0))?.initial_scale(8.0);
/// let apply = |g: f64| optimizer.apply_gradients(&[(Some([g].into_tensor(None)?), x.clone())]);
/// apply(4.0)?;
/// apply(f64::INFINITY)?;
/// assert_eq!(x.value()?.to_vec::<f32>()?, [0.5]);
/// assert_eq!(optimizer.dynamic_scale()?.value()?.item::<f32>()?, 4.0);
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Debug)]
pub struct LossScaleOptimizer {
    inner: Arc<dyn Optimizer>,
    initial_scale: f64,
    dynamic_growth_steps: i64,
    name: Option<String>,
    state: OptimizerState,
    scaling: Mutex<Option<Scaling>>,
}

/// How many good steps there were since the scale changed, and the scale.
#[derive(Clone, Debug)]
struct Scaling {
    counter: Variable,
    scale: Variable,
}

impl LossScaleOptimizer {
    /// Around an optimizer, with Keras' first scale of 2^15, doubled after 2000 steps.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that no optimizer has, and for an optimizer with a `loss_scale_factor` of its own.
    pub fn new(inner_optimizer: impl IntoOptimizer) -> Result<Self> {
        let inner = get(inner_optimizer)?;
        if let Some(factor) = inner.options().loss_scale_factor {
            let wanted = "an optimizer without a loss_scale_factor of its own";
            return Err(Error::invalid("LossScaleOptimizer", "inner_optimizer", wanted, factor));
        }
        Ok(LossScaleOptimizer {
            inner,
            initial_scale: 32768.0,
            dynamic_growth_steps: 2000,
            name: None,
            state: OptimizerState::default(),
            scaling: Mutex::default(),
        })
    }

    /// The first scale.
    #[must_use]
    pub fn initial_scale(mut self, initial_scale: f64) -> Self {
        self.initial_scale = initial_scale;
        self
    }

    /// After how many steps without a gradient that is not finite the scale is doubled.
    #[must_use]
    pub fn dynamic_growth_steps(mut self, dynamic_growth_steps: i64) -> Self {
        self.dynamic_growth_steps = dynamic_growth_steps;
        self
    }

    /// Its name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The optimizer inside.
    pub fn inner_optimizer(&self) -> &Arc<dyn Optimizer> {
        &self.inner
    }

    /// The scale, a float32 scalar.
    ///
    /// # Errors
    /// `Internal` only.
    pub fn dynamic_scale(&self) -> Result<Variable> {
        Ok(self.scaling()?.scale)
    }

    /// How many good steps there were since the scale changed, an int64 scalar.
    ///
    /// # Errors
    /// `Internal` only.
    pub fn step_counter(&self) -> Result<Variable> {
        Ok(self.scaling()?.counter)
    }

    fn scaling(&self) -> Result<Scaling> {
        let mut scaling = crate::lock(&self.scaling);
        if let Some(s) = &*scaling {
            return Ok(s.clone());
        }
        let name = Optimizer::name(self).to_string();
        let made = init_scope(|| -> Result<Scaling> {
            let zero = Literal::ints(DType::Int64, (), vec![0]);
            let scale = Literal::scalar(DType::Float32, self.initial_scale);
            Ok(Scaling {
                counter: Variable::named(zero, format!("{name}/step_counter"), false)?,
                scale: Variable::named(scale, format!("{name}/dynamic_scale"), false)?,
            })
        })?;
        Ok(scaling.insert(made).clone())
    }

    /// Updates, and takes everything back where a gradient is not finite.
    fn update(&self, pairs: &[(Option<Tensor>, Variable)]) -> Result<()> {
        let Scaling { counter, scale } = self.scaling()?;
        let (count, factor) = (counter.value()?, scale.value()?);
        let mut finite: Option<Tensor> = None;
        let mut unscaled = vec![];
        for (g, v) in pairs {
            let Some(g) = g else {
                unscaled.push((None, v.clone()));
                continue;
            };
            let good = math::reduce_all(math::is_finite(g)?, None, false)?;
            finite = Some(match finite {
                Some(f) => math::logical_and(f, good)?,
                None => good,
            });
            unscaled.push((Some(math::divide(g, factor.cast(g.dtype())?)?), v.clone()));
        }
        let Some(finite) = finite else { return self.inner.apply_gradients(&unscaled) };
        let mut touched: Vec<Variable> = pairs.iter().map(|(_, v)| v.clone()).collect();
        touched.extend(self.inner.variables()?);
        let before = touched.iter().map(Variable::value).collect::<Result<Vec<_>>>()?;
        self.inner.apply_gradients(&unscaled)?;
        for (v, before) in touched.iter().zip(&before) {
            v.assign(array::where_(&finite, v.value()?, before)?)?;
        }
        let due = math::equal(&count, self.dynamic_growth_steps - 1)?;
        let zero = array::zeros_like(&count)?;
        let next = array::where_(&due, &zero, math::add(&count, 1_i64)?)?;
        counter.assign(array::where_(&finite, next, zero)?)?;
        let grown = array::where_(due, math::multiply(&factor, 2.0)?, &factor)?;
        scale.assign(array::where_(finite, grown, math::multiply(&factor, 0.5)?)?)
    }
}

impl Optimizer for LossScaleOptimizer {
    fn options(&self) -> Options {
        Options { name: self.name.clone(), learning_rate: 0.0.into(), ..Options::default() }
    }

    fn state(&self) -> &OptimizerState {
        &self.state
    }

    fn update_step(&self, _: &Step, _: &Tensor, _: &Tensor, _: &[Tensor]) -> Result<(Tensor, Vec<Tensor>)> {
        Err(Error::internal("LossScaleOptimizer", "updates are those of the optimizer inside"))
    }

    fn config(&self) -> Config {
        let mut config = Config::new();
        config.insert("name".into(), Optimizer::name(self).into());
        config.insert("inner_optimizer".into(), serialize(&*self.inner));
        config.insert("initial_scale".into(), self.initial_scale.into());
        config.insert("dynamic_growth_steps".into(), self.dynamic_growth_steps.into());
        config
    }

    fn build(&self, variables: &[Variable]) -> Result<()> {
        self.inner.build(variables)?;
        self.scaling()?;
        self.state.counters(self)?;
        self.state.build(self, variables).map(|_| ())
    }

    fn variables(&self) -> Result<Vec<Variable>> {
        let Scaling { counter, scale } = self.scaling()?;
        let mut all = self.state.variables(self)?;
        all.extend([counter, scale]);
        all.extend(self.inner.variables()?);
        Ok(all)
    }

    fn iterations(&self) -> Result<Variable> {
        self.inner.iterations()
    }

    fn get_learning_rate(&self) -> Result<Tensor> {
        self.inner.get_learning_rate()
    }

    fn set_learning_rate(&self, learning_rate: f64) -> Result<()> {
        self.inner.set_learning_rate(learning_rate)
    }

    fn apply_gradients(&self, grads_and_vars: &[(Option<Tensor>, Variable)]) -> Result<()> {
        if !self.built() {
            self.build(&grads_and_vars.iter().map(|(_, v)| v.clone()).collect::<Vec<_>>())?;
        }
        without_recorders(|| self.update(grads_and_vars))
    }

    fn scale_loss(&self, loss: &Tensor) -> Result<Tensor> {
        math::multiply(loss, self.scaling()?.scale.value()?.cast(loss.dtype())?)
    }

    fn exclude_from_weight_decay(&self, var_list: &[Variable], var_names: &[&str]) -> Result<()> {
        self.inner.exclude_from_weight_decay(var_list, var_names)
    }

    fn finalize_variable_values(&self) -> Result<()> {
        self.inner.finalize_variable_values()
    }

    fn moving_averages(&self) -> Vec<(Variable, Variable)> {
        self.inner.moving_averages()
    }
}

fn from_config(config: &Config) -> Result<Arc<dyn Optimizer>> {
    const NAME: &str = "LossScaleOptimizer";
    let mut own = config.clone();
    let Some(inner) = own.remove("inner_optimizer") else {
        return Err(Error::invalid(NAME, "inner_optimizer", "an optimizer", Value::Null));
    };
    let mut made = LossScaleOptimizer::new(&inner)?;
    let mut fields = Fields::new(NAME, &own);
    made.name = fields.optional::<Option<String>>("name")?.flatten();
    made.initial_scale = fields.optional("initial_scale")?.unwrap_or(made.initial_scale);
    made.dynamic_growth_steps = fields.optional("dynamic_growth_steps")?.unwrap_or(made.dynamic_growth_steps);
    fields.finish()?;
    Ok(Arc::new(made))
}

pub(super) const CLASSES: &[Class<dyn Optimizer>] =
    &[Class { name: "LossScaleOptimizer", aliases: &[], make: from_config }];
