//! Nodes that the converter's optimizer made of several: they are run as those.

use super::attr::AttrValue;
use super::def::{Node, OP};
use super::run::Run;
use super::value::Value;
use crate::error::{Error, Result};
use crate::ops::{math, nn};
use crate::tensor::Tensor;

/// Whether nodes of an op are run as several.
pub(super) fn is_known(op: &str) -> bool {
    plain(op).is_some() || op == "Prelu"
}

fn plain(op: &str) -> Option<&'static str> {
    Some(match op {
        "_FusedConv2D" | "FusedConv2D" => "Conv2D",
        "_FusedMatMul" | "FusedMatMul" => "MatMul",
        "FusedDepthwiseConv2dNative" | "_FusedDepthwiseConv2dNative" => "DepthwiseConv2dNative",
        _ => return None,
    })
}

pub(super) async fn run(run: &Run<'_>, node: &Node, inputs: &[&Tensor]) -> Result<Vec<Value>> {
    let few =
        || Error::invalid(OP, "input", "an input for each part", format_args!("{} inputs", inputs.len()));
    let Some(plain) = plain(&node.op) else {
        let [x, alpha] = inputs else { return Err(few()) };
        return Ok(vec![Value::Tensor(prelu(x, alpha)?)]);
    };
    let (first, mut rest) = inputs.split_at_checked(2).ok_or_else(few)?;
    let mut values = run.registered(plain, node, first, &[]).await?;
    let mut y = values.pop().ok_or_else(few)?.tensor()?.clone();
    let parts = node.attrs.get("fused_ops").map(AttrValue::as_list).unwrap_or_default();
    for part in parts {
        let part = part.as_text().unwrap_or_default();
        let mut next = || -> Result<&Tensor> {
            let (one, others) = rest.split_first().ok_or_else(few)?;
            rest = others;
            Ok(one)
        };
        y = match part {
            "BiasAdd" if plain != "MatMul" => {
                let bias = next()?;
                run.registered("BiasAdd", node, &[&y, bias], &[])
                    .await?
                    .pop()
                    .ok_or_else(few)?
                    .tensor()?
                    .clone()
            }
            // What is added to a product may be a matrix.
            "BiasAdd" | "Add" | "AddV2" => math::add(&y, next()?)?,
            "FusedBatchNorm" => {
                let [scale, offset, mean, variance] = [next()?, next()?, next()?, next()?];
                let epsilon = node.attrs.get("epsilon").and_then(AttrValue::as_float).unwrap_or(1e-4);
                nn::batch_normalization(&y, mean, variance, Some(offset), Some(scale), epsilon)?
            }
            "Prelu" => prelu(&y, next()?)?,
            "LeakyRelu" => {
                let alpha = node.attrs.get("leakyrelu_alpha").and_then(AttrValue::as_float).unwrap_or(0.2);
                nn::leaky_relu(&y, alpha)?
            }
            "Relu" => nn::relu(&y)?,
            "Relu6" => nn::relu6(&y)?,
            "Elu" => nn::elu(&y)?,
            "Sigmoid" => math::sigmoid(&y)?,
            "Tanh" => math::tanh(&y)?,
            other => return Err(Error::unimplemented(&node.op, format_args!("fused_ops with {other:?}"))),
        };
    }
    Ok(vec![Value::Tensor(y)])
}

/// `x` where it is positive, else `alpha * x`.
fn prelu(x: &Tensor, alpha: &Tensor) -> Result<Tensor> {
    let below = math::multiply(alpha, nn::relu(math::negative(x)?)?)?;
    math::subtract(nn::relu(x)?, below)
}
