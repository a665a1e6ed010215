//! Runs graphs: values are handed along edges, and a node runs once all that it waits for is there.

use super::def::{Graph, Library, Node, OP};
use super::plan::{Edge, Plan};
use super::value::{Dead, Elements, Value};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::Literal;
use crate::tensor::{Tensor, is_tracing};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// How deep functions may call functions.
const MAX_DEPTH: usize = 64;
/// How many nodes a trace may run: loops are written out in it.
const MAX_TRACED: usize = 20_000;

/// A model's graphs and constants.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) library: Library,
    pub(super) weights: HashMap<String, Value>,
    pub(super) plans: RefCell<HashMap<String, Rc<Plan>>>,
}

/// One run of a program.
pub(super) struct Run<'a> {
    pub(super) program: &'a Program,
    /// Whether values are waited for by blocking.
    pub(super) blocking: bool,
    /// Whether what is run can be traced: nothing depended on a value so far that is not known before the run.
    pub(super) dynamic: &'a Cell<bool>,
    pub(super) arrays: RefCell<Vec<Elements>>,
    count: Cell<usize>,
    depth: Cell<usize>,
}

/// A loop that is being run: one for each time that it is entered.
struct Frame {
    parent: Option<(usize, usize)>,
    children: HashMap<(String, usize), usize>,
    /// Values that are the same in all iterations.
    constants: Vec<(usize, Value)>,
    iterations: usize,
    /// Why it is dead, where it is, seen from outside.
    dead: Dead,
}

/// Node, frame and iteration.
type Place = (usize, usize, usize);

#[derive(Default)]
struct Waiting {
    got: Vec<Option<Value>>,
    count: usize,
    dead: usize,
    done: bool,
}

struct State<'a> {
    graph: &'a Graph,
    plan: &'a Plan,
    sources: Vec<Option<Value>>,
    frames: Vec<Frame>,
    waiting: HashMap<Place, Waiting>,
    ready: Vec<(Place, Vec<Option<Value>>)>,
    wanted: HashMap<usize, Vec<Value>>,
}

/// The result of a future that never waits.
pub(super) fn now<T>(f: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(f).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(r) => r,
        Poll::Pending => Err(Error::internal(OP, "a run without waiting waits")),
    }
}

impl<'a> Run<'a> {
    pub(super) fn new(program: &'a Program, blocking: bool, dynamic: &'a Cell<bool>) -> Self {
        Run {
            program,
            blocking,
            dynamic,
            arrays: RefCell::default(),
            count: Cell::new(0),
            depth: Cell::new(0),
        }
    }

    /// Outputs of a graph, where `given` nodes have values already.
    pub(super) async fn graph(
        &self,
        graph: &Graph,
        plan: &Plan,
        given: HashMap<usize, Value>,
        outputs: &[(usize, usize)],
    ) -> Result<Vec<Value>> {
        let mut s = State {
            graph,
            plan,
            sources: vec![None; graph.nodes.len()],
            frames: vec![Frame {
                parent: None,
                children: HashMap::new(),
                constants: vec![],
                iterations: 1,
                dead: Dead::Untaken,
            }],
            waiting: HashMap::new(),
            ready: vec![],
            wanted: outputs.iter().map(|(n, _)| (*n, vec![])).collect(),
        };
        for &i in &plan.sources {
            let value = match given.get(&i) {
                Some(v) => v.clone(),
                None => self.constant(&graph.nodes[i])?,
            };
            if let Some(w) = s.wanted.get_mut(&i) {
                w.push(value.clone());
            }
            s.sources[i] = Some(value);
        }
        for i in (0..graph.nodes.len()).rev() {
            if plan.needed[i] && !plan.is_source[i] && plan.waits[i] == 0 {
                s.ready.push(((i, 0, 0), vec![None; graph.nodes[i].inputs.len()]));
            }
        }
        while let Some((place, got)) = s.ready.pop() {
            self.node(&mut s, place, got).await.map_err(|e| {
                let node = &graph.nodes[place.0];
                e.context(format!("node {} ({})", node.name, node.op))
            })?;
        }
        let value = |(node, output): &(usize, usize)| {
            let found = s.wanted.get(node).and_then(|v| v.get(*output));
            match found {
                Some(Value::Dead(_)) | None => {
                    let name = &graph.nodes[*node].name;
                    let text = format!(
                        "output {output} of node {name:?} has no value: it is in a branch that was not taken, in a loop of nodes without \
                         NextIteration, or the node has fewer outputs"
                    );
                    Err(Error::new(ErrorKind::InvalidArgument, OP, text))
                }
                Some(v) => Ok(v.clone()),
            }
        };
        outputs.iter().map(value).collect()
    }

