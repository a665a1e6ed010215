//! Datasets of elements that are made as they are asked for.

use super::Dataset;
use super::array::Array;
use super::cardinality::Cardinality;
use super::element::{Element, IntoElement, apart};
use super::node::{Items, Node, dataset};
use super::spec::{ElementSpec, check};
use super::structure::Structure;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::function::TensorSpec;
use crate::hlo::Literal;
use std::sync::Arc;

impl Dataset {
    /// What Rust iterators give (`Dataset.from_generator`): each pass calls `generator` for a new one. Their items are checked against
    /// `output_signature`, and plain numbers take its dtypes.
    ///
    /// ```
    /// # use wgflow::{data::Dataset, function::TensorSpec, DType};
    /// let signature = (TensorSpec::new((), DType::Int64), TensorSpec::new([None], DType::Float32));
    /// let d = Dataset::from_generator(|| (0..3).map(|i| Ok((i, vec![0.5; i as usize]))), signature);
    /// assert_eq!(d.iter().last().unwrap()?.to_string(), "(2, [0.5 0.5])");
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    ///
    /// Errors come with the elements: those of the iterator, and `InvalidArgument` for an item that the signature does not allow.
    pub fn from_generator<E, I>(
        generator: impl Fn() -> I + Send + Sync + 'static,
        output_signature: impl Into<ElementSpec>,
    ) -> Dataset
    where
        E: IntoElement + 'static,
        I: IntoIterator<Item = Result<E>>,
        I::IntoIter: Send + 'static,
    {
        const OP: &str = "Dataset.from_generator";
        let signature = Arc::new(output_signature.into());
        let spec = signature.clone();
        let pass = move || {
            let (mut items, signature) = (generator().into_iter(), signature.clone());
            let element = move |e: Result<E>| {
                let e = e?.into_element(Some(&*signature)).map_err(|e| e.for_op(OP))?;
                check(OP, &e, &signature)?;
                Ok(e)
            };
            Box::new(std::iter::from_fn(move || apart(|| items.next().map(&element).transpose()).transpose()))
                as Items<Element>
        };
        dataset(Generator { pass: Box::new(pass), spec })
    }

    /// The int64 numbers from `start` up to, but not including, `stop`, in steps of `step` (`Dataset.range`).
    ///
    /// The error of a `step` of 0 comes with the first element.
    pub fn range(start: i64, stop: i64, step: i64) -> Dataset {
        if step == 0 {
            return Dataset::invalid(Error::invalid("Dataset.range", "step", "a number other than 0", step));
        }
        dataset(Range { start, stop, step })
    }
}

struct Generator {
    pass: Box<dyn Fn() -> Items<Element> + Send + Sync>,
    spec: Arc<ElementSpec>,
}

impl Node for Generator {
    fn name(&self) -> &'static str {
        "FlatMapDataset"
    }

    fn spec(&self) -> Result<ElementSpec> {
        Ok((*self.spec).clone())
    }

    fn cardinality(&self) -> Cardinality {
        Cardinality::Unknown
    }

    fn items(&self, _: bool) -> Items<Element> {
        (self.pass)()
    }
}

struct Range {
    start: i64,
    stop: i64,
    step: i64,
}

impl Range {
    fn len(&self) -> u64 {
        let up = self.step > 0;
        let way = if up {
            i128::from(self.stop) - i128::from(self.start)
        } else {
            i128::from(self.start) - i128::from(self.stop)
        };
        (way.max(0) as u64).div_ceil(self.step.unsigned_abs())
    }
}

impl Node for Range {
    fn name(&self) -> &'static str {
        "RangeDataset"
    }

    fn spec(&self) -> Result<ElementSpec> {
        Ok(TensorSpec::new((), DType::Int64).into())
    }

    fn cardinality(&self) -> Cardinality {
        Cardinality::Finite(self.len())
    }

    fn items(&self, _: bool) -> Items<Element> {
        let (start, step) = (self.start, self.step);
        let number = move |i: u64| start.wrapping_add((i as i64).wrapping_mul(step));
        let element = move |i| Array::from_literal(&Literal::ints(DType::Int64, (), vec![number(i)]));
        Box::new((0..self.len()).map(move |i| Ok(Structure::Leaf(element(i)?))))
    }
}
