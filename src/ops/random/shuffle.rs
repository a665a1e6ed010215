//! Random order on the device: sorting by random keys.

use super::draw::Key;
use super::key::Stream;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{GatherMode, Graph, Spec};
use crate::tensor::{Entry, Tensor, run_entry};

/// `value` with its first dimension in the order of random words.
pub(super) fn shuffle_by(key: &Key, value: &Tensor) -> Result<Tensor> {
    let Some(&n) = value.shape().first() else {
        return Err(Error::invalid("shuffle", "value", "at least one dimension", "shape ()"));
    };
    let mut g = Graph::new();
    let x = g.parameter(value.spec().clone());
    let stream = Stream {
        key: g.parameter(Spec::new(DType::UInt32, [2])),
        counter: g.parameter(Spec::new(DType::UInt32, [4])),
    };
    let words = stream.words(&mut g, [n])?;
    let places = g.iota(DType::Int32, [n], 0)?;
    // Equal words keep their order; a second sort by other words would not change that noticeably.
    let order = g.sort(&[words, places], 0, false)?[1];
    let order = g.expand_dims(order, &[1])?;
    let y = g.gather(x, order, &[0], 0, GatherMode::Clip)?;
    g.set_outputs(vec![y]);
    let results = run_entry(&Entry::of_graph("RandomShuffle", g), &[value, &key.key, &key.counter])?;
    results.into_iter().next().ok_or_else(|| Error::internal("shuffle", "wanted one result"))
}
