//! Entries: graphs with a name, their derivatives and their compiled plans, made once and shared.

use super::engine::MIRROR_LIMIT;
use super::op::{DynOp, hash_to};
use crate::error::Result;
use crate::exec::{Executable, Target};
use crate::hlo::{CompositeOp, Graph, Prim, Spec, Val, gradient};
use rustc_hash::FxHasher;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

/// A graph that can be run, called in traces and differentiated: an op at given specs, a traced function, or a derivative of one.
pub struct Entry {
    id: u64,
    /// The same in every process.
    stable: u64,
    name: String,
    op: Option<Box<dyn DynOp>>,
    graph: Arc<Graph>,
    /// Inputs, and the outputs that are their next values.
    updates: Vec<(usize, usize)>,
    joins: OnceLock<Joins>,
    vjps: Mutex<HashMap<VjpKey, Arc<Vjp>>>,
    executables: RwLock<Vec<(Target, u64, Arc<Executable>)>>,
    exact: OnceLock<Exact>,
}

/// How an entry runs among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joins {
    /// It may be compiled together with what runs before and after it: an op or the derivative of one.
    Pure,
    /// As that, and it checks values.
    Checked,
    /// It is compiled whole and runs on its own: a function, or something with an effect whose time matters.
    Alone,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Whether some part of a graph is a function of the host.
fn calls_host(g: &Graph) -> bool {
    g.insts().iter().any(|i| match &i.prim {
        Prim::CustomCall(_) | Prim::HostCall(_) | Prim::Print(_) | Prim::While(_) => true,
        Prim::Composite(c) => calls_host(c.body()),
        p if p.is_chosen_by_host() => true,
        Prim::Case(branches) => branches.iter().any(|b| calls_host(b)),
        Prim::Scan(s) => calls_host(&s.body),
        _ => false,
    })
}

/// What the host may compute of an entry.
#[derive(Clone, Copy)]
struct Exact {
    /// All values are integers or bool, and results are small.
    is: bool,
    /// No result depends on an operand.
    ignores_inputs: bool,
}

/// Which results have an adjoint, and which operands want one.
type VjpKey = (Vec<bool>, Vec<bool>);

/// The derivative of an [`Entry`] for a given set of adjoints.
#[derive(Debug)]
pub struct Vjp {
    /// From the kept values, then the adjoints that are there, to the adjoints of the connected operands.
    pub entry: Arc<Entry>,
    /// Which operands, then which results, the derivative uses.
    pub keeps: Vec<bool>,
    /// Which operands get an adjoint.
    pub connected: Vec<bool>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("name", &self.name).field("op", &self.op).finish_non_exhaustive()
    }
}

impl Entry {
    /// The entry of an op for operand specs.
    ///
    /// # Errors
    /// What the op refuses.
    pub fn of_op(op: &dyn DynOp, specs: &[Spec]) -> Result<Arc<Entry>> {
        let name = op.info().name;
        let mut g = Graph::new();
        let x: Vec<Val> = specs.iter().map(|s| g.parameter(s.clone())).collect();
        let outputs = op.build(&mut g, &x).map_err(|e| e.for_op(name))?;
        g.set_outputs(outputs);
        debug_assert!(g.verify().is_ok(), "{name}: {:?}", g.verify());
        let mut h = FxHasher::default();
        name.hash(&mut h);
        hash_to(op, &mut h);
        specs.hash(&mut h);
        Ok(Arc::new(Entry { op: Some(op.boxed()), ..Entry::new(name.into(), g, h.finish()) }))
    }

    /// The entry of a graph, which is compiled and run on its own.
    pub fn of_graph(name: impl Into<String>, graph: Graph) -> Arc<Entry> {
        Entry::updating(name, graph, vec![])
    }

    /// The entry of a graph some of whose outputs are the next values of inputs, by number: such an output may take over the memory of an
    /// input that only a variable holds, which is then to be given the output.
    pub(crate) fn updating(
        name: impl Into<String>,
        graph: Graph,
        updates: Vec<(usize, usize)>,
    ) -> Arc<Entry> {
        let joins = OnceLock::from(Joins::Alone);
        let entry = Entry { joins, updates, ..Entry::new(name.into(), graph, 0) };
        Arc::new(entry)
    }

    fn new(name: String, graph: Graph, stable: u64) -> Entry {
        Entry {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            stable,
            name,
            op: None,
            graph: Arc::new(graph),
            updates: vec![],
            joins: OnceLock::new(),
            vjps: Mutex::default(),
            executables: RwLock::default(),
            exact: OnceLock::new(),
        }
    }

