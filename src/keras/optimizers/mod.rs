//! How gradients become updates of weights (`keras.optimizers`).
//!
//! An optimizer says what happens to one variable, in ops on its value, its gradient and its slots. All the rest is the same for all:
//! clipping, weight decay, schedules, moving averages, accumulation. Outside of a function the updates of all variables are compiled into
//! one plan, in which each variable's is one kernel; inside of a function they become part of it.

mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod apply;
mod class;
mod ftrl;
mod lamb;
mod lion;
mod loss_scale;
mod nadam;
mod options;
mod rmsprop;
mod sgd;
mod state;

pub use crate::keras::schedules;
pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::Adagrad;
pub use adam::{Adam, AdamW};
pub use adamax::Adamax;
pub use ftrl::Ftrl;
pub use lamb::Lamb;
pub use lion::Lion;
pub use loss_scale::LossScaleOptimizer;
pub use nadam::Nadam;
pub use options::{LearningRate, Options};
pub use rmsprop::RMSprop;
pub use sgd::SGD;
pub use state::OptimizerState;

use crate::autodiff::GradientTape;
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::Literal;
use crate::keras::object::{Config, Registry, auto_name, bare_type_name, family};
use crate::ops::math;
use crate::shape::Shape;
use crate::tensor::{Tensor, Variable};
use serde_json::Value;
use std::fmt;

/// Something that an optimizer keeps beside a variable.
#[derive(Clone, Debug)]
pub struct Slot {
    name: &'static str,
    value: f64,
    shape: Option<Shape>,
}

impl Slot {
    /// Zeros in the shape of the variable.
    pub fn new(name: &'static str) -> Self {
        Slot { name, value: 0.0, shape: None }
    }

    /// Another first value.
    #[must_use]
    pub fn value(mut self, value: f64) -> Self {
        self.value = value;
        self
    }

    /// Another shape.
    #[must_use]
    pub fn shape(mut self, shape: impl Into<Shape>) -> Self {
        self.shape = Some(shape.into());
        self
    }
}

/// What the updates of all variables in one step have in common.
#[derive(Clone, Debug)]
pub struct Step {
    /// The learning rate, a float32 scalar.
    pub learning_rate: Tensor,
    /// The number of this update, a float32 scalar: 1 for the first.
    pub number: Tensor,
    /// Numbers that [`Optimizer::prepare`] computed for all variables.
    pub scalars: Vec<Tensor>,
    /// The shared slots, which [`Optimizer::prepare`] may replace.
    pub shared: Vec<Tensor>,
}

/// An optimizer (`keras.optimizers.Optimizer`). It updates the variables that it was built with, which are those of its first update unless
/// [`Optimizer::build`] was called.
///
/// ```
/// use wgflow::keras::optimizers::{Optimizer, SGD};
/// use wgflow::{Variable, ops::math};
///
/// let x = Variable::new(10.0)?;
/// let sgd = SGD::new().learning_rate(0.1);
/// sgd.minimize(&|| math::square(&x), &[x.clone()])?;
/// assert_eq!(x.value()?.item::<f32>()?, 8.0);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// One of one's own has a state, and says how a variable is updated:
///
/// ```
/// use wgflow::keras::optimizers::{Optimizer, Options, OptimizerState, Step};
/// use wgflow::{Result, Tensor, Variable, ops::math};
///
/// #[derive(Debug, Default)]
/// struct Signs(OptimizerState);
///
/// impl Optimizer for Signs {
///     fn options(&self) -> Options { Options { learning_rate: 0.5.into(), ..Options::default() } }
///     fn state(&self) -> &OptimizerState { &self.0 }
///     fn update_step(&self, step: &Step, gradient: &Tensor, variable: &Tensor, _: &[Tensor]) -> Result<(Tensor, Vec<Tensor>)> {
///         let change = math::multiply(math::sign(gradient)?, &step.learning_rate)?;
///         Ok((math::subtract(variable, change)?, vec![]))
///     }
/// }
///
/// let x = Variable::new(10.0)?;
/// Signs::default().minimize(&|| math::square(&x), &[x.clone()])?;
/// assert_eq!(x.value()?.item::<f32>()?, 9.5);
/// # Ok::<(), wgflow::Error>(())
/// ```
pub trait Optimizer: fmt::Debug + Send + Sync {
    /// The arguments that all optimizers have.
    fn options(&self) -> Options;

    /// What it keeps.
    fn state(&self) -> &OptimizerState;