    /// Runs one node, and hands on what it gives.
    async fn node(&self, s: &mut State<'_>, place: Place, got: Vec<Option<Value>>) -> Result<()> {
        let (i, frame, iteration) = place;
        let node = &s.graph.nodes[i];
        self.count.set(self.count.get() + 1);
        if self.count.get() > MAX_TRACED && is_tracing() {
            return Err(self.untraceable("a loop of many steps"));
        }
        let mut inputs = Vec::with_capacity(got.len());
        let (mut dead, mut live) = (None, None);
        for (slot, (x, got)) in node.inputs.iter().zip(got).enumerate() {
            let value = match got {
                Some(v) => v,
                None => match &s.sources[x.node] {
                    Some(v) => v.clone(),
                    // A merge has one of its inputs.
                    None => continue,
                },
            };
            match value {
                Value::Dead(d) => dead = Some(dead.map_or(d, |o| if o == Dead::Loop { o } else { d })),
                v if !x.control => {
                    live.get_or_insert(slot);
                    inputs.push(v);
                }
                _ => {}
            }
        }
        let one = || inputs.first().cloned().ok_or_else(|| Error::invalid(OP, "input", "a value", "none"));
        match (node.op.as_str(), dead) {
            ("Merge", _) => {
                let outputs = match dead.filter(|_| inputs.is_empty()) {
                    Some(d) => vec![Value::Dead(d); 2],
                    None => vec![one()?, Value::Tensor(int(live.unwrap_or(0) as i64)?)],
                };
                s.send(place, outputs)
            }
            ("Enter" | "RefEnter", _) => {
                let name = node
                    .attrs
                    .get("frame_name")
                    .and_then(super::attr::AttrValue::as_text)
                    .unwrap_or_default();
                let constant =
                    node.attrs.get("is_constant").and_then(super::attr::AttrValue::as_bool).unwrap_or(false);
                let child = s.enter(frame, iteration, name);
                let value = match dead {
                    Some(d) => {
                        s.frames[child].dead = d;
                        Value::Dead(Dead::Loop)
                    }
                    None => one()?,
                };
                if constant {
                    for k in 1..s.frames[child].iterations {
                        s.send((i, child, k), vec![value.clone()])?;
                    }
                    s.frames[child].constants.push((i, value.clone()));
                }
                s.send((i, child, 0), vec![value])
            }
            ("NextIteration" | "RefNextIteration", Some(_)) => Ok(()),
            ("NextIteration" | "RefNextIteration", None) => {
                let next = iteration + 1;
                if s.frames[frame].iterations <= next {
                    s.frames[frame].iterations = next + 1;
                    for (node, value) in s.frames[frame].constants.clone() {
                        s.send((node, frame, next), vec![value])?;
                    }
                }
                let value = one()?;
                s.send((i, frame, next), vec![value])
            }
            ("Exit" | "RefExit", Some(Dead::Untaken)) => Ok(()),
            ("Exit" | "RefExit", dead) => {
                let wanted = "a node of a loop that was entered";
                let parent = s.frames[frame].parent;
                let (frame_out, k) =
                    parent.ok_or_else(|| Error::invalid(OP, "Exit", wanted, "one outside of any"))?;
                let value = match dead {
                    Some(_) => Value::Dead(s.frames[frame].dead),
                    None => one()?,
                };
                s.send((i, frame_out, k), vec![value])
            }
            (_, Some(d)) => s.send_dead(place, d),
            ("Switch" | "RefSwitch", None) => {
                let [data, pred] = &inputs[..] else {
                    return Err(Error::invalid(
                        OP,
                        "input",
                        "data and a predicate",
                        format_args!("{} inputs", inputs.len()),
                    ));
                };
                let (data, taken) = (data.clone(), self.truth(pred.tensor()?).await?);
                let none = Value::Dead(Dead::Untaken);
                s.send(place, if taken { vec![none, data] } else { vec![data, none] })
            }
            _ => {
                let outputs = self.compute(node, inputs).await?;
                s.send(place, outputs)
            }
        }
    }

