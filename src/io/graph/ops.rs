//! What nodes compute.

use super::attr::AttrValue;
use super::def::{Node, OP};
use super::inputs::{attr_name, canonical, input_names};
use super::run::Run;
use super::value::Value;
use super::{fused, lists};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::ops::rows;
use crate::tensor::{Args, Attr, Place, Row, Tensor, run};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Registered ops by name.
static ROWS: LazyLock<HashMap<&'static str, &'static Row>> =
    LazyLock::new(|| rows().map(|r| (r.info.name, r)).collect());

/// Ops that are run without a registered op of their name.
const OWN: &[&str] = &[
    "_Arg",
    "Assert",
    "Const",
    "Enter",
    "Exit",
    "If",
    "LoopCond",
    "Merge",
    "NextIteration",
    "NoOp",
    "PartitionedCall",
    "Placeholder",
    "PlaceholderWithDefault",
    "Print",
    "RefEnter",
    "RefExit",
    "RefNextIteration",
    "RefSwitch",
    "StatefulPartitionedCall",
    "StatelessIf",
    "StatelessWhile",
    "Switch",
    "While",
];

fn row(op: &str) -> Option<&'static Row> {
    ROWS.get(op).or_else(|| ROWS.get(canonical(op))).copied()
}

/// Whether nodes of an op can be run.
pub(super) fn is_known(op: &str) -> bool {
    OWN.contains(&op) || lists::is_known(op) || fused::is_known(op) || row(op).is_some()
}

impl Run<'_> {
    /// What a node gives.
    pub(super) async fn op(&self, node: &Node, inputs: Vec<Value>) -> Result<Vec<Value>> {
        let first = || inputs.first().cloned().ok_or_else(|| Error::invalid(OP, "input", "a value", "none"));
        if lists::is_known(&node.op) {
            return self.list_op(node, &inputs).await;
        }
        match node.op.as_str() {
            "NoOp" | "Assert" => Ok(vec![]),
            "Const" => Ok(vec![self.constant(node)?]),
            "Placeholder" => {
                Err(Error::invalid(OP, "inputs", format_args!("a value for {:?}", node.name), "none"))
            }
            "Identity" | "Snapshot" | "LoopCond" | "PlaceholderWithDefault" => Ok(vec![first()?]),
            "IdentityN" => Ok(inputs),
            "Print" => {
                let message = node.attrs.get("message").and_then(AttrValue::as_text).unwrap_or_default();
                let shown: Vec<String> =
                    inputs.iter().skip(1).filter_map(|v| v.tensor().ok()).map(Tensor::to_string).collect();
                log::info!("{message}{}", shown.join(" "));
                Ok(vec![first()?])
            }
            "Shape" | "ShapeN" => inputs.iter().map(|v| ints(v.tensor()?.shape())).collect(),
            "Size" => Ok(vec![Value::Tensor(super::run::int(first()?.tensor()?.size() as i64)?)]),
            "Rank" => Ok(vec![Value::Tensor(super::run::int(first()?.tensor()?.rank() as i64)?)]),
            op if fused::is_known(op) => {
                let tensors = inputs.iter().map(Value::tensor).collect::<Result<Vec<_>>>()?;
                fused::run(self, node, &tensors).await
            }
            op => {
                let tensors = inputs.iter().map(Value::tensor).collect::<Result<Vec<_>>>()?;
                self.registered(op, node, &tensors, &[]).await
            }
        }
    }

    /// Runs the registered op of a name with a node's attributes; `without` names those that are not its.
    pub(super) async fn registered(
        &self,
        op: &str,
        node: &Node,
        inputs: &[&Tensor],
        without: &[&str],
    ) -> Result<Vec<Value>> {
        let row = row(op).ok_or_else(|| Error::unimplemented(op, "no op of this name is registered"))?;
        let name = row.info.name;
        let schema = (row.schema)();
        let mut args = Args::default();
        for s in schema.iter().filter(|s| !without.contains(&s.name)) {
            let found = node.attrs.get(attr_name(name, s.name)).or_else(|| node.attrs.get(s.name));
            let value = found.map(|v| {
                v.to_attr(&s.ty).ok_or_else(|| Error::invalid(name, s.name, &s.ty, format_args!("{v:?}")))
            });
            match (value, &s.default) {
                (Some(v), _) => {
                    args.0.insert(s.name.into(), v?);
                }
                // Integers are int32 throughout.
                (None, Some(Attr::DType(DType::Int64))) => {
                    args.0.insert(s.name.into(), Attr::DType(DType::Int32));
                }
                (None, _) => {}
            }
        }
        if let Some(format) = node.attrs.get("data_format").and_then(AttrValue::as_text)
            && !schema.iter().any(|s| s.name == "data_format")
            && !matches!(format, "NHWC" | "NWC" | "NDHWC")
        {
            return Err(Error::unimplemented(name, format_args!("data_format={format}")));
        }
        let mut tensors: Vec<Option<&Tensor>> = vec![];
        match input_names(op).or_else(|| input_names(name)) {
            None => tensors.extend(inputs.iter().map(|t| Some(*t))),
            Some(names) => {
                let named = assign(op, names, inputs)?;
                for (n, given) in &named {
                    if let Some(s) = schema.iter().find(|s| s.name == *n) {
                        let [one] = given[..] else {
                            return Err(Error::invalid(name, n, "one tensor", given.len()));
                        };
                        args.0.insert(s.name.into(), Attr::Tensor(self.host(one).await?));
                    }
                }
                for wanted in row.info.inputs {
                    let given = named
                        .iter()
                        .find(|(n, _)| n == wanted)
                        .map(|(_, t)| t.as_slice())
                        .unwrap_or_default();
                    tensors.extend(given.iter().map(|t| Some(*t)));
                }
            }
        }
        let tensors: Vec<&Tensor> = tensors.into_iter().flatten().collect();
        if row.info.place == Place::Host && tensors.iter().any(|t| t.is_symbolic()) {
            return Err(self.untraceable("values of an op of the host"));
        }
        let made = row.make(&args)?;
        let outputs = run(&*made, &tensors)?;
        outputs.into_iter().map(|t| narrow(t).map(Value::Tensor)).collect()
    }
}

