//! Batches of elements of different sizes.

use super::Dataset;
use super::array::Array;
use super::batch::{Size, components};
use super::cardinality::Cardinality;
use super::element::{Element, IntoElement, apart};
use super::node::{Items, Node, dataset};
use super::spec::{ElementSpec, reshaped};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::Literal;
use crate::shape::{PartialShape, Shape};

const OP: &str = "Dataset.padded_batch";

impl Dataset {
    /// As [`Dataset::batch`] for elements of different sizes: each component is padded at its end (`Dataset.padded_batch`).
    ///
    /// `padded_shapes` has a shape for each component, in the order of [`Structure::flatten`](super::Structure::flatten); an unknown size is
    /// that of the largest element of the batch. Without it all sizes are. `padding_values` has a scalar for each component; without it
    /// padding is 0.
    ///
    /// Errors come when it is iterated: `DataLoss` for an element that is larger than its padded shape or of another rank, `InvalidArgument`
    /// for a `batch_size` of 0, for a number of shapes or values that is not that of the components, and for values of other dtypes.
    ///
    /// ```
    /// # use wgflow::{data::Dataset, Tensor, ops::array};
    /// let ragged = Dataset::range(1, 4, 1).map(|n: Tensor| array::fill(n.item::<i64>()?, &n));
    /// let batch = ragged.padded_batch(3, None, None::<i64>, false).iter().next().unwrap()?;
    /// assert_eq!(batch.to_string(), "[[1 0 0]\n [2 2 0]\n [3 3 3]]");
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    pub fn padded_batch(
        &self,
        batch_size: usize,
        padded_shapes: impl Into<Option<Vec<PartialShape>>>,
        padding_values: Option<impl IntoElement>,
        drop_remainder: bool,
    ) -> Dataset {
        let values = padding_values.map(|v| self.padding(v)).transpose();
        match (Size::new(OP, batch_size, drop_remainder), values) {
            (Ok(size), Ok(values)) => {
                let how = Padding { shapes: padded_shapes.into(), values };
                dataset(PaddedBatch { input: self.clone(), size, how })
            }
            (Err(e), _) | (_, Err(e)) => Dataset::invalid(e),
        }
    }

    fn padding(&self, values: impl IntoElement) -> Result<Vec<Array>> {
        let spec = self.element_spec()?;
        let values = apart(|| values.into_element(Some(&spec))).map_err(|e| e.for_op(OP))?;
        Ok(values.flatten().into_iter().cloned().collect())
    }
}

struct PaddedBatch {
    input: Dataset,
    size: Size,
    how: Padding,
}

#[derive(Clone)]
struct Padding {
    shapes: Option<Vec<PartialShape>>,
    values: Option<Vec<Array>>,
}

impl Node for PaddedBatch {
    fn name(&self) -> &'static str {
        "PaddedBatchDataset"
    }

    fn spec(&self) -> Result<ElementSpec> {
        let input = self.input.element_spec()?;
        self.how.check_counts(input.flatten().len())?;
        let mut number = 0..;
        reshaped(&input, |s| {
            let padded = self.how.shape(number.next().unwrap_or(0), s);
            Ok(std::iter::once(self.size.dim()).chain(padded.iter().copied()).collect())
        })
    }

    fn cardinality(&self) -> Cardinality {
        self.size.count(self.input.cardinality())
    }

    fn items(&self, _: bool) -> Items<Element> {
        let how = self.how.clone();
        self.size.group(self.input.items(), move |group| how.join(&group))
    }
}

impl Padding {
    fn check_counts(&self, components: usize) -> Result<()> {
        let counts = [
            ("padded_shapes", self.shapes.as_ref().map(Vec::len)),
            ("padding_values", self.values.as_ref().map(Vec::len)),
        ];
        for (arg, n) in counts {
            if let Some(n) = n.filter(|&n| n != components) {
                return Err(Error::invalid(
                    OP,
                    arg,
                    format_args!("one for each of {components} components"),
                    n,
                ));
            }
        }
        Ok(())
    }

    /// What is known of the padded shape of component `k`.
    fn shape(&self, k: usize, of_input: &PartialShape) -> PartialShape {
        match &self.shapes {
            Some(shapes) => shapes[k].clone(),
            None => of_input.clone(),
        }
    }

    fn join(&self, group: &[Element]) -> Result<Element> {
        let parts = components(OP, group)?;
        self.check_counts(parts[0].len())?;
        let mut number = 0..;
        group[0].try_map(&mut |first| {
            let k = number.next().unwrap_or(0);
            let arrays: Vec<&Array> = parts.iter().map(|e| e[k]).collect();
            let shape = self.target(k, &arrays)?;
            let value = self.value(k, first.dtype())?;
            let mut bytes = Vec::with_capacity(arrays.len() * shape.size() * value.len());
            for a in &arrays {
                append_padded(&mut bytes, a.storage(), a.shape(), &shape, &value);
            }
            let shape: Shape = std::iter::once(arrays.len()).chain(shape.iter().copied()).collect();
            Array::from_storage(first.dtype(), shape, bytes)
        })
    }

    /// The padded shape of component `k` in a batch.
    fn target(&self, k: usize, arrays: &[&Array]) -> Result<Shape> {
        let any: PartialShape = arrays[0].shape().iter().map(|_| None).collect();
        let wanted = self.shapes.as_ref().map_or(&any, |s| &s[k]);
        let fits = |a: &Array| {
            wanted.rank() == a.shape().rank()
                && wanted.iter().zip(a.shape().iter()).all(|(w, n)| w.is_none_or(|w| *n <= w))
        };
        if let Some(a) = arrays.iter().find(|a| !fits(a)) {
            let wanted = format!("component {k} no larger than the padded shape {wanted}");
            let message = format!("element: wanted {wanted}. Received: shape {}", a.shape());
            return Err(Error::new(ErrorKind::DataLoss, OP, message));
        }
        let largest = |d: usize| arrays.iter().map(|a| a.shape()[d]).max().unwrap_or(0);
        Ok(wanted.iter().enumerate().map(|(d, w)| w.unwrap_or_else(|| largest(d))).collect())
    }

    /// The bytes of one element of padding.
    fn value(&self, k: usize, dtype: DType) -> Result<Vec<u8>> {
        let Some(values) = &self.values else { return Literal::scalar(dtype, 0.0).to_storage(OP) };
        let v = &values[k];
        if v.dtype() != dtype || v.shape().rank() != 0 {
            let wanted = format!("a scalar of dtype {dtype} for component {k}");
            let got = format!("shape {} and dtype {}", v.shape(), v.dtype());
            return Err(Error::invalid(OP, "padding_values", wanted, got));
        }
        Ok(v.storage().to_vec())
    }
}

/// Appends an array of shape `from`, padded at the end of each dimension to shape `to`.
fn append_padded(out: &mut Vec<u8>, data: &[u8], from: &[usize], to: &[usize], value: &[u8]) {
    let elements = |shape: &[usize]| shape.iter().product::<usize>();
    let (Some((&n, inner)), Some((&m, wide))) = (from.split_first(), to.split_first()) else {
        return out.extend_from_slice(data);
    };
    let row = elements(inner) * value.len();
    for i in 0..n {
        append_padded(out, &data[i * row..(i + 1) * row], inner, wide, value);
    }
    let missing = (m - n) * elements(wide);
    (0..missing).for_each(|_| out.extend_from_slice(value));
}