    /// What a node that is no part of loops gives.
    async fn compute(&self, node: &Node, inputs: Vec<Value>) -> Result<Vec<Value>> {
        let function = |key: &str| match node.attrs.get(key) {
            Some(super::attr::AttrValue::Function(name)) => Ok(name.clone()),
            _ => Err(Error::invalid(OP, key, "the name of a function", "none")),
        };
        match node.op.as_str() {
            "If" | "StatelessIf" => {
                let (cond, rest) = inputs
                    .split_first()
                    .ok_or_else(|| Error::invalid(OP, "cond", "a condition", "nothing"))?;
                let taken = if self.truth(cond.tensor()?).await? { "then_branch" } else { "else_branch" };
                self.call(&function(taken)?, rest.to_vec()).await
            }
            "While" | "StatelessWhile" => {
                let (cond, body) = (function("cond")?, function("body")?);
                let mut values = inputs;
                loop {
                    let go = self.call(&cond, values.clone()).await?;
                    let go =
                        go.first().ok_or_else(|| Error::invalid(OP, "cond", "a condition", "nothing"))?;
                    if !self.truth(go.tensor()?).await? {
                        return Ok(values);
                    }
                    values = self.call(&body, values).await?;
                }
            }
            "PartitionedCall" | "StatefulPartitionedCall" => self.call(&function("f")?, inputs).await,
            _ => self.op(node, inputs).await,
        }
    }

    /// Calls a function of the library.
    fn call<'f>(
        &'f self,
        name: &'f str,
        arguments: Vec<Value>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Value>>> + 'f>> {
        Box::pin(async move {
            let missing =
                || Error::new(ErrorKind::NotFound, OP, format!("the library has no function {name:?}"));
            let graph = self.program.library.functions.get(name).ok_or_else(missing)?;
            if graph.arguments.len() != arguments.len() {
                let wanted = format!("{} arguments for function {name}", graph.arguments.len());
                return Err(Error::invalid(OP, "input", wanted, arguments.len()));
            }
            if self.depth.get() >= MAX_DEPTH {
                return Err(Error::invalid(
                    OP,
                    "library",
                    format_args!("at most {MAX_DEPTH} calls in calls"),
                    "more",
                ));
            }
            let plan = self.program.plans.borrow().get(name).cloned();
            let plan = plan.unwrap_or_else(|| {
                let made = Rc::new(Plan::new(graph, &[], graph.results.iter().map(|r| r.0)));
                self.program.plans.borrow_mut().insert(name.into(), made.clone());
                made
            });
            let given = graph.arguments.iter().copied().zip(arguments).collect();
            self.depth.set(self.depth.get() + 1);
            let result = self.graph(graph, &plan, given, &graph.results).await;
            self.depth.set(self.depth.get() - 1);
            result.map_err(|e| e.context(format!("function {name}")))
        })
    }

    pub(super) fn constant(&self, node: &Node) -> Result<Value> {
        if let Some(v) = self.program.weights.get(&node.name) {
            return Ok(v.clone());
        }
        match node.attrs.get("value") {
            Some(super::attr::AttrValue::Tensor(Some(l))) => {
                Ok(Value::Tensor(Tensor::from_literal(l.clone(), &crate::config::current_device()?)?))
            }
            _ => {
                let text =
                    format!("the files hold no weight {:?}, which is a constant of the graph", node.name);
                Err(Error::new(ErrorKind::DataLoss, OP, text))
            }
        }
    }

    /// Whether a condition holds: a number that is not 0, or a tensor that is not empty.
    async fn truth(&self, t: &Tensor) -> Result<bool> {
        if t.rank() > 0 && t.size() != 1 {
            return Ok(t.size() > 0);
        }
        let l = self.host(t).await?;
        Ok(!l.is_empty() && l.f64_at(0) != 0.0)
    }

    /// A value on the host.
    pub(super) async fn host(&self, t: &Tensor) -> Result<Literal> {
        if let Some(l) = t.host_value() {
            return Ok((**l).clone());
        }
        if t.is_symbolic() {
            return Err(self.untraceable("a value that is not known before the run"));
        }
        if self.blocking {
            return t.to_literal();
        }
        let (dtype, shape) = (t.dtype(), t.shape().clone());
        Ok(match dtype {
            DType::Bool => Literal::from_slice(shape, &t.data::<bool>().await?),
            d if d.is_int() => Literal::ints(d, shape, t.data::<i64>().await?),
            d if d.is_float() => Literal::floats(d, shape, t.data::<f64>().await?),
            _ => t.to_literal()?,
        })
    }

    /// Notes that the graph cannot be traced.
    pub(super) fn untraceable(&self, why: &str) -> Error {
        self.dynamic.set(true);
        Error::unimplemented(OP, format_args!("what is run depends on {why}, and cannot be traced"))
    }
}

