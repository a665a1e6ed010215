//! Convolutions and products with what follows them, as graphs prepared for inference hold them.

use super::{BiasAdd, Conv2D, DataFormat, DepthwiseConv2dNative, Elu, FusedBatchNormV3, Gelu, LeakyRelu};
use super::{PaddingKind, Prelu, Relu, Relu6};
use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::ops::linalg::MatMul;
use crate::tensor::{Op, Row, row};

/// What follows a convolution or a product: names in order, the operands they take in the same order, and settings of some.
struct Tail<'a> {
    op: &'a str,
    fused_ops: &'a [String],
    args: &'a [Val],
    format: DataFormat,
    epsilon: f64,
    leakyrelu_alpha: f64,
}

impl Tail<'_> {
    fn apply(&self, g: &mut Graph, mut x: Val) -> Result<Vec<Val>> {
        let mut rest = self.args;
        for name in self.fused_ops {
            let count = match &name[..] {
                "BiasAdd" | "Prelu" => 1,
                "FusedBatchNorm" => 4,
                _ => 0,
            };
            let Some((own, others)) = rest.split_at_checked(count) else {
                let wanted = format!("{count} operands for {name}");
                return Err(Error::invalid(self.op, "args", wanted, rest.len()));
            };
            rest = others;
            x = self.step(g, name, x, own)?;
        }
        if !rest.is_empty() {
            let wanted = format!("{} operands for {:?}", self.args.len() - rest.len(), self.fused_ops);
            return Err(Error::invalid(self.op, "args", wanted, self.args.len()));
        }
        Ok(vec![x])
    }

    fn step(&self, g: &mut Graph, name: &str, x: Val, own: &[Val]) -> Result<Val> {
        let operands = [&[x], own].concat();
        let made = match name {
            "BiasAdd" => BiasAdd { data_format: self.format }.build(g, &operands)?,
            "FusedBatchNorm" => {
                let (epsilon, data_format) = (self.epsilon, self.format);
                FusedBatchNormV3 { epsilon, exponential_avg_factor: 1.0, data_format, is_training: false }
                    .build(g, &operands)?
            }
            "Prelu" => Prelu {}.build(g, &operands)?,
            "Relu" => Relu {}.build(g, &operands)?,
            "Relu6" => Relu6 {}.build(g, &operands)?,
            "Elu" => Elu {}.build(g, &operands)?,
            "LeakyRelu" => LeakyRelu { alpha: self.leakyrelu_alpha }.build(g, &operands)?,
            "Sigmoid" => vec![g.logistic(x)?],
            "Tanh" => vec![g.tanh(x)?],
            "GeluApproximate" => Gelu { approximate: true }.build(g, &operands)?,
            "GeluExact" => Gelu { approximate: false }.build(g, &operands)?,
            _ => {
                let wanted = "BiasAdd, FusedBatchNorm, Relu, Relu6, Elu, LeakyRelu, Prelu, Sigmoid, Tanh, GeluApproximate or GeluExact";
                return Err(Error::invalid(self.op, "fused_ops", wanted, format_args!("{name:?}")));
            }
        };
        made.first().copied().ok_or_else(|| Error::internal(self.op, "an op gave no result"))
    }
}

/// The one result of an op, built for another.
fn built(of: &str, op: &impl Op, g: &mut Graph, x: &[Val]) -> Result<Val> {
    let made = op.build(g, x).map_err(|e| e.for_op(of))?;
    made.first().copied().ok_or_else(|| Error::internal(of, "an op gave no result"))
}