/// Inputs by their names.
fn assign<'t>(
    op: &str,
    names: &[&'static str],
    inputs: &[&'t Tensor],
) -> Result<Vec<(&'static str, Vec<&'t Tensor>)>> {
    let any = names.iter().filter(|n| n.ends_with('*')).count();
    let fits = if any == 0 { inputs.len() == names.len() } else { inputs.len() + 1 >= names.len() };
    if !fits {
        return Err(Error::invalid(
            op,
            "input",
            format_args!("{names:?}"),
            format_args!("{} inputs", inputs.len()),
        ));
    }
    let many = (inputs.len() + any).saturating_sub(names.len());
    let mut rest = inputs;
    let mut out = vec![];
    for n in names {
        let (own, others) = rest.split_at(if n.ends_with('*') { many } else { 1 });
        rest = others;
        out.push((n.trim_end_matches('*'), own.to_vec()));
    }
    Ok(out)
}

/// Integers and floats of 32 bits, as TensorFlow.js has them.
fn narrow(t: Tensor) -> Result<Tensor> {
    match t.dtype() {
        DType::Int64 => t.cast(DType::Int32),
        DType::Float64 => t.cast(DType::Float32),
        _ => Ok(t),
    }
}

/// Sizes on the host.
fn ints(sizes: &[usize]) -> Result<Value> {
    let values: Vec<i64> = sizes.iter().map(|d| *d as i64).collect();
    let l = Literal::ints(DType::Int32, [values.len()], values);
    Ok(Value::Tensor(Tensor::from_literal(l, &crate::config::current_device()?)?))
}
