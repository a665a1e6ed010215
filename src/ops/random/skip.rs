//! The step of a generator's state.

use crate::dtype::DType;
use crate::error::Result;
use crate::hlo::{Graph, Spec};
use crate::tensor::Entry;
use std::sync::{Arc, LazyLock};

/// From the state and two words to add to its counter: key, counter, new state.
pub(super) static READ_AND_SKIP: LazyLock<Result<Arc<Entry>>> = LazyLock::new(|| {
    let mut g = Graph::new();
    let state = g.parameter(Spec::new(DType::UInt32, [6]));
    let by = g.parameter(Spec::new(DType::UInt32, [2]));
    let key = g.slice_in_dim(state, 0, 4, 6)?;
    let counter = g.slice_in_dim(state, 0, 0, 4)?;
    let zero = g.full(DType::UInt32, [1], 0.0)?;
    let mut carry = zero;
    let mut words = vec![];
    for i in 0..4 {
        let old = g.slice_in_dim(counter, 0, i, i + 1)?;
        let add = if i < 2 { g.slice_in_dim(by, 0, i, i + 1)? } else { zero };
        let sum = g.add(old, add)?;
        let first = g.lt(sum, old)?;
        let total = g.add(sum, carry)?;
        let second = g.lt(total, sum)?;
        let over = g.or(first, second)?;
        carry = g.convert(over, DType::UInt32)?;
        words.push(total);
    }
    words.push(key);
    let moved = g.concatenate(&words, 0)?;
    g.set_outputs(vec![key, counter, moved]);
    Ok(Entry::of_graph("RngReadAndSkip", g))
});