/// A whole number on the host.
pub(super) fn int(v: i64) -> Result<Tensor> {
    Tensor::from_literal(Literal::ints(DType::Int32, (), vec![v]), &crate::config::current_device()?)
}

impl State<'_> {
    /// The frame of a loop in an iteration of another.
    fn enter(&mut self, frame: usize, iteration: usize, name: &str) -> usize {
        let next = self.frames.len();
        let key = (name.to_string(), iteration);
        let child = *self.frames[frame].children.entry(key).or_insert(next);
        if child == next {
            let parent = Some((frame, iteration));
            let (children, constants) = (HashMap::new(), vec![]);
            self.frames.push(Frame { parent, children, constants, iterations: 1, dead: Dead::Untaken });
        }
        child
    }

    fn send_dead(&mut self, place: Place, dead: Dead) -> Result<()> {
        let last = self.plan.edges[place.0].iter().map(|e| e.output).max().unwrap_or(0);
        self.send(place, vec![Value::Dead(dead); last + 1])
    }

    /// Hands outputs of a node to those that wait for them.
    fn send(&mut self, (i, frame, iteration): Place, outputs: Vec<Value>) -> Result<()> {
        let whole = outputs.iter().find_map(|v| if let Value::Dead(d) = v { Some(*d) } else { None });
        let whole = whole.filter(|_| outputs.iter().all(|v| matches!(v, Value::Dead(_))));
        let plan = self.plan;
        for e in &plan.edges[i] {
            let value = match (e.control, whole, outputs.get(e.output)) {
                (true, Some(d), _) => Value::Dead(d),
                // What is waited for has no value of its own.
                (true, None, _) => Value::Array(0),
                (false, _, Some(v)) => v.clone(),
                (false, _, None) => {
                    let node = &self.graph.nodes[i];
                    let received = format!("output {} of node {} ({})", e.output, node.name, node.op);
                    return Err(Error::invalid(
                        OP,
                        "input",
                        format_args!("one of {} outputs", outputs.len()),
                        received,
                    ));
                }
            };
            self.receive((e.to, frame, iteration), e, value);
        }
        if frame == 0
            && let Some(w) = self.wanted.get_mut(&i)
        {
            *w = outputs;
        }
        Ok(())
    }

    fn receive(&mut self, place: Place, edge: &Edge, value: Value) {
        let (i, _, iteration) = place;
        let merge = self.graph.nodes[i].op == "Merge";
        // A merge goes by its data alone.
        if merge && edge.control {
            return;
        }
        let n = self.graph.nodes[i].inputs.len();
        let w = self.waiting.entry(place).or_default();
        if w.got.is_empty() {
            w.got = vec![None; n];
        }
        if w.done {
            return;
        }
        let dead = matches!(value, Value::Dead(_));
        w.got[edge.slot] = Some(value);
        w.count += 1;
        w.dead += usize::from(dead);
        let fires = if merge {
            let expected = match self.plan.loops.get(&i) {
                Some(outside) if iteration == 0 => *outside,
                Some(_) => 1,
                None => self.plan.merged[i],
            };
            !dead || w.dead >= expected
        } else {
            w.count >= self.plan.waits[i]
        };
        if fires {
            let got = std::mem::take(&mut w.got);
            if merge {
                w.got = vec![None; n];
                w.done = true;
            } else {
                self.waiting.remove(&place);
            }
            self.ready.push((place, got));
        }
    }
}
