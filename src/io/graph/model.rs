//! Models that are graphs.

use super::attr::AttrValue;
use super::def::{Graph, Library, OP};
use super::ops::is_known;
use super::plan::Plan;
use super::run::{Program, Run, now};
use super::value::Value;
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::function::{Function, function};
use crate::io::ModelJson;
use crate::shape::PartialShape;
use crate::tensor::{Tensor, is_tracing};
use serde_json::Value as Json;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::rc::Rc;

/// An input or output of a graph model, as its signature says.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphTensor {
    /// What the signature calls it.
    pub key: String,
    /// The node that it is, and which of its outputs: `x:0`.
    pub name: String,
    /// Its shape, where the rank is known.
    pub shape: Option<PartialShape>,
    /// Its dtype.
    pub dtype: Option<DType>,
}

/// A graph of TensorFlow in TensorFlow.js' format (`tf.GraphModel`).
///
/// Where nothing depends on values that are known only while it runs, a call is traced once for each shape of its inputs, compiled as a
/// whole, and kept. Otherwise nodes are run one by one. As in TensorFlow.js, integers are int32 and floats float32.
pub struct GraphModel {
    program: Rc<Program>,
    inputs: Vec<GraphTensor>,
    outputs: Vec<GraphTensor>,
    traced: RefCell<HashMap<Key, Rc<Traced>>>,
}

/// Nodes that are given, and outputs.
type Key = (Vec<usize>, Vec<(usize, usize)>);

/// What is kept of a way of calling a model.
struct Traced {
    plan: Rc<Plan>,
    function: Function<Vec<Tensor>>,
    /// Set where a trace met something that is known only while it runs.
    dynamic: Rc<Cell<bool>>,
}

/// A call with its inputs looked up.
struct Prepared {
    given: Vec<(usize, Tensor)>,
    outputs: Vec<(usize, usize)>,
}

impl GraphModel {
    /// The model of a model.json and its files of weights (`tf.loadGraphModel`): bytes in the order of [`ModelJson::paths`], or in one piece.
    ///
    /// # Errors
    /// `DataLoss` for text that is no JSON and for files that are truncated or of another model; `NotFound` for ops that are not known,
    /// naming all of them; `InvalidArgument` where the text describes no graph.
    pub fn from_parts<B: AsRef<[u8]>>(json: &str, weights: &[B]) -> Result<Self> {
        let json = ModelJson::parse(json)?;
        let weights = json.weights(weights)?;
        let library = Library::parse(json.topology("graph-model")?)?;
        let unknown: BTreeSet<&str> = library
            .graphs()
            .flat_map(|g| &g.nodes)
            .map(|n| n.op.as_str())
            .filter(|op| !is_known(op))
            .collect();
        if !unknown.is_empty() {
            let names: Vec<&str> = unknown.into_iter().collect();
            return Err(Error::new(
                ErrorKind::NotFound,
                OP,
                format!("ops that are not known: {}", names.join(", ")),
            ));
        }
        let signature = json.get("signature").or_else(|| json.get("userDefinedMetadata")?.get("signature"));
        let ends = |key: &str| {
            signature.and_then(|s| s.get(key)).and_then(Json::as_object).filter(|o| !o.is_empty())
        };
        let inputs = match ends("inputs") {
            Some(all) => all.iter().map(|(k, v)| described(k, v)).collect::<Result<_>>()?,
            None => placeholders(&library.main),
        };
        let outputs = match ends("outputs") {
            Some(all) => all.iter().map(|(k, v)| described(k, v)).collect::<Result<_>>()?,
            None => ends_of(&library.main),
        };
        for end in inputs.iter().chain(&outputs) {
            library.main.resolve(&end.name).map_err(|e| e.context("signature"))?;
        }
        let weights = weights
            .iter()
            .map(|w| Ok((w.name.clone(), Value::Tensor(w.tensor()?))))
            .collect::<Result<_>>()?;
        let program = Rc::new(Program { library, weights, plans: RefCell::default() });
        Ok(GraphModel { program, inputs, outputs, traced: RefCell::default() })
    }

    /// The inputs, in the order of [`GraphModel::predict`].
    pub fn inputs(&self) -> &[GraphTensor] {
        &self.inputs
    }

    /// The outputs, in the order of [`GraphModel::predict`].
    pub fn outputs(&self) -> &[GraphTensor] {
        &self.outputs
    }

    /// Names of the graph's nodes.
    pub fn nodes(&self) -> Vec<&str> {
        self.program.library.main.nodes.iter().map(|n| n.name.as_str()).collect()
    }

