//! Lists and arrays of tensors: what loops collect.

use super::attr::AttrValue;
use super::def::{Node, OP};
use super::run::{Run, int};
use super::value::{Elements, Value};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::Literal;
use crate::ops::array;
use crate::shape::Shape;
use crate::tensor::Tensor;
use std::rc::Rc;

/// No list of a model that is worth running is longer.
const MAX_ELEMENTS: i64 = 1 << 24;

/// Whether an op is one of lists or arrays.
pub(super) fn is_known(op: &str) -> bool {
    let list = op.strip_prefix("TensorList").is_some_and(|o| {
        matches!(
            o,
            "FromTensor"
                | "Reserve"
                | "GetItem"
                | "SetItem"
                | "Stack"
                | "Length"
                | "Resize"
                | "PushBack"
                | "PopBack"
                | "Gather"
                | "Scatter"
                | "ScatterV2"
                | "Concat"
                | "ConcatV2"
                | "Split"
        )
    });
    let of_array = op.strip_prefix("TensorArray").is_some_and(|o| {
        matches!(
            o,
            "V3" | "WriteV3"
                | "ReadV3"
                | "GatherV3"
                | "ScatterV3"
                | "ConcatV3"
                | "SplitV3"
                | "SizeV3"
                | "CloseV3"
        )
    });
    list || of_array || op == "EmptyTensorList"
}