    /// A number that no other entry of the process has.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// A number that says what it is, the same in every process; different entries may share it.
    pub(super) fn stable(&self) -> u64 {
        self.stable
    }

    /// How it runs among others.
    pub(super) fn joins(&self) -> Joins {
        *self.joins.get_or_init(|| match (calls_host(&self.graph), self.graph.has_effects()) {
            (true, _) => Joins::Alone,
            (_, true) => Joins::Checked,
            _ => Joins::Pure,
        })
    }

    /// The name of the op or function.
    pub fn label(&self) -> &str {
        &self.name
    }

    /// The op, where it is one.
    pub fn op(&self) -> Option<&dyn DynOp> {
        self.op.as_deref()
    }

    /// Inputs, and the outputs that are their next values.
    pub(crate) fn updates(&self) -> &[(usize, usize)] {
        &self.updates
    }

    /// What it computes.
    pub fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }

    /// Whether the host may compute it: all values are integers or bool, and results are small.
    pub(super) fn is_exact(&self) -> bool {
        self.exact().is
    }

    /// Whether no result depends on an operand.
    pub(super) fn ignores_inputs(&self) -> bool {
        self.exact().ignores_inputs
    }

    fn exact(&self) -> Exact {
        *self.exact.get_or_init(|| {
            let g = &self.graph;
            let live = g.live();
            let small =
                g.outputs().iter().all(|&v| g.dtype(v).is_exact() && g.shape(v).size() <= MIRROR_LIMIT);
            let ints =
                g.insts().iter().flat_map(|i| i.results()).all(|v| !live[v.index()] || g.dtype(v).is_exact());
            Exact { is: small && ints, ignores_inputs: g.params().iter().all(|v| !live[v.index()]) }
        })
    }

    /// The plan for a kind of device, with the operands of a mask as run-time scalars; made once.
    pub(super) fn executable(
        &self,
        target: &Target,
        scalars: u64,
        make: impl FnOnce() -> Result<Executable>,
    ) -> Result<Arc<Executable>> {
        let fits = |e: &&(Target, u64, Arc<Executable>)| e.1 == scalars && e.0 == *target;
        if let Some(e) = crate::read(&self.executables).iter().find(fits) {
            return Ok(e.2.clone());
        }
        let made = Arc::new(make()?);
        let mut all = crate::write(&self.executables);
        if let Some(e) = all.iter().find(fits) {
            return Ok(e.2.clone());
        }
        all.push((*target, scalars, made.clone()));
        Ok(made)
    }

    /// The derivative for adjoints of the results marked in `given`, in the operands marked in `wanted`.
    ///
    /// # Errors
    /// `Unimplemented` where there is none that could be given.
    pub fn vjp(self: &Arc<Self>, given: &[bool], wanted: &[bool]) -> Result<Arc<Vjp>> {
        let key = (given.to_vec(), wanted.to_vec());
        if let Some(v) = crate::lock(&self.vjps).get(&key) {
            return Ok(v.clone());
        }
        // Built without the lock: an op's own vjp may be anything.
        let vjp = Arc::new(self.build_vjp(given, wanted)?);
        Ok(crate::lock(&self.vjps).entry(key).or_insert(vjp).clone())
    }

    fn build_vjp(&self, given: &[bool], wanted: &[bool]) -> Result<Vjp> {
        let mut g = Graph::new();
        let x: Vec<Val> = self.graph.param_specs().into_iter().map(|s| g.parameter(s)).collect();
        let y: Vec<Val> = self.graph.output_specs().into_iter().map(|s| g.parameter(s)).collect();
        let dy: Vec<Option<Val>> =
            y.iter().zip(given).map(|(&y, given)| given.then(|| g.parameter(g.spec(y).clone()))).collect();
        let own = self.op.as_ref().and_then(|op| op.vjp(&mut g, &x, &y, &dy));
        let dx = match own {
            Some(dx) => dx.map_err(|e| e.for_op(&self.name))?,
            None => {
                let again = g.inline(&self.graph.without_effects(), &x)?;
                let targets: Vec<Val> = x.iter().zip(wanted).filter(|(_, w)| **w).map(|(x, _)| *x).collect();
                let mut found = gradient(&mut g, &again, &dy, &targets)?.into_iter();
                let dx: Vec<Option<Val>> =
                    wanted.iter().map(|w| if *w { found.next().flatten() } else { None }).collect();
                // Results that the derivative uses are at hand: they need not be computed again.
                let (h, map) = substituted(&g, &again, &y)?;
                g = h;
                dx.into_iter().map(|d| d.map(|d| map[d.index()])).collect()
            }
        };
        let differentiable = |v: Val| g.dtype(v).is_differentiable();
        let dx: Vec<Option<Val>> =
            dx.iter().zip(&x).zip(wanted).map(|((d, &x), w)| d.filter(|_| *w && differentiable(x))).collect();
        let connected = dx.iter().map(Option::is_some).collect();
        g.set_outputs(dx.into_iter().flatten().collect::<Vec<_>>());
        let (graph, keeps) = without_unused(&g.opened()?, x.len() + y.len())?;
        let mut h = FxHasher::default();
        (self.stable, given, wanted).hash(&mut h);
        let entry = Entry::new(format!("{}.vjp", self.name), graph, h.finish());
        if self.joins.get() == Some(&Joins::Alone) {
            let _ = entry.joins.set(Joins::Alone);
        }
        Ok(Vjp { entry: Arc::new(entry), keeps, connected })
    }
}

