//! Graphs: what is built while one is the default.

use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::Spec;
use crate::shape::{PartialShape, Shape};
use crate::tensor::{
    Call, Entry, How, LastingTrace, Recorder, Tensor, Variable, VariableId, add_recorder, remove_recorder,
    symbol,
};
use std::cell::RefCell;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

/// What stands for a size that is not known while the graph is built: rare enough that what takes it for the size does not fit later.
const ANY: usize = 13;

/// A graph of ops (`tf.compat.v1.Graph`). Cheap to clone; clones are the same graph.
#[derive(Clone, Debug)]
pub struct Graph(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    trace: LastingTrace,
    pub(super) state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) nodes: Vec<Node>,
    /// Which node a tensor is a result of.
    pub(super) made_by: HashMap<u64, usize>,
    pub(super) placeholders: HashMap<u64, Placeholder>,
    /// Which variable a tensor was read from.
    pub(super) reads: HashMap<u64, VariableId>,
    pub(super) variables: Vec<Held>,
    /// The first thing that no session could run again.
    pub(super) refused: Option<Error>,
}

/// A variable and where its first value comes from.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) variable: Variable,
    pub(super) initializer: Operation,
}

#[derive(Clone, Debug)]
pub(super) struct Placeholder {
    pub(super) name: String,
    pub(super) shape: PlaceholderShape,
}

/// What is done, to which tensors, giving which.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) what: What,
    pub(super) inputs: Vec<Tensor>,
    pub(super) outputs: Vec<u64>,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Call(Arc<Entry>),
    /// Inputs: targets, then sources.
    Gradients {
        targets: usize,
        variables: Vec<Option<Variable>>,
    },
    Assign(Variable),
    /// Operations that run before it.
    Group(Vec<Operation>),
}

/// A node that is run for what it does (`tf.Operation`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Operation(pub(super) usize);

/// The shape of a placeholder: known, known in part, or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaceholderShape(Option<PartialShape>);

impl PlaceholderShape {
    /// Any shape (`shape=None`). Until it is fed, it counts as a scalar.
    pub const ANY: PlaceholderShape = PlaceholderShape(None);

    pub(super) fn accepts(&self, shape: &Shape) -> bool {
        self.0.as_ref().is_none_or(|p| p.accepts(shape))
    }
}

impl<S: Into<PartialShape>> From<S> for PlaceholderShape {
    fn from(s: S) -> Self {
        PlaceholderShape(Some(s.into()))
    }
}

impl std::fmt::Display for PlaceholderShape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            None => f.write_str("<unknown>"),
            Some(p) => {
                let dims: Vec<String> = p.iter().map(|d| d.map_or("?".into(), |n| n.to_string())).collect();
                write!(f, "[{}]", dims.join(","))
            }
        }
    }
}

thread_local! {
    static DEFAULT: RefCell<Vec<Graph>> = const { RefCell::new(Vec::new()) };
}

impl Graph {
    /// A graph without ops.
    #[expect(clippy::new_without_default, reason = "two graphs without ops are not the same graph")]
    pub fn new() -> Self {
        Graph(Arc::new(Inner { trace: LastingTrace::new("a v1 Graph"), state: Mutex::default() }))
    }

    /// Makes it the default graph of this thread until what is returned goes: ops are written into it in the place of being run.
    ///
    /// # Errors
    /// `FailedPrecondition` when it is a default graph already.
    pub fn as_default(&self) -> Result<DefaultGraph> {
        if !self.0.trace.enter() {
            let what = "the graph is a default graph already, of this thread or another";
            return Err(Error::new(ErrorKind::FailedPrecondition, "Graph.as_default", what));
        }
        let recorder: Arc<dyn Recorder> = self.0.clone();
        add_recorder(recorder.clone());
        DEFAULT.with_borrow_mut(|d| d.push(self.clone()));
        Ok(DefaultGraph { graph: self.clone(), recorder, thread: PhantomData })
    }

    /// The default graph of this thread.
    pub(super) fn current(op: &str) -> Result<Graph> {
        DEFAULT.with_borrow(|d| d.last().cloned()).ok_or_else(|| {
            let what = "no graph is the default; keep what Graph::as_default returns";
            Error::new(ErrorKind::FailedPrecondition, op, what)
        })
    }

    /// Adds a node without results.
    pub(super) fn add(&self, what: What, inputs: Vec<Tensor>) -> Operation {
        let mut s = crate::lock(&self.0.state);
        s.nodes.push(Node { what, inputs, outputs: vec![] });
        Operation(s.nodes.len() - 1)
    }

    /// Adds a node whose results have these specs.
    pub(super) fn add_with_results(
        &self,
        what: What,
        inputs: Vec<Tensor>,
        specs: &[Spec],
    ) -> Result<Vec<Tensor>> {
        let results = specs.iter().map(|s| symbol(s.clone())).collect::<Result<Vec<_>>>()?;
        let mut s = crate::lock(&self.0.state);
        let node = s.nodes.len();
        s.made_by.extend(results.iter().map(|t| (t.id(), node)));
        s.nodes.push(Node { what, inputs, outputs: results.iter().map(Tensor::id).collect() });
        Ok(results)
    }
}

impl Recorder for Inner {
    fn wants(&self, _: &[&Tensor]) -> bool {
        true
    }

    fn record(&self, call: &Call<'_>) -> Result<()> {
        if !call.outputs.iter().any(Tensor::is_symbolic) {
            return Ok(());
        }
        let mut s = crate::lock(&self.state);
        let How::Entry(entry) = call.how else {
            let what = format!("{:?} in a v1 Graph", call.how);
            s.refused.get_or_insert(Error::unimplemented("Graph", what));
            return Ok(());
        };
        let node = s.nodes.len();
        s.made_by.extend(call.outputs.iter().map(|t| (t.id(), node)));
        s.nodes.push(Node {
            what: What::Call(entry.clone()),
            inputs: call.inputs.iter().map(|&t| t.clone()).collect(),
            outputs: call.outputs.iter().map(Tensor::id).collect(),
        });
        Ok(())
    }

    fn read_variable(&self, variable: VariableId, _: bool, value: &Tensor) {
        crate::lock(&self.state).reads.insert(value.id(), variable);
    }
}

/// While it is kept, a graph is the default of its thread.
#[derive(Debug)]
pub struct DefaultGraph {
    graph: Graph,
    recorder: Arc<dyn Recorder>,
    thread: PhantomData<*const ()>,
}

impl Drop for DefaultGraph {
    fn drop(&mut self) {
        remove_recorder(&self.recorder);
        self.graph.0.trace.leave();
        DEFAULT.with_borrow_mut(|d| {
            if let Some(at) = d.iter().rposition(|g| Arc::ptr_eq(&g.0, &self.graph.0)) {
                d.remove(at);
            }
        });
    }
}

/// A tensor that is fed when the graph runs (`tf.compat.v1.placeholder`).
///
/// Sizes that are not known are any; code that reads the shape of what is computed from it while the graph is built sees a number of no
/// meaning in their place.
///
/// # Errors
/// `FailedPrecondition` without a default graph.
pub fn placeholder(dtype: DType, shape: impl Into<PlaceholderShape>, name: &str) -> Result<Tensor> {
    let graph = Graph::current("placeholder")?;
    let shape = shape.into();
    let nominal = shape.0.as_ref().map_or(Shape::scalar(), |p| p.filled(ANY));
    let t = symbol(Spec::new(dtype, nominal))?;
    let name = crate::tensor::scoped(name);
    crate::lock(&graph.0.state).placeholders.insert(t.id(), Placeholder { name, shape });
    Ok(t)
}