impl Run<'_> {
    pub(super) async fn list_op(&self, node: &Node, inputs: &[Value]) -> Result<Vec<Value>> {
        let at = |i: usize| -> Result<&Value> {
            let few =
                || Error::invalid(&node.op, "input", format_args!("{} inputs or more", i + 1), inputs.len());
            inputs.get(i).ok_or_else(few)
        };
        let tensor = |i: usize| at(i)?.tensor();
        let list = |l: Elements| Ok(vec![Value::List(Rc::new(l))]);
        let attr_shape =
            || node.attrs.get("element_shape").and_then(AttrValue::as_shape).map(<[i64]>::to_vec);
        let dtype =
            || node.attrs.get("element_dtype").or(node.attrs.get("dtype")).and_then(AttrValue::as_dtype);
        Ok(match node.op.as_str() {
            "TensorListFromTensor" => {
                let x = tensor(0)?;
                let all = array::unstack(x, 0)?.into_iter().map(Some).collect();
                return list(Elements {
                    all,
                    shape: sizes(x.shape().get(1..).unwrap_or_default()),
                    dtype: Some(x.dtype()),
                });
            }
            "TensorListReserve" => {
                let shape = self.shape(tensor(0)?).await?;
                let n = count(&node.op, self.number(tensor(1)?).await?)?;
                return list(Elements { all: vec![None; n], shape, dtype: dtype() });
            }
            "EmptyTensorList" => {
                return list(Elements { all: vec![], shape: self.shape(tensor(0)?).await?, dtype: dtype() });
            }
            "TensorListGetItem" => {
                let l = at(0)?.elements()?;
                let shape = self.shape(tensor(2)?).await?;
                vec![Value::Tensor(l.item(&node.op, self.number(tensor(1)?).await?, shape.as_deref())?)]
            }
            "TensorListSetItem" => {
                let mut l = Elements::clone(at(0)?.elements()?);
                l.set(&node.op, self.number(tensor(1)?).await?, tensor(2)?.clone(), false)?;
                return list(l);
            }
            "TensorListPushBack" => {
                let mut l = Elements::clone(at(0)?.elements()?);
                l.set(&node.op, l.all.len() as i64, tensor(1)?.clone(), true)?;
                return list(l);
            }
            "TensorListPopBack" => {
                let mut l = Elements::clone(at(0)?.elements()?);
                let x = l.item(&node.op, l.all.len() as i64 - 1, None)?;
                l.all.pop();
                vec![Value::List(Rc::new(l)), Value::Tensor(x)]
            }
            "TensorListStack" => {
                let shape = self.shape(tensor(1)?).await?;
                vec![Value::Tensor(at(0)?.elements()?.stack(&node.op, None, shape.as_deref())?)]
            }
            "TensorListGather" => {
                let (at_, shape) = (self.host(tensor(1)?).await?.to_i64s(), self.shape(tensor(2)?).await?);
                vec![Value::Tensor(at(0)?.elements()?.stack(&node.op, Some(&at_), shape.as_deref())?)]
            }
            "TensorListLength" => vec![Value::Tensor(int(at(0)?.elements()?.all.len() as i64)?)],
            "TensorListResize" => {
                let mut l = Elements::clone(at(0)?.elements()?);
                l.all.resize(count(&node.op, self.number(tensor(1)?).await?)?, None);
                return list(l);
            }
            "TensorListScatter" | "TensorListScatterV2" => {
                let x = tensor(0)?;
                let n = if inputs.len() > 3 { self.number(tensor(3)?).await? } else { -1 };
                let mut l = Elements {
                    shape: sizes(x.shape().get(1..).unwrap_or_default()),
                    dtype: Some(x.dtype()),
                    ..Elements::default()
                };
                l.all.resize(count(&node.op, n.max(0))?, None);
                l.scatter(&node.op, &self.host(tensor(1)?).await?.to_i64s(), x)?;
                return list(l);
            }
            "TensorListConcat" | "TensorListConcatV2" => self.joined(&node.op, at(0)?.elements()?)?,
            "TensorListSplit" => {
                let x = tensor(0)?;
                let all = self.pieces(x, tensor(2)?).await?;
                return list(Elements { all, shape: None, dtype: Some(x.dtype()) });
            }
            "TensorArrayV3" => {
                let n = count(&node.op, self.number(tensor(0)?).await?)?;
                let mut arrays = self.arrays.borrow_mut();
                arrays.push(Elements { all: vec![None; n], shape: attr_shape(), dtype: dtype() });
                vec![Value::Array(arrays.len() - 1), Value::Tensor(flow()?)]
            }
            "TensorArraySizeV3" => {
                let n = self.array(at(0)?, |a| Ok(a.all.len()))?;
                vec![Value::Tensor(int(n as i64)?)]
            }
            "TensorArrayCloseV3" => vec![],
            "TensorArrayWriteV3" => {
                let (i, x) = (self.number(tensor(1)?).await?, tensor(2)?.clone());
                self.array(at(0)?, |a| a.set(&node.op, i, x, true))?;
                vec![at(3)?.clone()]
            }
            "TensorArrayReadV3" => {
                let i = self.number(tensor(1)?).await?;
                vec![Value::Tensor(self.array(at(0)?, |a| a.item(&node.op, i, None))?)]
            }
            "TensorArrayGatherV3" => {
                let which = self.host(tensor(1)?).await?.to_i64s();
                let shape = attr_shape();
                vec![Value::Tensor(
                    self.array(at(0)?, |a| a.stack(&node.op, Some(&which), shape.as_deref()))?,
                )]
            }
            "TensorArrayScatterV3" => {
                let (which, x) = (self.host(tensor(1)?).await?.to_i64s(), tensor(2)?);
                self.array(at(0)?, |a| a.scatter(&node.op, &which, x))?;
                vec![at(3)?.clone()]
            }
            "TensorArrayConcatV3" => {
                let all = self.array(at(0)?, |a| Ok(a.clone()))?;
                self.joined(&node.op, &all)?
            }
            "TensorArraySplitV3" => {
                let all = self.pieces(tensor(1)?, tensor(2)?).await?;
                self.array(at(0)?, |a| {
                    a.all = all;
                    Ok(())
                })?;
                vec![at(3)?.clone()]
            }
            other => return Err(Error::internal(other, "is no op of lists")),
        })
    }

    fn array<R>(&self, v: &Value, f: impl FnOnce(&mut Elements) -> Result<R>) -> Result<R> {
        let n = v.array()?;
        let mut arrays = self.arrays.borrow_mut();
        f(arrays.get_mut(n).ok_or_else(|| Error::internal(OP, "an array that was not made"))?)
    }

    async fn number(&self, t: &Tensor) -> Result<i64> {
        let l = self.host(t).await?;
        if l.is_empty() {
            Err(Error::invalid(OP, "input", "a whole number", "nothing"))
        } else {
            Ok(l.i64_at(0))
        }
    }

    /// A shape of elements: a list of sizes, or -1 where even their number is unknown.
    async fn shape(&self, t: &Tensor) -> Result<Option<Vec<i64>>> {
        Ok((t.rank() == 1).then_some(self.host(t).await?.to_i64s()))
    }

    /// Elements one behind the other, and how long each is.
    fn joined(&self, op: &str, l: &Elements) -> Result<Vec<Value>> {
        let all = (0..l.all.len() as i64).map(|i| l.item(op, i, None)).collect::<Result<Vec<_>>>()?;
        let lengths = all.iter().map(|t| t.dim(0).map(|d| d as i64)).collect::<Result<Vec<_>>>()?;
        let joined = array::concat(&all, 0)?;
        let lengths = Literal::ints(DType::Int32, [lengths.len()], lengths);
        Ok(vec![
            Value::Tensor(joined),
            Value::Tensor(Tensor::from_literal(lengths, &crate::config::current_device()?)?),
        ])
    }

    async fn pieces(&self, x: &Tensor, lengths: &Tensor) -> Result<Vec<Option<Tensor>>> {
        let lengths = self.host(lengths).await?.to_i64s();
        if lengths.is_empty() {
            return Ok(vec![]);
        }
        Ok(array::split(x, lengths, 0)?.into_iter().map(Some).collect())
    }
}

