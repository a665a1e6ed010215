//! Sessions: values of a graph's variables, and runs of parts of it.

use super::fetch::{Fetch, Fetches};
use super::graph::{Graph, Operation, What};
use super::replay::{Needs, replay};
use crate::error::{Error, ErrorKind, Result};
use crate::function::{ConcreteFunction, FunctionArg};
use crate::hlo::Spec;
use crate::ops::math;
use crate::tensor::{Tensor, Variable, VariableId, init_scope, without_recorders};
use std::collections::HashMap;
use std::sync::Arc;

/// Runs a graph (`tf.compat.v1.Session`). Each session has its own values of the graph's variables.
///
/// What a run needs is compiled whole, once for each set of fetches and of dtypes and shapes that are fed.
#[derive(Debug)]
pub struct Session {
    graph: Graph,
    values: HashMap<VariableId, Tensor>,
    compiled: HashMap<Key, Arc<Compiled>>,
}

/// Tensors and operations that are fetched, tensors that are fed, and how.
type Key = (Vec<u64>, Vec<Operation>, Vec<(u64, Spec)>);

#[derive(Debug)]
struct Compiled {
    concrete: ConcreteFunction,
    needs: Needs,
    /// Variables that the run reads or assigns.
    variables: Vec<Variable>,
}

impl Session {
    /// A session in which no variable has a value yet.
    pub fn new(graph: &Graph) -> Self {
        Session { graph: graph.clone(), values: HashMap::new(), compiled: HashMap::new() }
    }

    /// Computes what is fetched, with `feed_dict`'s values in the place of tensors of the graph: one thing for one, a tuple or list for a
    /// tuple or list. Reads see variables as they were before the run; a fetched variable is read after it.
    ///
    /// # Errors
    /// `InvalidArgument` for a placeholder that is needed and not fed, and for values whose shapes do not fit; `FailedPrecondition` for a
    /// variable that was never initialized; what the ops meet.
    pub fn run<F: Fetches>(&mut self, fetches: F, feed_dict: &[(&Tensor, &Tensor)]) -> Result<F::Values> {
        let all = fetches.fetches();
        let found = init_scope(|| without_recorders(|| self.run_flat(&all, feed_dict)))?;
        fetches.values(&mut found.into_iter())
    }

    fn run_flat(&mut self, all: &[Fetch], feed_dict: &[(&Tensor, &Tensor)]) -> Result<Vec<Option<Tensor>>> {
        let feeds = feed_dict.iter().map(|(t, v)| self.fed(t, v)).collect::<Result<Vec<_>>>()?;
        let tensors: Vec<Tensor> = all
            .iter()
            .filter_map(|f| if let Fetch::Tensor(t) = f { Some(t.clone()) } else { None })
            .collect();
        let operations: Vec<Operation> = all
            .iter()
            .filter_map(|f| if let Fetch::Operation(o) = f { Some(o.clone()) } else { None })
            .collect();
        let compiled = self.compiled(&tensors, &operations, &feeds)?;
        for id in &compiled.needs.reads {
            self.check_initialized(*id)?;
        }
        for v in &compiled.variables {
            if let Some(t) = self.values.get(&v.id()) {
                v.store(t);
            }
        }
        let args: Vec<&Tensor> = feeds.iter().map(|(_, v)| v).collect();
        let mut results = compiled.concrete.call(&args)?.into_iter();
        for v in compiled.concrete.assigned() {
            self.values.insert(v.id(), v.stored());
        }
        all.iter()
            .map(|f| match f {
                Fetch::Tensor(_) => Ok(results.next()),
                Fetch::Operation(_) => Ok(None),
                Fetch::Variable(v) => {
                    self.check_initialized(v.id())?;
                    Ok(self.values.get(&v.id()).cloned())
                }
            })
            .collect()
    }

    fn check_initialized(&self, id: VariableId) -> Result<()> {
        if self.values.contains_key(&id) {
            return Ok(());
        }
        let name =
            self.graph.variable(id).map_or_else(|| "of another graph".into(), |v| v.name().to_string());
        let what = format!(
            "Attempting to use uninitialized value {name}; run global_variables_initializer() in this session first"
        );
        Err(Error::new(ErrorKind::FailedPrecondition, "Session.run", what))
    }

    /// A value in the dtype of the tensor that it is fed for.
    fn fed(&self, t: &Tensor, value: &Tensor) -> Result<(u64, Tensor)> {
        let s = crate::lock(&self.graph.0.state);
        let fits = match s.placeholders.get(&t.id()) {
            Some(p) => p.shape.accepts(value.shape()),
            None => true,
        };
        if !fits {
            let p = &s.placeholders[&t.id()];
            let wanted = format!("a value of shape {} for tensor '{}'", p.shape, p.name);
            return Err(Error::invalid("Session.run", "feed_dict", wanted, value.shape()));
        }
        drop(s);
        let value = if value.dtype() == t.dtype() { value.clone() } else { math::cast(value, t.dtype())? };
        Ok((t.id(), value))
    }

    fn compiled(
        &mut self,
        tensors: &[Tensor],
        operations: &[Operation],
        feeds: &[(u64, Tensor)],
    ) -> Result<Arc<Compiled>> {
        let specs = feeds.iter().map(|(id, v)| (*id, v.spec().clone())).collect();
        let key = (tensors.iter().map(Tensor::id).collect(), operations.to_vec(), specs);
        if let Some(c) = self.compiled.get(&key) {
            return Ok(c.clone());
        }
        let ids: Vec<u64> = feeds.iter().map(|(id, _)| *id).collect();
        let (needs, nodes) = self.graph.needs(tensors, operations, &ids)?;
        let args: Vec<FunctionArg> = feeds.iter().map(|(_, v)| FunctionArg::Tensor(v.clone())).collect();
        let concrete = ConcreteFunction::trace("Session.run", &args, |x| {
            let mut values: HashMap<u64, Tensor> = ids.iter().copied().zip(x.iter().cloned()).collect();
            replay(&self.graph, &needs, &nodes, &mut values)?;
            let value = |t: &Tensor| Ok(values.get(&t.id()).unwrap_or(t).clone());
            tensors.iter().map(value).collect()
        })?;
        let mut variables = concrete.variables();
        variables.extend(nodes.iter().filter_map(|n| match &n.what {
            What::Assign(v) => Some(v.clone()),
            _ => None,
        }));
        let compiled = Arc::new(Compiled { concrete, needs, variables });
        self.compiled.insert(key, compiled.clone());
        Ok(compiled)
    }
}
