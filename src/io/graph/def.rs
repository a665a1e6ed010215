//! The graph as the file describes it.

use super::attr::AttrValue;
use crate::error::{Error, Result};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

pub(super) const OP: &str = "GraphModel";

/// No node has more outputs.
const MAX_OUTPUTS: usize = 1 << 16;

/// A node of a graph.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) op: String,
    pub(super) inputs: Vec<Input>,
    pub(super) attrs: BTreeMap<String, AttrValue>,
}

/// Where an input of a node comes from.
#[derive(Clone, Debug)]
pub(super) struct Input {
    /// The node's number, or, from `nodes.len()` on, an argument of the function.
    pub(super) node: usize,
    /// Which of its outputs.
    pub(super) output: usize,
    /// Whether the node is waited for and its value is not used.
    pub(super) control: bool,
}

/// A graph: the model's own, or a function's body.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) by_name: HashMap<String, usize>,
    /// Nodes that stand for arguments, in order; of functions alone.
    pub(super) arguments: Vec<usize>,
    /// What a function returns.
    pub(super) results: Vec<(usize, usize)>,
}

/// A graph and the functions that it calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Library {
    pub(super) main: Graph,
    pub(super) functions: HashMap<String, Graph>,
}

impl Library {
    /// Reads a `GraphDef` as JSON.
    pub(super) fn parse(v: &Value) -> Result<Self> {
        let nodes = list(v, "node")?;
        let main = Graph::parse(nodes, &[])?;
        let mut functions = HashMap::new();
        let described = v.get("library").and_then(|l| l.get("function")).and_then(Value::as_array);
        for f in described.into_iter().flatten() {
            let name = text(&f["signature"], "name")?;
            let graph = function(f).map_err(|e| e.context(format!("function {name}")))?;
            functions.insert(name.to_string(), graph);
        }
        Ok(Library { main, functions })
    }

    /// Every graph: the main one and the functions'.
    pub(super) fn graphs(&self) -> impl Iterator<Item = &Graph> {
        std::iter::once(&self.main).chain(self.functions.values())
    }
}

fn text<'a>(v: &'a Value, key: &str) -> Result<&'a str> {
    v[key].as_str().ok_or_else(|| Error::invalid(OP, key, "text", &v[key]))
}

fn list<'a>(v: &'a Value, key: &str) -> Result<&'a [Value]> {
    match &v[key] {
        Value::Null => Ok(&[]),
        Value::Array(all) => Ok(all),
        other => Err(Error::invalid(OP, key, "a list", super::super::artifacts::kind_of(other))),
    }
}

fn function(f: &Value) -> Result<Graph> {
    let arguments: Vec<&str> =
        list(&f["signature"], "inputArg")?.iter().map(|a| text(a, "name")).collect::<Result<_>>()?;
    let mut graph = Graph::parse(list(f, "nodeDef")?, &arguments)?;
    for output in list(&f["signature"], "outputArg")? {
        let name = text(output, "name")?;
        let reference = text(&f["ret"], name)?;
        let input = graph.resolve(reference)?;
        graph.results.push((input.node, input.output));
    }
    Ok(graph)
}

impl Graph {
    fn parse(described: &[Value], arguments: &[&str]) -> Result<Self> {
        let mut graph = Graph::default();
        for name in arguments {
            graph.arguments.push(graph.nodes.len());
            graph.add(Node {
                name: (*name).into(),
                op: "_Arg".into(),
                inputs: vec![],
                attrs: BTreeMap::new(),
            })?;
        }
        for n in described {
            let (name, op) = (text(n, "name")?, text(n, "op")?);
            let mut attrs = BTreeMap::new();
            for (key, value) in n.get("attr").and_then(Value::as_object).into_iter().flatten() {
                let value = AttrValue::parse(value)
                    .map_err(|e| e.context(format!("node {name}, attribute {key}")))?;
                attrs.insert(key.clone(), value);
            }
            graph.add(Node { name: name.into(), op: op.into(), inputs: vec![], attrs })?;
        }
        for (i, n) in described.iter().enumerate() {
            let inputs = list(n, "input")?.iter().map(|r| {
                let reference = r.as_str().ok_or_else(|| Error::invalid(OP, "input", "text", r))?;
                graph
                    .resolve(reference)
                    .map_err(|e| e.context(format!("node {}", graph.nodes[arguments.len() + i].name)))
            });
            let inputs = inputs.collect::<Result<_>>()?;
            graph.nodes[arguments.len() + i].inputs = inputs;
        }
        Ok(graph)
    }

