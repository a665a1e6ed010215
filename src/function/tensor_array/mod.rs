//! Arrays of tensors that loops write.

mod carry;

use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::function::control::emit;
use crate::hlo::{Graph, Spec, Val};
use crate::ops::array;
use crate::shape::{Dims, Shape};
use crate::tensor::{IntoTensor, Tensor};

/// A list of tensors of one dtype, written and read by index (`tf.TensorArray`): what loops fill.
///
/// It is a value: [`write`](Self::write) and its like return the new array and leave the old one as it was, so nothing is cleared when it
/// is read. Elements that were never written read as zeros where the element shape is known. In a traced [`while_loop`](super::while_loop)
/// the array has a fixed size: `size`, or, with `dynamic_size`, the number of trips where that follows from known integers, else
/// `maximum_iterations` (elements that no trip wrote are zeros).
///
/// ```
/// # use wgflow::{DType, Tensor, TensorArray, add, function, less, multiply, while_loop};
/// let squares = function(|x: &[Tensor]| {
///     let ta = TensorArray::new(DType::Float32, 3);
///     let start = (wgflow::ops::array::constant(0, DType::Int32, ())?, x[0].clone(), ta);
///     let (_, _, ta) = while_loop(
///         |(i, ..)| less(i, 3),
///         |(i, x, ta): &(Tensor, Tensor, TensorArray)| {
///             Ok((add(i, 1)?, add(x, 1.0)?, ta.write(i, multiply(x, x)?)?))
///         },
///         start,
///         None,
///     )?;
///     ta.stack()
/// });
/// assert_eq!(squares.call(wgflow::ops::array::constant(2.0, DType::Float32, ())?)?.to_vec::<f32>()?, [4.0, 9.0, 16.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TensorArray {
    dtype: DType,
    dynamic_size: bool,
    infer_shape: bool,
    element_shape: Option<Shape>,
    state: State,
    /// How often it was written: a loop makes room only in arrays that its body writes.
    writes: u64,
}

#[derive(Clone, Debug)]
enum State {
    /// Elements by number; `None` where nothing was written.
    List(Vec<Option<Tensor>>),
    /// Elements stacked.
    Dense(Tensor),
}

impl TensorArray {
    /// An array of `size` elements that are not written yet.
    pub fn new(dtype: DType, size: usize) -> Self {
        TensorArray {
            dtype,
            dynamic_size: false,
            infer_shape: true,
            element_shape: None,
            state: State::List(vec![None; size]),
            writes: 0,
        }
    }

    /// Lets it grow when an index beyond its end is written.
    #[must_use]
    pub fn dynamic_size(mut self, dynamic_size: bool) -> Self {
        self.dynamic_size = dynamic_size;
        self
    }

    /// Says which shape every element has.
    #[must_use]
    pub fn element_shape(mut self, shape: impl Into<Shape>) -> Self {
        self.element_shape = Some(shape.into());
        self
    }