/// Declares a convolution with what follows it.
macro_rules! fused_convolution {
    ($(#[doc = $doc:literal])+ $name:ident $(as $raw:literal)?, $api:literal, $of:ident, [$($case:expr),* $(,)?], [$($error:expr),* $(,)?]) => {
        crate::op! {
            $(#[doc = $doc])+
            $name $(as $raw)? in api $api (input, filter; args) {
                strides: Vec<i64>,
                padding: PaddingKind,
                explicit_paddings: Vec<i64> = vec![],
                data_format: DataFormat = DataFormat::Nhwc,
                dilations: Vec<i64> = vec![1, 1, 1, 1],
                /// What follows, in order; each takes its operands from `args`.
                fused_ops: Vec<String> = vec![],
                epsilon: f64 = 1e-4,
                leakyrelu_alpha: f64 = 0.2,
            }
            build |s, g| {
                let op = <Self as Op>::INFO.name;
                let plain = $of {
                    strides: s.strides.clone(),
                    padding: s.padding,
                    explicit_paddings: s.explicit_paddings.clone(),
                    data_format: s.data_format,
                    dilations: s.dilations.clone(),
                };
                let y = built(op, &plain, g, &[input, filter])?;
                let (format, epsilon, leakyrelu_alpha) = (s.data_format, s.epsilon, s.leakyrelu_alpha);
                Tail { op, fused_ops: &s.fused_ops, args, format, epsilon, leakyrelu_alpha }.apply(g, y).map_err(|e| e.for_op(op))
            };
            cases [$($case),*]
            errors [$($error),*]
        }
    };
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|n| n.to_string()).collect()
}

fused_convolution! {
    /// `Conv2D` with what follows it: a bias or a batch normalisation by given statistics, an activation.
    FusedConv2D as "_FusedConv2D", "tf.fused.conv2d", Conv2D,
    [
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").with("fused_ops", names(&["BiasAdd"])).f32([1, 4, 5, 2]).f32([3, 2, 2, 3]).f32([3]),
        case().with("strides", [1, 2, 2, 1]).with("padding", "SAME").with("fused_ops", names(&["BiasAdd", "Relu"])).f32([2, 5, 4, 2]).f32([3, 3, 2, 2]).f32([2]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "VALID").with("fused_ops", names(&["BiasAdd", "Relu6"])).f32([1, 4, 4, 2]).f32([2, 2, 2, 3]).f32([3]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "VALID").with("fused_ops", names(&["BiasAdd", "Elu"])).f32([1, 4, 4, 2]).f32([1, 1, 2, 3]).f32([3]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "EXPLICIT").with("explicit_paddings", [0, 0, 1, 0, 0, 1, 0, 0]).with("fused_ops", names(&["BiasAdd", "LeakyRelu"])).with("leakyrelu_alpha", 0.3).f32([1, 3, 3, 2]).f32([2, 2, 2, 2]).f32([2]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").with("fused_ops", names(&["BiasAdd", "Prelu"])).f32([1, 3, 3, 2]).f32([2, 2, 2, 2]).f32([2]).f32([3, 3, 2]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").with("fused_ops", names(&["BiasAdd", "Sigmoid"])).f32([1, 3, 3, 2]).f32([2, 2, 2, 2]).f32([2]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").with("fused_ops", names(&["FusedBatchNorm", "Relu"])).with("epsilon", 0.01).f32([1, 3, 3, 2]).f32([2, 2, 2, 2]).f32([2]).f32([2]).f32([2]).range([2], 0.5, 2.0),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").f32([1, 3, 3, 2]).f32([2, 2, 2, 2]),
    ],
    [
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").with("fused_ops", names(&["BiasAdd"])).f32([1, 3, 3, 2]).f32([2, 2, 2, 2]).f32([3]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").with("fused_ops", names(&["BiasAdd"])).f32([1, 3, 3, 3]).f32([2, 2, 2, 2]).f32([2]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").with("fused_ops", names(&["BiasAdd"])).f32([1, 3, 3, 2]).f32([2, 2, 2, 2]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").with("fused_ops", names(&["BiasAdd"])).f32([1, 3, 3, 2]).f32([2, 2, 2, 2]).f32([2]).f32([2]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").with("fused_ops", names(&["Sine"])).f32([1, 3, 3, 2]).f32([2, 2, 2, 2]),
    ]
}

fused_convolution! {
    /// `DepthwiseConv2dNative` with what follows it: a bias or a batch normalisation by given statistics, an activation.
    FusedDepthwiseConv2dNative, "tf.fused.depthwiseConv2d", DepthwiseConv2dNative,
    [
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").with("fused_ops", names(&["BiasAdd", "Relu6"])).f32([1, 4, 5, 3]).f32([3, 2, 3, 2]).f32([6]),
        case().with("strides", [1, 2, 2, 1]).with("padding", "VALID").with("fused_ops", names(&["BiasAdd", "Prelu"])).f32([2, 5, 5, 2]).f32([2, 3, 2, 1]).f32([2]).f32([2]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").with("fused_ops", names(&["FusedBatchNorm"])).f32([1, 3, 3, 2]).f32([2, 2, 2, 1]).f32([2]).f32([2]).f32([2]).range([2], 0.5, 2.0),
    ],
    [
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").with("fused_ops", names(&["BiasAdd"])).f32([1, 4, 5, 2]).f32([3, 2, 3, 2]).f32([6]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").with("fused_ops", names(&["BiasAdd"])).f32([1, 4, 5, 3]).f32([3, 2, 3, 2]).f32([5]),
    ]
}

crate::op! {
    /// `MatMul` with what follows it: a bias, an activation.
    FusedMatMul as "_FusedMatMul" in api "tf.fused.matMul" (a, b; args) {
        transpose_a: bool = false,
        transpose_b: bool = false,
        /// What follows, in order; each takes its operands from `args`.
        fused_ops: Vec<String> = vec![],
        epsilon: f64 = 1e-4,
        leakyrelu_alpha: f64 = 0.2,
    }
    build |s, g| {
        let op = "_FusedMatMul";
        let y = built(op, &MatMul { transpose_a: s.transpose_a, transpose_b: s.transpose_b }, g, &[a, b])?;
        let (format, epsilon, leakyrelu_alpha) = (DataFormat::Nhwc, s.epsilon, s.leakyrelu_alpha);
        Tail { op, fused_ops: &s.fused_ops, args, format, epsilon, leakyrelu_alpha }.apply(g, y).map_err(|e| e.for_op(op))
    };
    cases [
        case().with("fused_ops", names(&["BiasAdd"])).f32([3, 4]).f32([4, 2]).f32([2]),
        case().with("fused_ops", names(&["BiasAdd", "Relu"])).with("transpose_b", true).f32([3, 4]).f32([2, 4]).f32([2]),
        case().with("fused_ops", names(&["BiasAdd", "Tanh"])).with("transpose_a", true).range([4, 3], -0.6, 0.6).range([4, 2], -0.6, 0.6).f32([2]),
        case().with("fused_ops", names(&["BiasAdd", "Prelu"])).f32([3, 4]).f32([4, 2]).f32([2]).f32([2]),
        case().with("fused_ops", names(&["BiasAdd", "GeluExact"])).f32([3, 4]).f32([4, 2]).f32([2]),
        case().with("fused_ops", names(&["BiasAdd", "GeluApproximate"])).f32([3, 4]).f32([4, 2]).f32([2]),
        case().with("fused_ops", names(&["BiasAdd", "LeakyRelu"])).f32([3, 4]).f32([4, 2]).f32([2]),
    ]
    errors [
        case().with("fused_ops", names(&["BiasAdd"])).f32([3, 4]).f32([3, 2]).f32([2]),
        case().with("fused_ops", names(&["BiasAdd"])).f32([3, 4]).f32([4, 2]).f32([3]),
    ]
}

pub(super) const OPS: &[Row] =
    &[row::<FusedConv2D>(), row::<FusedDepthwiseConv2dNative>(), row::<FusedMatMul>()];
