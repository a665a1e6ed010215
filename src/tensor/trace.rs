//! Traces: while one is open on a thread, ops on symbolic tensors are written into its graph instead of being run.

use super::variable::VariableId;
use super::{Entry, Tensor, Variable};
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::{ById, CompositeOp, Graph, Literal, Prim, Spec, Val};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Tensors of at most this many elements with host values are written into a trace as constants; larger ones become inputs.
const MAX_LITERAL: usize = 1024;

/// What a trace has become: a graph and what its inputs and outputs beyond the declared ones are bound to.
#[derive(Debug)]
pub struct Traced {
    /// Declared inputs, then captured tensors and variables in order of first use. Outputs: the declared ones, then new values of variables.
    pub graph: Graph,
    /// What the inputs after the declared ones are bound to.
    pub captures: Vec<Capture>,
    /// Variables whose new values follow the declared outputs.
    pub assigned: Vec<Variable>,
}

/// Something from outside that a trace uses.
#[derive(Clone, Debug)]
pub enum Capture {
    /// A tensor with a value, kept as it is.
    Tensor(Tensor),
    /// A variable, read anew at each call.
    Variable(Variable),
}

struct Trace {
    id: u64,
    name: String,
    graph: Graph,
    captures: Vec<Capture>,
    tensors: HashMap<u64, Val>,
    variables: HashMap<VariableId, VariableState>,
    order: Vec<VariableId>,
}

struct VariableState {
    variable: Variable,
    /// The input that holds its value before the trace.
    input: Option<Val>,
    current: Tensor,
    assigned: bool,
}

/// What a variable was assigned, and the variable before: reading the variable starts anew, so that adjoints of the value go to the
/// variable, not to what the value was computed from.
#[derive(Debug)]
struct Assigned(Arc<Graph>);

impl Assigned {
    fn prim(spec: &Spec, inputs: usize) -> Prim {
        let mut body = Graph::new();
        let x: Vec<Val> = (0..inputs).map(|_| body.parameter(spec.clone())).collect();
        body.set_outputs(vec![x[0]]);
        Prim::Composite(ById(Arc::new(Assigned(Arc::new(body)))))
    }
}

impl CompositeOp for Assigned {
    fn name(&self) -> &str {
        "assign"
    }

    fn attrs_text(&self) -> String {
        String::new()
    }

    fn body(&self) -> &Arc<Graph> {
        &self.0
    }

    fn has_vjp(&self) -> bool {
        true
    }

    fn vjp(
        &self,
        _: &mut Graph,
        x: &[Val],
        _: &[Val],
        dy: &[Option<Val>],
    ) -> Option<Result<Vec<Option<Val>>>> {
        let to_variable = dy.first().copied().flatten();
        Some(Ok(x.iter().enumerate().map(|(i, _)| to_variable.filter(|_| i == 1)).collect()))
    }
}

thread_local! {
    static TRACES: RefCell<Vec<Trace>> = const { RefCell::new(Vec::new()) };
}

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Whether a trace is open on this thread.
pub fn is_tracing() -> bool {
    TRACES.with_borrow(|t| !t.is_empty())
}

/// Runs `f` outside of all traces of this thread (`tf.init_scope`): what it does is done now.
pub fn init_scope<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(Vec<Trace>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let saved = std::mem::take(&mut self.0);
            TRACES.with_borrow_mut(|t| *t = saved);
        }
    }
    let _restore = Restore(TRACES.with_borrow_mut(std::mem::take));
    f()
}

/// The name of the innermost open trace.
pub fn current_trace_name() -> Option<String> {
    TRACES.with_borrow(|t| t.last().map(|t| t.name.clone()))
}