    /// Whether all elements must have the first one's shape; true if it is not said.
    #[must_use]
    pub fn infer_shape(mut self, infer_shape: bool) -> Self {
        self.infer_shape = infer_shape;
        self
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Number of elements (`TensorArray.size()`, which is an int32 scalar).
    ///
    /// # Errors
    /// `Internal` only.
    pub fn size(&self) -> Result<Tensor> {
        (self.len() as i32).into_tensor(Some(DType::Int32))
    }

    /// Number of elements, as a plain number.
    pub fn len(&self) -> usize {
        match &self.state {
            State::List(l) => l.len(),
            State::Dense(t) => t.shape().first().copied().unwrap_or(0),
        }
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The array with `value` at `index`.
    ///
    /// # Errors
    /// `OutOfRange` for an index beyond an array that does not grow, `InvalidArgument` for another dtype or shape than the elements have;
    /// an index that only the graph knows is checked when it runs.
    pub fn write(&self, index: impl IntoTensor, value: impl IntoTensor) -> Result<Self> {
        let index = scalar_index("TensorArray.write", index)?;
        let value = value.into_tensor(Some(self.dtype))?;
        let mut new = self.clone();
        new.writes += 1;
        new.accept(&value)?;
        let Some(at) = known(&index)? else {
            let dense = new.dense("TensorArray.write")?;
            new.state = State::Dense(write_at(&dense, &index, &value)?);
            return Ok(new);
        };
        match &mut new.state {
            State::List(l) => {
                let n = l.len();
                let room = usize::try_from(at).ok().filter(|&at| at < n || self.dynamic_size);
                let Some(at) = room else {
                    let what =
                        format!("Tried to write to index {at} but array is not resizeable and size is: {n}");
                    return Err(Error::new(ErrorKind::OutOfRange, "TensorArray.write", what));
                };
                l.resize(n.max(at + 1), None);
                l[at] = Some(value);
            }
            State::Dense(t) => *t = write_at(t, &index, &value)?,
        }
        Ok(new)
    }

    /// The element at `index`.
    ///
    /// # Errors
    /// `OutOfRange` for an index beyond the end, `InvalidArgument` for an element that was never written and whose shape is not known; an
    /// index that only the graph knows is checked when it runs.
    pub fn read(&self, index: impl IntoTensor) -> Result<Tensor> {
        let index = scalar_index("TensorArray.read", index)?;
        match (&self.state, known(&index)?) {
            (State::List(l), Some(at)) => match usize::try_from(at).ok().and_then(|at| l.get(at)) {
                Some(Some(t)) => Ok(t.clone()),
                Some(None) => self.zeros("TensorArray.read", at),
                None => {
                    let what = format!("Tried to read from index {at} but array size is: {}", l.len());
                    Err(Error::new(ErrorKind::OutOfRange, "TensorArray.read", what))
                }
            },
            _ => read_at(&self.dense("TensorArray.read")?, &index),
        }
    }

    /// All elements, stacked along a new first dimension.
    ///
    /// # Errors
    /// `InvalidArgument` when shapes differ, or an element was never written and its shape is not known.
    pub fn stack(&self) -> Result<Tensor> {
        self.dense("TensorArray.stack")
    }

    /// The array of the slices of `value` along its first dimension.
    ///
    /// # Errors
    /// `InvalidArgument` for a scalar, another dtype or shape, or more slices than an array that does not grow has elements.
    pub fn unstack(&self, value: impl IntoTensor) -> Result<Self> {
        let value = value.into_tensor(Some(self.dtype))?;
        let op = "TensorArray.unstack";
        let Some(&n) = value.shape().first() else {
            return Err(Error::invalid(op, "value", "a tensor of rank 1 or more", value.spec()));
        };
        if n > self.len() && !self.dynamic_size {
            return Err(Error::invalid(op, "value", format_args!("at most {} slices", self.len()), n));
        }
        let mut new = self.clone();
        new.writes += 1;
        new.accept_spec(&Spec::new(value.dtype(), &value.shape()[1..]))?;
        new.state = if value.is_symbolic() {
            State::Dense(value)
        } else {
            State::List(array::unstack(&value, 0)?.into_iter().map(Some).collect())
        };
        Ok(new)
    }

    /// The elements at `indices`, stacked.
    ///
    /// # Errors
    /// As [`TensorArray::read`], for each index.
    pub fn gather(&self, indices: impl IntoTensor) -> Result<Tensor> {
        let indices = indices.into_tensor(Some(DType::Int32))?;
        if !matches!(self.state, State::List(_)) || indices.is_symbolic() {
            return array::gather(self.dense("TensorArray.gather")?, &indices, 0, 0);
        }
        let all = indices.to_vec::<i64>()?;
        array::stack(&all.into_iter().map(|i| self.read(i)).collect::<Result<Vec<_>>>()?, 0)
    }

    /// The array with the slices of `value` along its first dimension at `indices`.
    ///
    /// # Errors
    /// As [`TensorArray::write`], for each index; `InvalidArgument` when there are not as many indices as slices.
    pub fn scatter(&self, indices: impl IntoTensor, value: impl IntoTensor) -> Result<Self> {
        let indices = indices.into_tensor(Some(DType::Int32))?;
        let value = value.into_tensor(Some(self.dtype))?;
        if indices.rank() != 1 || value.shape().first() != Some(&indices.size()) {
            let wanted = format!("a vector with an index for each slice of {}", value.spec());
            return Err(Error::invalid("TensorArray.scatter", "indices", wanted, indices.spec()));
        }
        let pairs = array::unstack(&indices, 0)?.into_iter().zip(array::unstack(&value, 0)?);
        pairs.into_iter().try_fold(self.clone(), |ta, (i, v)| ta.write(i, v))
    }

    /// All elements, joined along their first dimension.
    ///
    /// # Errors
    /// As [`TensorArray::stack`]; first dimensions may differ with `infer_shape(false)`.
    pub fn concat(&self) -> Result<Tensor> {
        let parts = match &self.state {
            State::List(l) => (0..l.len()).map(|i| self.read(i as i64)).collect::<Result<Vec<_>>>()?,
            State::Dense(t) => array::unstack(t, 0)?,
        };
        array::concat(&parts, 0)
    }

    /// The array of the parts of `value` along its first dimension that have these `lengths`.
    ///
    /// # Errors
    /// `InvalidArgument` when the lengths do not add up, there are more of them than elements in an array that does not grow, or the parts'
    /// shapes differ without `infer_shape(false)`.
    pub fn split(&self, value: impl IntoTensor, lengths: &[i64]) -> Result<Self> {
        let value = value.into_tensor(Some(self.dtype))?;
        if lengths.len() > self.len() && !self.dynamic_size {
            let wanted = format!("at most {} parts", self.len());
            return Err(Error::invalid("TensorArray.split", "lengths", wanted, lengths.len()));
        }
        let parts = array::split(&value, lengths.to_vec(), 0)?;
        parts.into_iter().enumerate().try_fold(self.clone(), |ta, (i, part)| ta.write(i as i64, part))
    }

    /// Whether a value fits; the first one says which shape all have.
    fn accept(&mut self, value: &Tensor) -> Result<()> {
        self.accept_spec(value.spec())
    }

    fn accept_spec(&mut self, value: &Spec) -> Result<()> {
        if value.dtype != self.dtype {
            return Err(Error::invalid("TensorArray.write", "value", self.dtype, value.dtype));
        }
        match &self.element_shape {
            Some(s) if *s != value.shape => Err(Error::invalid(
                "TensorArray.write",
                "value",
                format_args!("shape {s}, as every element has"),
                &value.shape,
            )),
            None if self.infer_shape => {
                self.element_shape = Some(value.shape.clone());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn zeros(&self, op: &str, at: i64) -> Result<Tensor> {
        match &self.element_shape {
            Some(s) => array::zeros(s.clone(), self.dtype),
            None => Err(Error::invalid(
                op,
                "index",
                "an element that was written, as the element shape is not known",
                at,
            )),
        }
    }

    /// All elements as one tensor.
    fn dense(&self, op: &str) -> Result<Tensor> {
        match &self.state {
            State::Dense(t) => Ok(t.clone()),
            State::List(l) if l.is_empty() => match &self.element_shape {
                Some(s) => array::zeros(stacked(0, s), self.dtype),
                None => Err(Error::invalid(op, "self", "elements, or an element shape", "neither")),
            },
            State::List(l) if l.iter().all(Option::is_none) && self.element_shape.is_some() => array::zeros(
                stacked(l.len(), self.element_shape.as_ref().unwrap_or(&Shape::from(()))),
                self.dtype,
            ),
            State::List(l) => {
                let all = l
                    .iter()
                    .enumerate()
                    .map(|(i, t)| t.as_ref().map_or_else(|| self.zeros(op, i as i64), |t| Ok(t.clone())));
                array::stack(&all.collect::<Result<Vec<_>>>()?, 0)
            }
        }
    }
}

fn stacked(n: usize, element: &Shape) -> Shape {
    std::iter::once(n).chain(element.iter().copied()).collect()
}

fn scalar_index(op: &str, index: impl IntoTensor) -> Result<Tensor> {
    let index = index.into_tensor(Some(DType::Int32))?;
    if index.rank() != 0 || !index.dtype().is_int() {
        return Err(Error::invalid(op, "index", "an integer scalar", index.spec()));
    }
    Ok(index)
}

/// The index, where the host may know it.
fn known(index: &Tensor) -> Result<Option<i64>> {
    if index.is_symbolic() { Ok(None) } else { index.item::<i64>().map(Some) }
}

/// A graph over an array, an index and perhaps more, with the index checked.
fn indexed(
    op: &str,
    array: &Tensor,
    index: &Tensor,
    value: Option<&Tensor>,
    f: impl FnOnce(&mut Graph, &[Val], Val) -> Result<Val>,
) -> Result<Tensor> {
    let inputs: Vec<&Tensor> = [array, index].into_iter().chain(value).collect();
    let mut g = Graph::new();
    let x: Vec<Val> = inputs.iter().map(|t| g.parameter(t.spec().clone())).collect();
    let at = g.convert(x[1], DType::Int32)?;
    g.check_indices(op, "index", at, array.shape().first().copied().unwrap_or(0))?;
    let mut start = vec![g.reshape(at, [1])?];
    if array.rank() > 1 {
        start.push(g.full(DType::Int32, [array.rank() - 1], 0.0)?);
    }
    let start = g.concatenate(&start, 0)?;
    let y = f(&mut g, &x, start)?;
    g.set_outputs(vec![y]);
    emit(op, g, &inputs)?.pop().ok_or_else(|| Error::internal(op, "gave no result"))
}

fn write_at(array: &Tensor, index: &Tensor, value: &Tensor) -> Result<Tensor> {
    indexed("TensorArray.write", array, index, Some(value), |g, x, start| {
        let slice = g.expand_dims(x[2], &[0])?;
        g.dynamic_update_slice(x[0], slice, start)
    })
}

fn read_at(array: &Tensor, index: &Tensor) -> Result<Tensor> {
    indexed("TensorArray.read", array, index, None, |g, x, start| {
        let mut sizes: Dims = g.shape(x[0]).0.clone();
        let rest: Vec<usize> = sizes[1..].to_vec();
        sizes[0] = 1;
        let slice = g.dynamic_slice(x[0], start, &sizes)?;
        g.reshape(slice, rest)
    })
}
