//! What an optimizer keeps beside the variables that it updates.

use super::options::LearningRate;
use super::{Optimizer, Slot};
use crate::dtype::DType;
use crate::error::Result;
use crate::function::ConcreteFunction;
use crate::hlo::{Literal, Spec};
use crate::ops::array;
use crate::tensor::{Variable, VariableId, init_scope};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock};

/// How many sets of variables and gradients an optimizer keeps a compiled update for.
const MAX_COMPILED: usize = 64;

/// What an optimizer keeps: the number of updates, the learning rate, and slots beside the variables.
#[derive(Debug, Default)]
pub struct OptimizerState {
    name: OnceLock<String>,
    counters: Mutex<Option<Counters>>,
    built: Mutex<Option<Arc<Built>>>,
    pub(super) excluded: Mutex<Excluded>,
    compiled: Mutex<HashMap<Key, Arc<ConcreteFunction>>>,
}

/// The variables that a compiled update is for, and its gradients.
pub(super) type Key = Vec<(VariableId, Spec)>;

/// The variables that are there before an optimizer is built.
#[derive(Clone, Debug)]
pub(super) struct Counters {
    pub(super) iteration: Variable,
    /// None for a schedule.
    pub(super) learning_rate: Option<Variable>,
}

/// Variables without weight decay.
#[derive(Debug, Default)]
pub(super) struct Excluded {
    pub(super) ids: HashSet<VariableId>,
    pub(super) names: Vec<String>,
}

/// What an optimizer keeps for a list of variables.
#[derive(Debug, Default)]
pub(super) struct Built {
    /// The variables.
    pub(super) variables: Vec<Variable>,
    pub(super) index: HashMap<VariableId, usize>,
    /// Moving averages, empty where there are none.
    pub(super) averages: Vec<Variable>,
    /// Sums of gradients, empty where there are none.
    pub(super) accumulators: Vec<Variable>,
    /// The slots of each variable.
    pub(super) slots: Vec<Vec<Variable>>,
    /// Slots of all variables together.
    pub(super) shared: Vec<Variable>,
    /// All of them in Keras' order.
    all: Vec<Variable>,
}

impl OptimizerState {
    pub(super) fn name(&self, make: impl FnOnce() -> String) -> &str {
        self.name.get_or_init(make)
    }

    /// The number of updates and the learning rate, made at first use.
    pub(super) fn counters<O: Optimizer + ?Sized>(&self, o: &O) -> Result<Counters> {
        let mut counters = crate::lock(&self.counters);
        if let Some(c) = &*counters {
            return Ok(c.clone());
        }
        let name = o.name();
        let made = init_scope(|| -> Result<Counters> {
            let zero = Literal::ints(DType::Int64, (), vec![0]);
            let iteration = Variable::named(zero, format!("{name}/iteration"), false)?;
            let learning_rate = match o.options().learning_rate {
                LearningRate::Schedule(_) => None,
                LearningRate::Number(v) => {
                    let v = Literal::scalar(DType::Float32, v);
                    Some(Variable::named(v, format!("{name}/learning_rate"), false)?)
                }
            };
            Ok(Counters { iteration, learning_rate })
        })?;
        Ok(counters.insert(made).clone())
    }

    /// The learning rate's variable, if it has been made.
    pub(super) fn learning_rate_if_made(&self) -> Option<Variable> {
        crate::lock(&self.counters).as_ref()?.learning_rate.clone()
    }

    /// What was made for the variables, once [`OptimizerState::build`] was called.
    pub(super) fn built(&self) -> Option<Arc<Built>> {
        crate::lock(&self.built).clone()
    }

    /// Makes the slots of variables; the first call counts.
    pub(super) fn build<O: Optimizer + ?Sized>(&self, o: &O, variables: &[Variable]) -> Result<Arc<Built>> {
        let mut built = crate::lock(&self.built);
        if let Some(b) = &*built {
            return Ok(b.clone());
        }
        let made = init_scope(|| make(o, variables))?;
        Ok(built.insert(Arc::new(made)).clone())
    }

    /// All variables, in Keras' order.
    pub(super) fn variables<O: Optimizer + ?Sized>(&self, o: &O) -> Result<Vec<Variable>> {
        let Counters { iteration, learning_rate } = self.counters(o)?;
        let mut all: Vec<Variable> = [iteration].into_iter().chain(learning_rate).collect();
        if let Some(b) = self.built() {
            all.extend(b.all.iter().cloned());
        }
        Ok(all)
    }

    /// The compiled update for variables and gradients.
    pub(super) fn compiled(
        &self,
        key: &Key,
        make: impl FnOnce() -> Result<ConcreteFunction>,
    ) -> Result<Arc<ConcreteFunction>> {
        if let Some(f) = crate::lock(&self.compiled).get(key) {
            return Ok(f.clone());
        }
        // Made without the lock: an update of the user's may call back.
        let made = Arc::new(make()?);
        let mut all = crate::lock(&self.compiled);
        if all.len() >= MAX_COMPILED {
            all.clear();
        }
        Ok(all.entry(key.clone()).or_insert(made).clone())
    }
}

fn make<O: Optimizer + ?Sized>(o: &O, variables: &[Variable]) -> Result<Built> {
    let (name, options) = (o.name(), o.options());
    let mut b = Built { variables: variables.to_vec(), ..Built::default() };
    b.index = variables.iter().enumerate().map(|(i, v)| (v.id(), i)).collect();
    let beside = |all: &mut Vec<Variable>, v: &Variable, slot: &Slot| -> Result<Variable> {
        let slot_name = format!("{name}/{}_{}", v.name().replace('/', "_"), slot.name);
        let shape = slot.shape.as_ref().unwrap_or_else(|| v.shape());
        let value = array::fill(shape, Literal::scalar(v.dtype(), slot.value))?;
        let made = Variable::named(value.to_device(&v.stored().device())?, slot_name, false)?;
        all.push(made.clone());
        Ok(made)
    };
    if options.use_ema {
        for v in variables {
            b.averages.push(beside(&mut b.all, v, &Slot::new("average"))?);
        }
    }
    if options.gradient_accumulation_steps.is_some() {
        for v in variables {
            b.accumulators.push(beside(&mut b.all, v, &Slot::new("gradient_accumulator"))?);
        }
    }
    let groups: Vec<Vec<Vec<Slot>>> = variables.iter().map(|v| o.slots(v)).collect();
    b.slots = vec![vec![]; variables.len()];
    for group in 0..groups.iter().map(Vec::len).max().unwrap_or(0) {
        for (i, v) in variables.iter().enumerate() {
            for slot in groups[i].get(group).into_iter().flatten() {
                let made = beside(&mut b.all, v, slot)?;
                b.slots[i].push(made);
            }
        }
    }
    for slot in o.shared_slots() {
        let value = Literal::scalar(DType::Float32, slot.value);
        let made = Variable::named(value, format!("{name}/{}", slot.name), false)?;
        b.all.push(made.clone());
        b.shared.push(made);
    }
    Ok(b)
}