    /// The outputs for inputs in the order of [`GraphModel::inputs`] (`GraphModel.predict`).
    ///
    /// # Errors
    /// As [`GraphModel::execute`].
    pub fn predict(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        if inputs.len() != self.inputs.len() {
            let names: Vec<&str> = self.inputs.iter().map(|i| i.key.as_str()).collect();
            let wanted = format!("{} inputs, {}", names.len(), names.join(", "));
            return Err(Error::invalid(OP, "inputs", wanted, format_args!("{} inputs", inputs.len())));
        }
        let named: Vec<(&str, &Tensor)> = self.inputs.iter().map(|i| i.name.as_str()).zip(inputs).collect();
        self.execute(&named, &[])
    }

    /// The values of any nodes for inputs by name (`GraphModel.execute`): names of nodes, such as `conv/Relu` or `split:1`, or of the
    /// signature. Without `outputs`, those of the signature. Any node may be given a value.
    ///
    /// # Errors
    /// `InvalidArgument` for names that are not in the graph, inputs that are missing, and shapes and dtypes other than the signature's;
    /// what the ops refuse, with the node's name.
    pub fn execute(&self, inputs: &[(&str, &Tensor)], outputs: &[&str]) -> Result<Vec<Tensor>> {
        let call = self.prepare(inputs, outputs)?;
        let traced = self.traced(&call);
        let symbolic = is_tracing() || call.given.iter().any(|(_, t)| t.is_symbolic());
        if !traced.dynamic.get() && !symbolic && !call.given.is_empty() {
            let tensors: Vec<Tensor> = call.given.iter().map(|(_, t)| t.clone()).collect();
            match traced.function.call(&tensors[..]) {
                Err(_) if traced.dynamic.get() => {}
                result => return result,
            }
        }
        now(self.run(&call, &traced.plan, true))
    }

    /// As [`GraphModel::execute`], node by node and without blocking while values are waited for (`GraphModel.executeAsync`).
    ///
    /// # Errors
    /// As there.
    pub async fn execute_async(&self, inputs: &[(&str, &Tensor)], outputs: &[&str]) -> Result<Vec<Tensor>> {
        let call = self.prepare(inputs, outputs)?;
        let traced = self.traced(&call);
        if !traced.dynamic.get() {
            match self.execute(inputs, outputs) {
                Err(_) if traced.dynamic.get() => {}
                result => return result,
            }
        }
        self.run(&call, &traced.plan, false).await
    }

    /// Whether calls for these nodes are compiled as a whole, as far as is known: nothing in them was found to depend on values.
    ///
    /// # Errors
    /// As [`GraphModel::execute`] for names and inputs.
    pub fn is_static(&self, inputs: &[(&str, &Tensor)], outputs: &[&str]) -> Result<bool> {
        Ok(!self.traced(&self.prepare(inputs, outputs)?).dynamic.get())
    }

    /// The graph of a call (`get_concrete_function`), for looking at what it costs.
    ///
    /// # Errors
    /// As [`GraphModel::execute`]; `Unimplemented` where it depends on values.
    pub fn get_concrete_function(
        &self,
        inputs: &[(&str, &Tensor)],
        outputs: &[&str],
    ) -> Result<std::sync::Arc<crate::function::ConcreteFunction>> {
        let call = self.prepare(inputs, outputs)?;
        let tensors: Vec<Tensor> = call.given.iter().map(|(_, t)| t.clone()).collect();
        self.traced(&call).function.get_concrete_function(&tensors[..])
    }

    async fn run(&self, call: &Prepared, plan: &Plan, blocking: bool) -> Result<Vec<Tensor>> {
        run_program(&self.program, plan, &call.given, &call.outputs, blocking, &Cell::new(false)).await
    }

    fn traced(&self, call: &Prepared) -> Rc<Traced> {
        let nodes: Vec<usize> = call.given.iter().map(|(n, _)| *n).collect();
        let key = (nodes.clone(), call.outputs.clone());
        if let Some(t) = self.traced.borrow().get(&key) {
            return t.clone();
        }
        let plan = Rc::new(Plan::new(&self.program.library.main, &nodes, call.outputs.iter().map(|o| o.0)));
        let dynamic = Rc::new(Cell::new(false));
        let host = {
            let (program, plan, outputs, dynamic) =
                (self.program.clone(), plan.clone(), call.outputs.clone(), dynamic.clone());
            move |x: &[Tensor]| -> Result<Vec<Tensor>> {
                let given: Vec<(usize, Tensor)> = nodes.iter().copied().zip(x.iter().cloned()).collect();
                now(run_program(&program, &plan, &given, &outputs, true, &dynamic))
            }
        };
        let made = Rc::new(Traced {
            plan,
            function: function(host).named("graph_model").reduce_retracing(true),
            dynamic,
        });
        self.traced.borrow_mut().insert(key, made.clone());
        made
    }