/// Runs `f` on symbolic tensors of the given specs and returns the graph it wrote, with `f`'s results as outputs, and what `f` said beside
/// them.
///
/// # Errors
/// What `f` returns; `FailedPrecondition` when a result belongs to another trace.
pub fn trace<R>(
    name: &str,
    specs: &[Spec],
    f: impl FnOnce(&[Tensor]) -> Result<(Vec<Tensor>, R)>,
) -> Result<(Traced, R)> {
    let mut open = Trace::new(name);
    let id = open.id;
    let inputs: Vec<Tensor> = specs
        .iter()
        .map(|s| Tensor::symbolic(s.clone(), id, open.graph.parameter(s.clone())))
        .collect::<Result<_>>()?;
    TRACES.with_borrow_mut(|t| t.push(open));
    let _close = CloseOnDrop(id);
    let (outputs, said) = f(&inputs)?;
    let mut vals = outputs.iter().map(value_of).collect::<Result<Vec<Val>>>()?;
    let Some(mut t) = TRACES.with_borrow_mut(Vec::pop).filter(|t| t.id == id) else {
        return Err(Error::internal("function", "traces were closed out of order"));
    };
    let mut assigned = vec![];
    for key in &t.order {
        let state = &t.variables[key];
        if state.assigned {
            vals.push(
                state
                    .current
                    .symbol_in(id)
                    .ok_or_else(|| Error::internal("function", "a variable's value is of no trace"))?,
            );
            assigned.push(state.variable.clone());
        }
    }
    t.graph.set_outputs(vals);
    Ok((Traced { graph: t.graph, captures: t.captures, assigned }, said))
}

/// Closes a trace that an error or a panic leaves.
struct CloseOnDrop(u64);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        TRACES.with_borrow_mut(|t| {
            if let Some(at) = t.iter().position(|t| t.id == self.0) {
                t.truncate(at);
            }
        });
    }
}

fn with_current<R>(f: impl FnOnce(&mut Trace) -> Result<R>) -> Result<R> {
    TRACES.with_borrow_mut(|t| match t.last_mut() {
        Some(t) => f(t),
        None => Err(Error::new(ErrorKind::FailedPrecondition, "function", "no trace is open on this thread")),
    })
}

/// The value of a tensor in the innermost trace: its own, a constant, or an input bound to it.
fn value_of(t: &Tensor) -> Result<Val> {
    if let Some(v) = with_current(|trace| Ok(t.symbol_in(trace.id)))? {
        return Ok(v);
    }
    if t.is_symbolic() {
        return outer_value(t);
    }
    let literal = t.host_value().filter(|l| l.len() <= MAX_LITERAL).cloned();
    with_current(|trace| match literal {
        Some(l) => trace.graph.constant(Literal::clone(&l)),
        None => Ok(trace.capture(t)),
    })
}

/// A symbolic tensor of an outer trace becomes an input of the inner one, bound to it. One of a closed trace is an error.
fn outer_value(t: &Tensor) -> Result<Val> {
    let open = TRACES.with_borrow(|all| all.iter().any(|trace| t.symbol_in(trace.id).is_some()));
    if !open {
        return Err(Error::new(
            ErrorKind::FailedPrecondition,
            "function",
            format!(
                "{t:?} belongs to a function that has been traced already; return it as a result to use it outside"
            ),
        ));
    }
    with_current(|trace| Ok(trace.capture(t)))
}

impl Trace {
    fn new(name: &str) -> Self {
        Trace {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            name: name.into(),
            graph: Graph::new(),
            captures: vec![],
            tensors: HashMap::new(),
            variables: HashMap::new(),
            order: vec![],
        }
    }

    fn capture(&mut self, t: &Tensor) -> Val {
        if let Some(&v) = self.tensors.get(&t.id()) {
            return v;
        }
        let v = self.graph.parameter(t.spec().clone());
        self.captures.push(Capture::Tensor(t.clone()));
        self.tensors.insert(t.id(), v);
        v
    }
}

/// Writes a call into the innermost trace.
pub(super) fn call(entry: &Arc<Entry>, inputs: &[&Tensor]) -> Result<Vec<Tensor>> {
    let operands = inputs.iter().map(|t| value_of(t)).collect::<Result<Vec<Val>>>()?;
    with_current(|trace| {
        // One primitive stands for itself; anything longer keeps its name until after differentiation.
        let body = entry.graph();
        let bare = body.insts().len() == body.params().len() + 1
            && !entry.op().is_some_and(super::DynOp::has_own_vjp);
        let results = if bare {
            trace.graph.inline(body, &operands)?
        } else {
            trace.graph.push_multi(Prim::Composite(ById(entry.clone())), &operands)?.to_vec()
        };
        results.into_iter().map(|v| Tensor::symbolic(trace.graph.spec(v).clone(), trace.id, v)).collect()
    })
}

/// Writes an instruction into the innermost trace: effects, loops and branches.
///
/// # Errors
/// As [`Graph::push_multi`]; `FailedPrecondition` outside of a trace.
pub fn emit(prim: Prim, inputs: &[&Tensor]) -> Result<Vec<Tensor>> {
    let operands = inputs.iter().map(|t| value_of(t)).collect::<Result<Vec<Val>>>()?;
    with_current(|trace| {
        let results = trace.graph.push_multi(prim, &operands)?;
        results.into_iter().map(|v| Tensor::symbolic(trace.graph.spec(v).clone(), trace.id, v)).collect()
    })
}