/// A copy of the graph in which uses of `from[k]` are uses of `to[k]` (defined before), and where each value went.
fn substituted(g: &Graph, from: &[Val], to: &[Val]) -> Result<(Graph, Vec<Val>)> {
    let mut h = Graph::new();
    let mut map: Vec<Val> = Vec::with_capacity(g.num_values());
    for inst in g.insts() {
        if let crate::hlo::Prim::Parameter(_, spec) = &inst.prim {
            map.push(h.parameter(spec.clone()));
            continue;
        }
        let operands: Vec<Val> = inst.operands.iter().map(|v| map[v.index()]).collect();
        let results = h.push_multi(inst.prim.clone(), &operands)?;
        for (v, r) in inst.results().zip(results) {
            map.push(from.iter().position(|f| *f == v).map_or(r, |k| map[to[k].index()]));
        }
    }
    Ok((h, map))
}

/// The graph without those of its first `n` inputs that nothing uses, and which were kept.
fn without_unused(g: &Graph, n: usize) -> Result<(Graph, Vec<bool>)> {
    let live = g.live();
    let keeps: Vec<bool> = g.params()[..n].iter().map(|v| live[v.index()]).collect();
    let mut out = Graph::new();
    let mut args = vec![];
    let mut unused = Graph::new();
    for (i, &p) in g.params().iter().enumerate() {
        let spec = g.spec(p).clone();
        if i >= n || keeps[i] {
            args.push(Some(out.parameter(spec)));
        } else {
            args.push(None);
            unused.parameter(spec);
        }
    }
    let mut map: Vec<Option<Val>> = vec![None; g.num_values()];
    for inst in g.insts() {
        if let crate::hlo::Prim::Parameter(i, _) = inst.prim {
            map[inst.first_value()] = args[i];
            continue;
        }
        let operands: Option<Vec<Val>> = inst.operands.iter().map(|v| map[v.index()]).collect();
        if let Some(operands) = operands {
            let r = out.push_multi(inst.prim.clone(), &operands)?;
            inst.results().zip(r).for_each(|(v, r)| map[v.index()] = Some(r));
        }
    }
    let outputs: Option<Vec<Val>> = g.outputs().iter().map(|v| map[v.index()]).collect();
    out.set_outputs(
        outputs
            .ok_or_else(|| crate::Error::internal("vjp", "an adjoint depends on nothing that was kept"))?,
    );
    Ok((out, keeps))
}

impl CompositeOp for Entry {
    fn name(&self) -> &str {
        &self.name
    }

    fn attrs_text(&self) -> String {
        let attrs = self.op.as_ref().map(|op| op.attrs()).unwrap_or_default();
        attrs.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join(", ")
    }

    fn body(&self) -> &Arc<Graph> {
        &self.graph
    }

    fn has_vjp(&self) -> bool {
        self.op.as_ref().is_some_and(|op| op.has_own_vjp())
    }

    fn vjp(
        &self,
        g: &mut Graph,
        x: &[Val],
        y: &[Val],
        dy: &[Option<Val>],
    ) -> Option<Result<Vec<Option<Val>>>> {
        self.op.as_ref()?.vjp(g, x, y, dy)
    }
}