    /// The new value of a variable and of its slots, in the order of [`Optimizer::slots`]; `variable` and `slots` are the values before.
    /// It is traced once, so arguments must not change after the first update.
    ///
    /// # Errors
    /// Those of the ops it uses.
    fn update_step(
        &self,
        step: &Step,
        gradient: &Tensor,
        variable: &Tensor,
        slots: &[Tensor],
    ) -> Result<(Tensor, Vec<Tensor>)>;

    /// The slots of a variable in groups: those of a group are made variable by variable, one group after the other.
    fn slots(&self, variable: &Variable) -> Vec<Vec<Slot>> {
        let _ = variable;
        vec![]
    }

    /// Float32 scalars that it keeps for all variables together.
    fn shared_slots(&self) -> Vec<Slot> {
        vec![]
    }

    /// Computes what the updates of all variables use, once a step.
    ///
    /// # Errors
    /// As [`Optimizer::update_step`].
    fn prepare(&self, step: &mut Step) -> Result<()> {
        let _ = step;
        Ok(())
    }

    /// Refuses arguments of its own that cannot be right.
    ///
    /// # Errors
    /// `InvalidArgument` naming the argument.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The name of the class, under which it is written and found.
    fn class_name(&self) -> &'static str {
        bare_type_name::<Self>()
    }

    /// The arguments that make it again, with the learning rate as it is now (`get_config`).
    fn config(&self) -> Config {
        Config::new()
    }

    /// Its name, such as `adam`.
    fn name(&self) -> &str {
        self.state().name(|| self.options().name.unwrap_or_else(|| auto_name(self.class_name())))
    }

    /// Makes the slots for variables; calls after the first do nothing.
    ///
    /// # Errors
    /// `InvalidArgument` for arguments that cannot be right.
    fn build(&self, variables: &[Variable]) -> Result<()> {
        check(self)?;
        self.state().counters(self)?;
        self.state().build(self, variables).map(|_| ())
    }

    /// Whether [`Optimizer::build`] was called.
    fn built(&self) -> bool {
        self.state().built().is_some()
    }

    /// The number of updates so far, the learning rate unless it is a schedule, and the slots, in Keras' order.
    ///
    /// # Errors
    /// `Internal` only.
    fn variables(&self) -> Result<Vec<Variable>> {
        self.state().variables(self)
    }

    /// The number of steps so far, an int64 scalar.
    ///
    /// # Errors
    /// `Internal` only.
    fn iterations(&self) -> Result<Variable> {
        Ok(self.state().counters(self)?.iteration)
    }

    /// The learning rate of the next step, a float32 scalar (`learning_rate`).
    ///
    /// # Errors
    /// As [`schedules::LearningRateSchedule::call`].
    fn get_learning_rate(&self) -> Result<Tensor> {
        let counters = self.state().counters(self)?;
        match (counters.learning_rate, self.options().learning_rate) {
            (Some(v), _) => v.value(),
            (None, LearningRate::Schedule(s)) => s.call(&counters.iteration.value()?),
            (None, LearningRate::Number(_)) => {
                Err(Error::internal(self.class_name(), "has no learning rate"))
            }
        }
    }

    /// Sets the learning rate. Nothing is compiled anew.
    ///
    /// # Errors
    /// `InvalidArgument` where it is a schedule.
    fn set_learning_rate(&self, learning_rate: f64) -> Result<()> {
        match self.state().counters(self)?.learning_rate {
            Some(v) => v.assign(Literal::scalar(DType::Float32, learning_rate)),
            None => {
                let wanted = "an optimizer whose learning rate is a number, not a schedule";
                Err(Error::invalid(self.class_name(), "learning_rate", wanted, learning_rate))
            }
        }
    }

    /// Updates variables by their gradients. Variables without one stay as they are, which is logged.
    ///
    /// # Errors
    /// `InvalidArgument` when no variable has a gradient, for a variable that the optimizer was not built with, and for gradients of another
    /// shape.
    fn apply_gradients(&self, grads_and_vars: &[(Option<Tensor>, Variable)]) -> Result<()> {
        apply::apply(self, grads_and_vars)
    }

    /// Updates the variables that it was built with by their gradients, in the same order.
    ///
    /// # Errors
    /// `FailedPrecondition` before [`Optimizer::build`]; `InvalidArgument` for another number of gradients; as [`Optimizer::apply_gradients`].
    fn apply(&self, grads: &[Option<Tensor>]) -> Result<()> {
        let place = format!("{}.apply", self.class_name());
        let Some(built) = self.state().built() else {
            let why =
                "gradients without variables need an optimizer that was built: call build(variables) first";
            return Err(Error::new(ErrorKind::FailedPrecondition, place, why));
        };
        if grads.len() != built.variables.len() {
            let wanted = format!("{} gradients, one for each variable", built.variables.len());
            return Err(Error::invalid(place, "grads", wanted, grads.len()));
        }
        let pairs: Vec<_> = grads.iter().cloned().zip(built.variables.iter().cloned()).collect();
        self.apply_gradients(&pairs)
    }

    /// Computes a loss and its gradients, and updates variables by them.
    ///
    /// # Errors
    /// What `loss` returns; as [`Optimizer::apply_gradients`].
    fn minimize(&self, loss: &dyn Fn() -> Result<Tensor>, var_list: &[Variable]) -> Result<()> {
        let tape = GradientTape::new();
        let loss = self.scale_loss(&loss()?)?;
        let grads = tape.gradient(&loss, var_list)?;
        let pairs: Vec<_> = grads.into_iter().zip(var_list.iter().cloned()).collect();
        self.apply_gradients(&pairs)
    }

    /// The loss times `loss_scale_factor`: what gradients are to be taken of.
    ///
    /// # Errors
    /// `Internal` only.
    fn scale_loss(&self, loss: &Tensor) -> Result<Tensor> {
        match self.options().loss_scale_factor {
            Some(factor) => math::multiply(loss, factor),
            None => Ok(loss.clone()),
        }
    }

    /// Leaves variables out of weight decay: those given, and those whose name has one of the texts in it. To be called before the optimizer
    /// is built.
    ///
    /// # Errors
    /// `FailedPrecondition` after that.
    fn exclude_from_weight_decay(&self, var_list: &[Variable], var_names: &[&str]) -> Result<()> {
        if self.built() {
            let why = "exclude_from_weight_decay can only be called before the optimizer is built";
            return Err(Error::new(ErrorKind::FailedPrecondition, self.class_name(), why));
        }
        let mut excluded = crate::lock(&self.state().excluded);
        excluded.ids = var_list.iter().map(Variable::id).collect();
        excluded.names = var_names.iter().map(|n| n.to_string()).collect();
        Ok(())
    }

    /// Sets variables to their moving averages, where such are kept: what `fit` does at its end.
    ///
    /// # Errors
    /// `Internal` only.
    fn finalize_variable_values(&self) -> Result<()> {
        self.moving_averages().iter().try_for_each(|(v, average)| v.assign(average.value()?))
    }

    /// Variables with their moving averages: none without `use_ema`, nor before [`Optimizer::build`].
    fn moving_averages(&self) -> Vec<(Variable, Variable)> {
        let Some(built) = self.state().built() else { return vec![] };
        built.variables.iter().cloned().zip(built.averages.iter().cloned()).collect()
    }
}

