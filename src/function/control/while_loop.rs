//! Loops with a condition.

use super::region::{Region, Surroundings, emit, region};
use super::trips::known_trips;
use super::{check_scalar, scalar};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::function::Nest;
use crate::hlo::{ById, Graph, Prim, ScanBody, Spec, Val, WhileBody};
use crate::tensor::{Tensor, is_tracing};
use std::sync::Arc;

/// Repeats `body` while `cond` is true, at most `maximum_iterations` times (`tf.while_loop`); gives what the last `body` returned.
///
/// Outside of a traced function the host program runs it. While a function is traced, `cond` and `body` are traced once, and the loop
/// variables must keep dtypes and shapes. The graph runs the loop as often as the values say: where the number of trips follows from
/// integers that the host knows, it is a loop of fixed length; else the host looks at the condition between trips. Either way
/// gradients flow through it, and variables that `body` assigns, prints and checks keep program order.
///
/// ```
/// # use wgflow::{IntoTensor, Tensor, function, math, while_loop};
/// // Doubled until it is over 100.
/// let f = function(|x: &[Tensor]| {
///     while_loop(|x| math::less(x, 100.0), |x: &Tensor| math::multiply(x, 2.0), x[0].clone(), None)
/// });
/// assert_eq!(f.call(3.0f32.into_tensor(None)?)?.item::<f32>()?, 192.0);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when `cond` gives no bool scalar, or, in a traced function, when `body` changes dtype, shape or number of the loop
/// variables; what `cond` and `body` return.
pub fn while_loop<V: Nest>(
    cond: impl Fn(&V) -> Result<Tensor>,
    body: impl Fn(&V) -> Result<V>,
    loop_vars: V,
    maximum_iterations: impl Into<Option<usize>>,
) -> Result<V> {
    let limit = maximum_iterations.into();
    if is_tracing() {
        return traced(&cond, &body, &loop_vars, limit);
    }
    let mut v = loop_vars;
    let mut trips = 0;
    while limit.is_none_or(|limit| trips < limit) {
        let goes_on = cond(&v)?;
        check_condition(&goes_on)?;
        if scalar("while_loop", "cond", &goes_on)? == 0 {
            break;
        }
        (v, trips) = (body(&v)?, trips + 1);
    }
    Ok(v)
}

fn check_condition(t: &Tensor) -> Result<()> {
    check_scalar("while_loop", "cond", t)?;
    if t.dtype() == DType::Bool {
        return Ok(());
    }
    Err(Error::invalid("while_loop", "cond", "a bool scalar", t.spec()))
}

/// What was traced of a loop.
struct Traced<V> {
    vars: V,
    start: Vec<Tensor>,
    cond: Region<Tensor>,
    body: Region<V>,
}

fn traced<V: Nest>(
    cond: &impl Fn(&V) -> Result<Tensor>,
    body: &impl Fn(&V) -> Result<V>,
    loop_vars: &V,
    limit: Option<usize>,
) -> Result<V> {
    let mut vars = loop_vars.clone();
    if vars.is_open() {
        // One trip shows what arrays will hold, and with room for it how many trips there are, which is how much room they need. What
        // that wrote is thrown away.
        let after = region("while_loop.body", &[], |_| body(&vars))?.result;
        let one = vars.carried(Some(1), Some(&after))?;
        let trips = trace_parts(cond, body, &one)?.known_trips(limit)?;
        vars = vars.carried(trips.or(limit), Some(&after))?;
    }
    let parts = trace_parts(cond, body, &vars)?;
    parts.check()?;
    parts.emit(limit)
}

fn trace_parts<V: Nest>(
    cond: &impl Fn(&V) -> Result<Tensor>,
    body: &impl Fn(&V) -> Result<V>,
    vars: &V,
) -> Result<Traced<V>> {
    let start = vars.flatten()?;
    let specs: Vec<Spec> = start.iter().map(|t| t.spec().clone()).collect();
    let cond = region("while_loop.cond", &specs, |x| cond(&vars.pack_as(&mut x.iter().cloned())?))?;
    check_condition(&cond.result)?;
    if let Some(v) = cond.traced.assigned.first() {
        let what = format!("no assignment to variable {}; assign in body", v.name());
        return Err(Error::invalid("while_loop", "cond", what, "one"));
    }
    let body = region("while_loop.body", &specs, |x| body(&vars.pack_as(&mut x.iter().cloned())?))?;
    Ok(Traced { vars: vars.clone(), start, cond, body })
}