/// Writes a constant into the innermost trace.
///
/// # Errors
/// `FailedPrecondition` outside of a trace.
pub fn emit_constant(l: Literal) -> Result<Tensor> {
    with_current(|trace| {
        let v = trace.graph.constant(l)?;
        Tensor::symbolic(trace.graph.spec(v).clone(), trace.id, v)
    })
}

/// The value of a variable at this point of the innermost trace.
pub(super) fn read_variable(variable: &Variable) -> Result<Tensor> {
    with_current(|trace| Ok(trace.variable(variable)?.current.clone()))
}

/// Gives a variable a new value from this point of the innermost trace on.
pub(super) fn assign_variable(variable: &Variable, value: &Tensor) -> Result<()> {
    let v = value_of(value)?;
    with_current(|trace| {
        let known = trace.variables.contains_key(&variable.id());
        // A variable that nobody differentiates need not be an input.
        let differentiable = variable.trainable() && variable.dtype().is_differentiable();
        let input = if known || differentiable { trace.variable(variable)?.input } else { None };
        let operands: Vec<Val> = std::iter::once(v).chain(input).collect();
        let v = trace.graph.push(Assigned::prim(&variable.spec(), operands.len()), &operands)?;
        let current = Tensor::symbolic(variable.spec(), trace.id, v)?;
        if !known && input.is_none() {
            trace.order.push(variable.id());
        }
        let state = VariableState { variable: variable.clone(), input, current, assigned: true };
        trace.variables.insert(variable.id(), state);
        Ok(())
    })
}

impl Trace {
    /// What is known of a variable, which becomes an input when it is first used.
    fn variable(&mut self, variable: &Variable) -> Result<&VariableState> {
        let id = variable.id();
        if !self.variables.contains_key(&id) {
            let v = self.graph.parameter(variable.spec());
            let current = Tensor::symbolic(variable.spec(), self.id, v)?;
            self.captures.push(Capture::Variable(variable.clone()));
            self.order.push(id);
            let state =
                VariableState { variable: variable.clone(), input: Some(v), current, assigned: false };
            self.variables.insert(id, state);
        }
        Ok(&self.variables[&id])
    }
}

impl Traced {
    /// The tensors it captured, where it captured and assigned no variables.
    ///
    /// # Errors
    /// `Unimplemented` where it did.
    pub fn captured_tensors(&self, op: &str) -> Result<Vec<Tensor>> {
        let refuse = || {
            Error::unimplemented(
                op,
                "variables that are read or assigned inside; pass their values as operands",
            )
        };
        if !self.assigned.is_empty() {
            return Err(refuse());
        }
        self.captures
            .iter()
            .map(|c| match c {
                Capture::Tensor(t) => Ok(t.clone()),
                Capture::Variable(_) => Err(refuse()),
            })
            .collect()
    }
}

/// A trace that is entered and left again and again, for what is built step by step. No graph comes of it, only symbols.
pub struct LastingTrace {
    id: u64,
    rest: Mutex<Option<Trace>>,
}

impl LastingTrace {
    /// A trace that nothing was written into.
    pub fn new(name: &str) -> Self {
        let open = Trace::new(name);
        LastingTrace { id: open.id, rest: Mutex::new(Some(open)) }
    }

    /// Makes it the innermost trace of this thread, if it is not entered anywhere yet. Says whether it did.
    pub fn enter(&self) -> bool {
        let rest = crate::lock(&self.rest).take();
        rest.map(|t| TRACES.with_borrow_mut(|all| all.push(t))).is_some()
    }

    /// Takes it from the open traces of this thread.
    pub fn leave(&self) {
        let found = TRACES.with_borrow_mut(|all| {
            let at = all.iter().position(|t| t.id == self.id)?;
            Some(all.remove(at))
        });
        if found.is_some() {
            *crate::lock(&self.rest) = found;
        }
    }
}

impl std::fmt::Debug for LastingTrace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LastingTrace").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A new symbol of the innermost trace, bound to nothing.
///
/// # Errors
/// `FailedPrecondition` outside of a trace.
pub fn symbol(spec: Spec) -> Result<Tensor> {
    with_current(|trace| {
        let v = trace.graph.parameter(spec.clone());
        Tensor::symbolic(spec, trace.id, v)
    })
}
