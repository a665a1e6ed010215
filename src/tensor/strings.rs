//! Ops on strings: those that only move or compare elements run on numbers in their place.

use super::door::run_on_host;
use super::op::{DynOp, Strings};
use super::{Tensor, run};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Literal, Values};
use std::collections::HashMap;

/// The dtype of the numbers that stand for strings: one that nothing else on the way has.
const NUMBER: DType = DType::UInt32;

/// Runs an op of which an input is of dtype string.
pub(super) fn run_strings(op: &dyn DynOp, inputs: &[&Tensor]) -> Result<Vec<Tensor>> {
    match op.info().strings {
        Strings::Read => run_on_host(op, inputs),
        Strings::Moved(n) => moved(op, inputs, n),
        Strings::Refused => Err(refused(op, inputs, "a dtype other than string", DType::String)),
    }
}

/// The error for the first input of a dtype.
fn refused(op: &dyn DynOp, inputs: &[&Tensor], wanted: &str, dtype: DType) -> Error {
    let info = op.info();
    let at = inputs.iter().position(|t| t.dtype() == dtype).unwrap_or(0);
    let arg = info.inputs.get(at).or(info.inputs.last()).copied().unwrap_or("inputs");
    Error::invalid(info.name, arg, wanted, dtype)
}

/// Numbers each different string, runs the op on the numbers, and turns the first `n` results back.
fn moved(op: &dyn DynOp, inputs: &[&Tensor], n: usize) -> Result<Vec<Tensor>> {
    if inputs.iter().any(|t| t.dtype() == NUMBER) {
        return Err(refused(op, inputs, "string, as another input is", NUMBER));
    }
    let mut numbers: HashMap<Vec<u8>, i64> = HashMap::new();
    let mut strings: Vec<Vec<u8>> = vec![];
    let mut operands = vec![];
    for t in inputs {
        if t.dtype() != DType::String {
            operands.push((*t).clone());
            continue;
        }
        let l = super::host_value(op.info().name, t)?;
        let of = |s: &Vec<u8>| {
            *numbers.entry(s.clone()).or_insert_with(|| {
                strings.push(s.clone());
                strings.len() as i64 - 1
            })
        };
        let own = l.as_strings().iter().map(of).collect();
        operands.push(Tensor::from_literal(Literal::ints(NUMBER, l.shape.clone(), own), t.home())?);
    }
    let results = run(op, &operands.iter().collect::<Vec<_>>()).map_err(|e| in_terms_of_strings(&e))?;
    let back = |(k, t): (usize, Tensor)| {
        if k >= n {
            return Ok(t);
        }
        let l = super::host_value(op.info().name, &t)?;
        // A number that stands for no string would be a blank.
        let string = |i: usize| strings.get(l.i64_at(i) as usize).cloned().unwrap_or_default();
        let values = Values::Strings((0..l.len()).map(string).collect());
        Tensor::from_literal(Literal { dtype: DType::String, shape: l.shape.clone(), values }, t.home())
    };
    results.into_iter().enumerate().map(back).collect()
}

/// An error that speaks of strings where it spoke of the numbers.
fn in_terms_of_strings(e: &Error) -> Error {
    Error::new(e.kind(), e.op(), e.message().replace(NUMBER.name(), DType::String.name()))
}