impl<V: Nest> Traced<V> {
    fn check(&self) -> Result<()> {
        let (wanted, received) = (&self.start, self.body.specs());
        if wanted.len() != received.len() {
            let wanted = format!("{} loop variables", wanted.len());
            return Err(Error::invalid("while_loop", "body", wanted, received.len()));
        }
        for ((w, r), path) in wanted.iter().zip(&received).zip(self.vars.paths()) {
            if w.spec() != r {
                return Err(Error::invalid(
                    "while_loop",
                    &format!("loop_vars{path}"),
                    format_args!("{} after one iteration, as it enters the loop", w.spec()),
                    r,
                ));
            }
        }
        Ok(())
    }

    /// The condition and the body over constants and carried values, and what these are before the loop.
    fn graphs(&self) -> Result<Parts> {
        let around = Surroundings::of([&self.cond.traced, &self.body.traced].into_iter());
        let values = around.values()?;
        let (fixed, assigned) = around.split();
        let consts: Vec<Tensor> = fixed.iter().map(|&i| values[i].clone()).collect();
        let mut carried = self.start.clone();
        carried.extend(assigned.iter().map(|&i| values[i].clone()));
        let write = |r: &crate::tensor::Traced| -> Result<Graph> {
            let mut g = Graph::new();
            let c: Vec<Val> = consts.iter().map(|t| g.parameter(t.spec().clone())).collect();
            let own: Vec<Val> = self.start.iter().map(|t| g.parameter(t.spec().clone())).collect();
            let vars: Vec<Val> = assigned.iter().map(|&i| g.parameter(values[i].spec().clone())).collect();
            let mut x: Vec<(usize, Val)> = fixed.iter().copied().zip(c).collect();
            x.extend(assigned.iter().copied().zip(vars));
            x.sort_unstable();
            let x: Vec<Val> = x.into_iter().map(|(_, v)| v).collect();
            let outputs = around.inline(&mut g, r, &own, &x)?;
            g.set_outputs(outputs);
            Ok(g)
        };
        let mut cond = write(&self.cond.traced)?;
        cond.set_outputs(cond.outputs()[..1].to_vec());
        let body = write(&self.body.traced)?;
        Ok(Parts { cond, body, consts, carried, around })
    }

    fn known_trips(&self, limit: Option<usize>) -> Result<Option<usize>> {
        self.graphs()?.known_trips(limit)
    }

    fn emit(self, limit: Option<usize>) -> Result<V> {
        let parts = self.graphs()?;
        let trips = parts.known_trips(limit)?;
        let Parts { cond, body, consts, carried, around } = parts;
        let (n, carries) = (self.start.len(), carried.len());
        let body = Arc::new(body);
        let prim = match trips {
            Some(trips) => Prim::Scan(ById(Arc::new(ScanBody {
                body,
                trips,
                consts: consts.len(),
                carries,
                reverse: false,
                primal: None,
            }))),
            None => Prim::While(ById(Arc::new(WhileBody {
                cond: Some(Arc::new(cond)),
                body,
                consts: consts.len(),
                carries,
                limit,
                reverse: false,
                primal: None,
            }))),
        };
        let inputs: Vec<&Tensor> = consts.iter().chain(&carried).collect();
        let mut g = Graph::new();
        let x: Vec<Val> = inputs.iter().map(|t| g.parameter(t.spec().clone())).collect();
        let outputs = g.push_multi(prim, &x)?;
        g.set_outputs(outputs[..carries].to_vec());
        let mut results = emit("while_loop", g, &inputs)?;
        around.assign(results.split_off(n))?;
        self.vars.pack_as(&mut results.into_iter())
    }
}

/// A loop's graphs, and where it starts.
struct Parts {
    cond: Graph,
    body: Graph,
    consts: Vec<Tensor>,
    carried: Vec<Tensor>,
    around: Surroundings,
}

impl Parts {
    fn known_trips(&self, limit: Option<usize>) -> Result<Option<usize>> {
        let start: Vec<&Tensor> = self.carried.iter().collect();
        known_trips(&self.cond, &self.body, start.len(), &start, limit)
    }
}