    fn add(&mut self, node: Node) -> Result<()> {
        let number = self.nodes.len();
        if self.by_name.insert(node.name.clone(), number).is_some() {
            return Err(Error::invalid(
                OP,
                "node",
                "names that are unique",
                format_args!("{:?} twice", node.name),
            ));
        }
        self.nodes.push(node);
        Ok(())
    }

    /// What `node`, `node:1`, `node:output:1` or `^node` stands for.
    pub(super) fn resolve(&self, reference: &str) -> Result<Input> {
        let (bare, control) = match reference.strip_prefix('^') {
            Some(bare) => (bare, true),
            None => (reference, false),
        };
        let refuse = || {
            Error::invalid(
                OP,
                "input",
                "the name of a node, and which of its outputs",
                format_args!("{reference:?}"),
            )
        };
        let mut parts = bare.split(':');
        let name = parts.next().unwrap_or_default();
        let node = *self.by_name.get(name).ok_or_else(refuse)?;
        let rest: Vec<&str> = parts.collect();
        let output = match rest[..] {
            [] => 0,
            [index] => match index.parse() {
                Ok(index) => index,
                Err(_) => first_output(&self.nodes[node].op, index),
            },
            [part, index] => {
                let index: usize = index.parse().map_err(|_| refuse())?;
                first_output(&self.nodes[node].op, part).checked_add(index).ok_or_else(refuse)?
            }
            _ => return Err(refuse()),
        };
        if output > MAX_OUTPUTS {
            return Err(refuse());
        }
        Ok(Input { node, output, control })
    }
}

/// The number of an op's output, or of the first of those under one name.
fn first_output(op: &str, name: &str) -> usize {
    let names: &[&str] = match op {
        "TopKV2" => &["values", "indices"],
        "Switch" => &["output_false", "output_true"],
        "Merge" => &["output", "value_index"],
        "Unique" | "UniqueV2" => &["y", "idx"],
        "UniqueWithCounts" => &["y", "idx", "count"],
        "ListDiff" => &["out", "idx"],
        "Qr" => &["q", "r"],
        "TensorListPopBack" => &["output_handle", "tensor"],
        "TensorListConcat" | "TensorListConcatV2" => &["tensor", "lengths"],
        "TensorArrayV3" => &["handle", "flow"],
        "NonMaxSuppressionV4" => &["selected_indices", "valid_outputs"],
        "NonMaxSuppressionV5" => &["selected_indices", "selected_scores", "valid_outputs"],
        "FusedBatchNorm" | "FusedBatchNormV2" | "FusedBatchNormV3" => {
            &["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3"]
        }
        "SparseReshape" => &["output_indices", "output_shape"],
        "SparseFillEmptyRows" => {
            &["output_indices", "output_values", "empty_row_indicator", "reverse_index_map"]
        }
        "StringSplit" | "StringSplitV2" => &["indices", "values", "shape"],
        "StringNGrams" => &["ngrams", "ngrams_splits"],
        "RaggedRange" => &["rt_nested_splits", "rt_dense_values"],
        "MaxPoolWithArgmax" => &["output", "argmax"],
        _ => &[],
    };
    names.iter().position(|n| *n == name).unwrap_or(0)
}
