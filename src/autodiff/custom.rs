//! Gradients of the user's own making.

use crate::error::{Error, Result};
use crate::hlo::{ById, CompositeOp, Graph, Prim, Spec, Val};
use crate::tensor::{
    Call, CustomBackward, How, Tensor, emit, interested, is_tracing, trace, without_recorders,
};
use std::sync::Arc;

/// A function with its derivative: results, and what maps adjoints of the results to adjoints of the operands.
pub type WithGradient = (Vec<Tensor>, CustomBackward);

/// Calls `f` on `inputs` with the derivative that `f` returns beside its results (`tf.custom_gradient`).
///
/// ```
/// # use wgflow::{GradientTape, Variable, custom_gradient, ops::math};
/// # use std::sync::Arc;
/// let x = Variable::new(100.0)?;
/// let tape = GradientTape::new();
/// // log(1 + e^x), whose derivative as written would be inf / inf.
/// let y = custom_gradient(&[&x.value()?], |x| {
///     let e = math::exp(&x[0])?;
///     let y = math::log(math::add(&e, 1.0)?)?;
///     Ok((vec![y], Arc::new(move |dy| {
///         let d = math::subtract(1.0, math::divide(1.0, math::add(&e, 1.0)?)?)?;
///         Ok(vec![Some(math::multiply(&dy[0], &d)?)])
///     })))
/// })?;
/// assert_eq!(tape.gradient(&y[0], &x)?.unwrap().item::<f32>()?, 1.0);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// What `f` returns.
pub fn custom_gradient(
    inputs: &[&Tensor],
    f: impl Fn(&[Tensor]) -> Result<WithGradient> + Send + Sync + 'static,
) -> Result<Vec<Tensor>> {
    if is_tracing() {
        return traced(inputs, Arc::new(f));
    }
    let args: Vec<Tensor> = inputs.iter().map(|t| t.alias()).collect();
    let (outputs, backward) = without_recorders(|| f(&args))?;
    // Under identities of their own, so that a result that is an operand is told from it.
    let outputs: Vec<Tensor> = outputs.iter().map(Tensor::alias).collect();
    for r in interested(inputs) {
        r.record(&Call { inputs, outputs: &outputs, how: How::Custom(&backward) })?;
    }
    Ok(outputs)
}

type Function = Arc<dyn Fn(&[Tensor]) -> Result<WithGradient> + Send + Sync>;

/// In a graph the function is a composite: its body is what it computes, its derivative is traced when it is asked for.
struct CustomComposite {
    function: Function,
    body: Arc<Graph>,
    declared: usize,
}

impl std::fmt::Debug for CustomComposite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("custom_gradient")
    }
}

fn traced(inputs: &[&Tensor], function: Function) -> Result<Vec<Tensor>> {
    let specs: Vec<Spec> = inputs.iter().map(|t| t.spec().clone()).collect();
    let (graph, ()) = without_recorders(|| trace("custom_gradient", &specs, |x| Ok((function(x)?.0, ()))))?;
    let captured = graph.captured_tensors("custom_gradient")?;
    let op =
        CustomComposite { function: function.clone(), body: Arc::new(graph.graph), declared: inputs.len() };
    let operands: Vec<&Tensor> = inputs.iter().copied().chain(&captured).collect();
    let outputs = emit(Prim::Composite(ById(Arc::new(op))), &operands)?;
    let recorders = interested(inputs);
    if !recorders.is_empty() {
        // A tape inside of the trace calls the derivative itself.
        let args: Vec<Tensor> = inputs.iter().map(|t| (*t).clone()).collect();
        let (_, backward) = without_recorders(|| function(&args))?;
        for r in recorders {
            r.record(&Call { inputs, outputs: &outputs, how: How::Custom(&backward) })?;
        }
    }
    Ok(outputs)
}

impl CompositeOp for CustomComposite {
    fn name(&self) -> &str {
        "custom_gradient"
    }

    fn attrs_text(&self) -> String {
        String::new()
    }

    fn body(&self) -> &Arc<Graph> {
        &self.body
    }

    fn has_vjp(&self) -> bool {
        true
    }

    fn vjp(
        &self,
        g: &mut Graph,
        x: &[Val],
        y: &[Val],
        dy: &[Option<Val>],
    ) -> Option<Result<Vec<Option<Val>>>> {
        Some(self.derivative(g, x, y, dy))
    }
}

impl CustomComposite {
    fn derivative(
        &self,
        g: &mut Graph,
        x: &[Val],
        y: &[Val],
        dy: &[Option<Val>],
    ) -> Result<Vec<Option<Val>>> {
        let n = self.declared;
        let specs: Vec<Spec> = x[..n].iter().chain(y).map(|&v| g.spec(v).clone()).collect();
        let run = |args: &[Tensor]| {
            let (_, backward) = (self.function)(&args[..n])?;
            let dx = backward(&args[n..])?;
            let connected: Vec<bool> = dx.iter().map(Option::is_some).collect();
            Ok((dx.into_iter().flatten().collect(), connected))
        };
        let (traced, connected) = without_recorders(|| trace("custom_gradient.vjp", &specs, run))?;
        if connected.len() != n {
            return Err(Error::invalid("custom_gradient", "gradients", n, connected.len()));
        }
        let mut args: Vec<Val> = x[..n].to_vec();
        for (&y, d) in y.iter().zip(dy) {
            args.push(d.map_or_else(|| g.zeros_like(y), Ok)?);
        }
        // What the function captured stands behind the declared operands, in the same order when it is traced again.
        let captured = traced.graph.params().len() - args.len();
        args.extend(x[n..].iter().take(captured));
        if args.len() != traced.graph.params().len() {
            return Err(Error::unimplemented(
                "custom_gradient",
                "a derivative that captures tensors its function does not",
            ));
        }
        let mut found = g.inline(&traced.graph, &args)?.into_iter();
        let mut dx: Vec<Option<Val>> =
            connected.iter().map(|c| if *c { found.next() } else { None }).collect();
        dx.resize(x.len(), None);
        Ok(dx)
    }
}