/// Refuses arguments that cannot be right.
fn check<O: Optimizer + ?Sized>(o: &O) -> Result<()> {
    o.options().check(o.class_name())?;
    o.check()
}

/// The slot at a place, which is there as long as arguments are those that the optimizer was built with.
fn slot(slots: &[Tensor], i: usize) -> Result<&Tensor> {
    slots.get(i).ok_or_else(|| {
        let why = "an argument that decides about slots was changed after the optimizer was built";
        Error::new(ErrorKind::FailedPrecondition, "Optimizer", why)
    })
}

/// A configuration with the name and learning rate as they are now.
pub(crate) fn with_current(o: &dyn Optimizer, mut config: Config) -> Config {
    config.insert("name".into(), o.name().into());
    if let LearningRate::Number(first) = o.options().learning_rate {
        let now = o.state().learning_rate_if_made().and_then(|v| v.stored().item::<f32>().ok());
        config.insert("learning_rate".into(), f64::from(now.unwrap_or(first as f32)).into());
    }
    config
}

static REGISTRY: Registry<dyn Optimizer> = Registry::new(
    "optimizer",
    "keras.optimizers",
    &[
        sgd::CLASSES,
        adam::CLASSES,
        rmsprop::CLASSES,
        adagrad::CLASSES,
        adamax::CLASSES,
        nadam::CLASSES,
        adadelta::CLASSES,
        ftrl::CLASSES,
        lion::CLASSES,
        lamb::CLASSES,
        adafactor::CLASSES,
        loss_scale::CLASSES,
    ],
)
.ignoring_case();

family!(Optimizer, IntoOptimizer, REGISTRY, "optimizer", "keras.optimizers");

/// Class and configuration (`keras.optimizers.serialize`).
pub fn serialize(optimizer: &dyn Optimizer) -> Value {
    REGISTRY.serialize(optimizer.class_name(), optimizer.config())
}
