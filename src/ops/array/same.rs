//! The operand itself, with a word on its gradient, its shape or its values.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::CheckText;
use crate::shape::PartialShape;
use crate::tensor::{IntoTensor, Row, Tensor, row, run, run_one};

crate::op! {
    /// The operand.
    Identity in "tf.identity" (input) {}
    strings Moved(usize::MAX);
    build |s, g| Ok::<_, Error>(input);
    cases [case().texts([2], &["a", "b"]), case().f32([2, 3]), case().ints([], 0, 5), case().bools([0]), case().complex([2])]
}

/// The operand as a tensor of its own (`tf.identity`).
///
/// # Errors
/// `InvalidArgument` for what is no tensor.
pub fn identity(input: impl IntoTensor) -> Result<Tensor> {
    run_one(&Identity {}, &[&input.into_tensor(None)?])
}

crate::op! {
    /// The operands.
    IdentityN in "tf.identity_n" (; input) {}
    strings Read;
    build |s, g| Ok::<_, Error>(input.to_vec());
    cases [case().f32([2, 3]).ints([2], 0, 5), case().f32([])]
}

/// The operands as tensors of their own (`tf.identity_n`).
///
/// # Errors
/// `Internal` only.
pub fn identity_n(input: &[Tensor]) -> Result<Vec<Tensor>> {
    run(&IdentityN {}, &input.iter().collect::<Vec<_>>())
}

crate::op! {
    /// The operand as it is now.
    Snapshot in "tf.raw_ops.Snapshot" (input) {}
    strings Moved(usize::MAX);
    build |s, g| Ok::<_, Error>(input);
    cases [case().f32([2, 3]).forward_only(), case().ints([3], 0, 5)]
}

crate::op! {
    /// The operand; no gradient flows to it.
    StopGradient in "tf.stop_gradient" (input) {}
    strings Moved(usize::MAX);
    build |s, g| Ok::<_, Error>(input);
    vjp |s, g, x, y, dy| Ok(vec![None]);
    cases [case().f32([2, 3]), case().ints([3], 0, 5)]
}

/// The operand; no gradient flows to it (`tf.stop_gradient`).
///
/// # Errors
/// `InvalidArgument` for what is no tensor.
pub fn stop_gradient(input: impl IntoTensor) -> Result<Tensor> {
    run_one(&StopGradient {}, &[&input.into_tensor(None)?])
}

crate::op! {
    /// The operand; asking for a gradient through it is an error.
    PreventGradient in "tf.raw_ops.PreventGradient" (input) {
        /// What the error says.
        message: String = "",
    }
    build |s, g| Ok::<_, Error>(input);
    vjp |s, g, x, y, dy| Err(Error::unimplemented("PreventGradient", format_args!("gradient explicitly disabled: {}", s.message)));
    cases [case().f32([2, 3]).forward_only(), case().with("message", "why").ints([3], 0, 5)]
}

crate::op! {
    /// The operand, if its shape is the given one.
    EnsureShape in "tf.ensure_shape" (input) {
        /// Sizes; -1 where any will do.
        shape: Vec<i64>,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let wanted: PartialShape = s.shape.iter().map(|&d| usize::try_from(d).ok()).collect();
        if !wanted.accepts(g.shape(input)) {
            return Err(Error::invalid("EnsureShape", "input", format_args!("shape {wanted}"), g.shape(input)));
        }
        Ok(input)
    };
    cases [case().with("shape", [2, -1]).f32([2, 3]), case().with("shape", [-1]).ints([3], 0, 5)]
    errors [case().with("shape", [3, -1]).f32([2, 3]), case().with("shape", [-1]).f32([2, 3])]
}

/// The operand, if its shape fits `shape`, in which `None` stands for any size (`tf.ensure_shape`).
///
/// # Errors
/// `InvalidArgument` when it does not.
pub fn ensure_shape(x: impl IntoTensor, shape: impl Into<PartialShape>) -> Result<Tensor> {
    let shape = shape.into().iter().map(|d| d.map_or(-1, |d| d as i64)).collect();
    run_one(&EnsureShape { shape }, &[&x.into_tensor(None)?])
}

crate::op! {
    /// The operand, if it holds neither NaN nor infinities.
    CheckNumerics in "tf.debugging.check_numerics" (tensor) {
        /// What the error says first.
        message: String,
    }
    build |s, g| {
        crate::ops::build::want_dtype(g, "CheckNumerics", "tensor", tensor, "floats", DType::is_float)?;
        let ok = g.is_finite(tensor)?;
        let (nan, sign) = (g.is_nan(tensor)?, g.sign(tensor)?);
        let zero = g.zeros_like(sign)?;
        let which = g.select(nan, zero, sign)?;
        let which = g.convert(which, DType::Int32)?;
        let what = if s.message.is_empty() { "tensor".into() } else { format!("{}: tensor", s.message) };
        let wanted = "finite values (1 stands for inf, -1 for -inf, 0 for NaN)".into();
        g.check(ok, which, CheckText { op: "CheckNumerics".into(), what, wanted })?;
        Ok(tensor)
    };
    vjp |s, g, x, y, dy| Ok(vec![Some(dy)]);
    cases [case().with("message", "m").f32([2, 3]), case().with("message", "").f32([0])]
    errors [
        case().with("message", "m").values([2], &[1.0, f64::NAN]),
        case().with("message", "m").values([2], &[f64::INFINITY, 1.0]),
        case().with("message", "m").ints([2], 0, 3),
    ]
}

/// The operand, if it holds neither NaN nor infinities (`tf.debugging.check_numerics`).
///
/// # Errors
/// `InvalidArgument`, beginning with `message`, if it does; it may come with the read-back.
pub fn check_numerics(tensor: impl IntoTensor, message: &str) -> Result<Tensor> {
    run_one(&CheckNumerics { message: message.into() }, &[&tensor.into_tensor(None)?])
}

pub(super) const OPS: &[Row] = &[
    row::<Identity>(),
    row::<IdentityN>(),
    row::<Snapshot>(),
    row::<StopGradient>(),
    row::<PreventGradient>(),
    row::<EnsureShape>(),
    row::<CheckNumerics>(),
];