impl Elements {
    fn index(&self, op: &str, i: i64) -> Result<usize> {
        usize::try_from(i).ok().filter(|i| *i < self.all.len()).ok_or_else(|| {
            let text = format!("index {i} of a list of {} tensors", self.all.len());
            Error::new(ErrorKind::OutOfRange, op, text)
        })
    }

    fn set(&mut self, op: &str, i: i64, x: Tensor, grows: bool) -> Result<()> {
        if grows && i >= self.all.len() as i64 {
            self.all.resize(count(op, i.saturating_add(1))?, None);
        }
        let i = self.index(op, i)?;
        self.dtype.get_or_insert(x.dtype());
        self.all[i] = Some(x);
        Ok(())
    }

    fn scatter(&mut self, op: &str, which: &[i64], x: &Tensor) -> Result<()> {
        let rows = array::unstack(x, 0)?;
        if rows.len() != which.len() {
            return Err(Error::invalid(op, "indices", format_args!("{} indices", rows.len()), which.len()));
        }
        which.iter().zip(rows).try_for_each(|(i, x)| self.set(op, *i, x, true))
    }

    /// An element; zeros where it was not written and its shape is known.
    fn item(&self, op: &str, i: i64, shape: Option<&[i64]>) -> Result<Tensor> {
        if let Some(t) = &self.all[self.index(op, i)?] {
            return Ok(t.clone());
        }
        let known = |s: &[i64]| s.iter().map(|d| usize::try_from(*d).ok()).collect::<Option<Shape>>();
        let other = || self.all.iter().flatten().next().map(|t| t.shape().clone());
        let shape = shape.and_then(known).or_else(|| known(self.shape.as_deref()?)).or_else(other);
        let shape = shape.ok_or_else(|| {
            let text = format!("element {i} was not written, and its shape is not known");
            Error::new(ErrorKind::FailedPrecondition, op, text)
        })?;
        array::zeros(shape, self.dtype.unwrap_or(DType::Float32))
    }

    /// Elements, or some of them, in one tensor.
    fn stack(&self, op: &str, which: Option<&[i64]>, shape: Option<&[i64]>) -> Result<Tensor> {
        let every: Vec<i64> = (0..self.all.len() as i64).collect();
        let all =
            which.unwrap_or(&every).iter().map(|i| self.item(op, *i, shape)).collect::<Result<Vec<_>>>()?;
        if all.is_empty() {
            let known = shape.or(self.shape.as_deref()).unwrap_or_default();
            let sizes: Shape = std::iter::once(0).chain(known.iter().map(|d| (*d).max(0) as usize)).collect();
            return array::zeros(sizes, self.dtype.unwrap_or(DType::Float32));
        }
        array::stack(&all, 0)
    }
}

fn sizes(shape: &[usize]) -> Option<Vec<i64>> {
    Some(shape.iter().map(|d| *d as i64).collect())
}

fn count(op: &str, n: i64) -> Result<usize> {
    if !(0..=MAX_ELEMENTS).contains(&n) {
        return Err(Error::invalid(
            op,
            "size",
            format_args!("a number of elements, at most {MAX_ELEMENTS}"),
            n,
        ));
    }
    Ok(n as usize)
}

/// What arrays pass on so that their uses keep their order.
fn flow() -> Result<Tensor> {
    Tensor::from_literal(Literal::scalar(DType::Float32, 0.0), &crate::config::current_device()?)
}