    fn prepare(&self, inputs: &[(&str, &Tensor)], outputs: &[&str]) -> Result<Prepared> {
        let graph = &self.program.library.main;
        let mut given: Vec<(usize, Tensor)> = vec![];
        for (name, t) in inputs {
            let end = self
                .inputs
                .iter()
                .find(|i| i.key == *name || i.name == *name || i.name.strip_suffix(":0") == Some(name));
            let node = graph.resolve(end.map_or(*name, |e| &e.name))?;
            if let Some(end) = end {
                end.check(t)?;
            }
            if node.output != 0 || node.control {
                return Err(Error::invalid(OP, "inputs", "names of nodes", format_args!("{name:?}")));
            }
            if given.iter().any(|(n, _)| *n == node.node) {
                return Err(Error::invalid(OP, "inputs", "each node once", format_args!("{name:?} twice")));
            }
            given.push((node.node, (*t).clone()));
        }
        given.sort_by_key(|g| g.0);
        let named: Vec<&str> = match outputs {
            [] => self.outputs.iter().map(|o| o.name.as_str()).collect(),
            some => some
                .iter()
                .map(|n| self.outputs.iter().find(|o| o.key == *n).map_or(*n, |o| o.name.as_str()))
                .collect(),
        };
        let outputs =
            named.into_iter().map(|n| graph.resolve(n).map(|i| (i.node, i.output))).collect::<Result<_>>()?;
        Ok(Prepared { given, outputs })
    }
}

async fn run_program(
    program: &Program,
    plan: &Plan,
    given: &[(usize, Tensor)],
    outputs: &[(usize, usize)],
    blocking: bool,
    dynamic: &Cell<bool>,
) -> Result<Vec<Tensor>> {
    let run = Run::new(program, blocking, dynamic);
    let given = given.iter().map(|(n, t)| (*n, Value::Tensor(t.clone()))).collect();
    let values = run.graph(&program.library.main, plan, given, outputs).await?;
    values.iter().map(|v| v.tensor().cloned()).collect()
}

impl GraphTensor {
    fn check(&self, t: &Tensor) -> Result<()> {
        if let Some(dtype) = self.dtype.filter(|d| *d != t.dtype()) {
            return Err(Error::invalid(OP, "inputs", format_args!("{dtype} for {:?}", self.key), t.dtype()));
        }
        let fits = |s: &PartialShape| {
            s.rank() == t.rank() && s.iter().zip(t.shape().iter()).all(|(a, b)| a.is_none_or(|a| a == *b))
        };
        match &self.shape {
            Some(shape) if !fits(shape) => {
                let wanted = format!("shape {shape} for {:?}", self.key);
                Err(Error::invalid(OP, "inputs", wanted, format_args!("shape {}", t.shape())))
            }
            _ => Ok(()),
        }
    }
}

/// An end of the graph as a signature describes it.
fn described(key: &str, v: &Json) -> Result<GraphTensor> {
    let name = v["name"].as_str().unwrap_or(key).to_string();
    let attr = |kind: &str, v: &Json| AttrValue::parse(&serde_json::json!({ kind: v }));
    let dtype = match v.get("dtype") {
        Some(d) => attr("type", d)?.as_dtype(),
        None => None,
    };
    let shape = match v.get("tensorShape") {
        Some(s) => attr("shape", s)?.as_shape().map(partial),
        None => None,
    };
    Ok(GraphTensor { key: key.into(), name, shape, dtype })
}

fn partial(sizes: &[i64]) -> PartialShape {
    sizes.iter().map(|d| usize::try_from(*d).ok()).collect()
}

/// The inputs of a graph without a signature.
fn placeholders(graph: &Graph) -> Vec<GraphTensor> {
    let all = graph.nodes.iter().filter(|n| n.op == "Placeholder" || n.op == "PlaceholderWithDefault");
    all.map(|n| GraphTensor {
        key: n.name.clone(),
        name: n.name.clone(),
        shape: n.attrs.get("shape").and_then(AttrValue::as_shape).map(partial),
        dtype: n.attrs.get("dtype").and_then(AttrValue::as_dtype),
    })
    .collect()
}

/// The outputs of a graph without a signature: nodes that no other uses.
fn ends_of(graph: &Graph) -> Vec<GraphTensor> {
    let used: HashSet<usize> = graph.nodes.iter().flat_map(|n| n.inputs.iter().map(|i| i.node)).collect();
    let ends = graph.nodes.iter().enumerate().filter(|(i, n)| !used.contains(i) && n.op != "NoOp");
    ends.map(|(_, n)| GraphTensor { key: n.name.clone(), name: n.name.clone(), shape: None, dtype: None })
        .collect()
}

impl fmt::Debug for GraphModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphModel")
            .field("inputs", &self.inputs)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}
