//! The one door: every op on tensors goes through [`run`].

use super::op::{DynOp, Place, hash_to, same};
use super::recorder::{Call, How, interested};
use super::{Entry, Tensor, engine, strings, trace};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::{Literal, Spec};
use smallvec::SmallVec;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::{Arc, LazyLock, RwLock};

/// Entries kept before the cache of ops starts over. Each holds a small graph and its plans.
const MAX_ENTRIES: usize = 8192;

/// Runs an op on tensors: in a trace if any of them is symbolic, on the host if all are mirrored there and the results are too, else on
/// the device. Shapes, dtypes and attributes are settled here, whatever happens later.
///
/// # Errors
/// What the op refuses; `FailedPrecondition` for tensors of different devices or of a trace that is closed.
pub fn run(op: &dyn DynOp, inputs: &[&Tensor]) -> Result<Vec<Tensor>> {
    let info = op.info();
    let (fixed, n) = (info.inputs.len() - usize::from(info.variadic), inputs.len());
    if n < fixed || (n > fixed && !info.variadic) {
        return Err(Error::invalid(
            info.name,
            "inputs",
            format_args!("{:?}", info.inputs),
            format_args!("{n} tensors"),
        ));
    }
    if inputs.iter().any(|t| t.dtype() == DType::String) {
        return strings::run_strings(op, inputs);
    }
    if info.place == Place::Host {
        return run_on_host(op, inputs);
    }
    let entry = entry_of(op, inputs)?;
    run_entry(&entry, inputs)
}

/// As [`run`], for an op with one result.
///
/// # Errors
/// As [`run`].
pub fn run_one(op: &dyn DynOp, inputs: &[&Tensor]) -> Result<Tensor> {
    run(op, inputs)?.into_iter().next().ok_or_else(|| Error::internal(op.info().name, "gave no result"))
}

/// Runs the graph of an entry on tensors, as [`run`] does for ops.
///
/// # Errors
/// As [`run`].
pub fn run_entry(entry: &Arc<Entry>, inputs: &[&Tensor]) -> Result<Vec<Tensor>> {
    // What is made from nothing becomes part of a graph too, but for small integers, which the host knows and may be asked for.
    let from_nothing = || inputs.is_empty() && !entry.is_exact();
    let traced = inputs.iter().any(|t| t.is_symbolic())
        || (trace::is_tracing() && (entry.graph().has_effects() || from_nothing()));
    let outputs = if traced { trace::call(entry, inputs)? } else { engine::execute(entry, inputs)? };
    for r in interested(inputs) {
        r.record(&Call { inputs, outputs: &outputs, how: How::Entry(entry) })?;
    }
    Ok(outputs)
}

/// The value of an input that an op of the host needs.
///
/// # Errors
/// `Unimplemented` for a symbolic tensor, naming what to do instead.
pub(crate) fn host_value(op: &str, t: &Tensor) -> Result<Literal> {
    if t.is_symbolic() {
        return Err(Error::new(
            ErrorKind::Unimplemented,
            op,
            format!(
                "its result's shape depends on values, which are not known while {} is traced (input {t:?}); \
                 call it outside of the function, or use a form with a static `size`",
                trace::current_trace_name().unwrap_or_else(|| "a function".into())
            ),
        ));
    }
    t.to_literal()
}

pub(super) fn run_on_host(op: &dyn DynOp, inputs: &[&Tensor]) -> Result<Vec<Tensor>> {
    let info = op.info();
    if let Some(outputs) = op.compose(inputs) {
        return outputs.map_err(|e| e.for_op(info.name));
    }
    if inputs.iter().any(|t| t.dtype() == DType::Complex64) {
        return Err(Error::invalid(info.name, "inputs", "real dtypes", DType::Complex64));
    }
    let values = inputs.iter().map(|t| host_value(info.name, t)).collect::<Result<Vec<_>>>()?;
    let results = op.host(&values).map_err(|e| e.for_op(info.name))?;
    let device = engine::device_of(info.name, inputs)?;
    results.into_iter().map(|l| Tensor::from_literal(l, &device)).collect()
}

struct Cached {
    op: Box<dyn DynOp>,
    specs: SmallVec<[Spec; 3]>,
    entry: Arc<Entry>,
}

#[derive(Default)]
struct Entries {
    by_hash: HashMap<u64, SmallVec<[Cached; 1]>>,
    count: usize,
}

static ENTRIES: LazyLock<RwLock<Entries>> = LazyLock::new(RwLock::default);
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// The entry of an op for its operands' specs, made once.
fn entry_of(op: &dyn DynOp, inputs: &[&Tensor]) -> Result<Arc<Entry>> {
    let mut h = HASHER.build_hasher();
    std::ptr::from_ref(op.info()).hash(&mut h);
    hash_to(op, &mut h);
    inputs.iter().for_each(|t| t.spec().hash(&mut h));
    let hash = h.finish();
    let fits = |c: &&Cached| c.specs.iter().eq(inputs.iter().map(|t| t.spec())) && same(&*c.op, op);
    if let Some(c) = crate::read(&ENTRIES).by_hash.get(&hash).and_then(|c| c.iter().find(fits)) {
        return Ok(c.entry.clone());
    }
    // Built without the lock: an op of the user's may call back.
    let specs: Vec<Spec> = inputs.iter().map(|t| t.spec().clone()).collect();
    let entry = Entry::of_op(op, &specs)?;
    let mut all = crate::write(&ENTRIES);
    if all.count >= MAX_ENTRIES {
        *all = Entries::default();
    }
    all.count += 1;
    all.by_hash.entry(hash).or_default().push(Cached {
        op: op.boxed(),
        specs: specs.into(),
        entry: entry.clone(),
    });
    Ok(entry)
}

/// Number of ops at given specs that are kept ready.
pub fn cached_entries() -> usize {
    crate::read(&ENTRIES).count
}
