//! Rows dealt out to several tensors, and collected again.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Row, Tensor, host_value, row, run, run_one};

crate::op! {
    /// Slices of `data` dealt out to `num_partitions` tensors, by a number for each.
    DynamicPartition in "tf.dynamic_partition" (data, partitions) {
        /// How many tensors.
        num_partitions: i64,
    }
    strings Read;
    tensors |s, x| {
        let op = "DynamicPartition";
        let n = usize::try_from(s.num_partitions).ok().filter(|n| *n > 0);
        let n = n.ok_or_else(|| Error::invalid(op, "num_partitions", "a value above 0", s.num_partitions))?;
        let (data, numbers) = (x[0], host_value(op, x[1])?);
        let (ds, ps) = (data.shape(), &numbers.shape);
        if numbers.dtype != DType::Int32 || ds.get(..ps.rank()) != Some(&ps[..]) {
            let wanted = format!("int32 of a shape that data's {ds} begins with");
            return Err(Error::invalid(op, "partitions", wanted, format_args!("{}{ps}", numbers.dtype)));
        }
        if let Some(i) = (0..numbers.len()).find(|&i| !(0..n as i64).contains(&numbers.i64_at(i))) {
            return Err(Error::invalid(op, &format!("partitions[{i}]"), format_args!("a value in [0, {n})"), numbers.i64_at(i)));
        }
        let flat: Vec<usize> = std::iter::once(ps.size()).chain(ds[ps.rank()..].iter().copied()).collect();
        let rows = super::reshape(data, flat)?;
        (0..n as i64)
            .map(|k| {
                let own: Vec<i64> = (0..numbers.len()).filter(|&i| numbers.i64_at(i) == k).map(|i| i as i64).collect();
                super::gather(&rows, Literal::ints(DType::Int32, [own.len()], own), 0, 0)
            })
            .collect()
    };
    cases [
        case().with("num_partitions", 2).texts([3], &["a", "b", "c"]).int_values([3], &[1, 0, 1]),
        case().with("num_partitions", 2).f32([5]).int_values([5], &[0, 0, 1, 1, 0]),
        case().with("num_partitions", 3).f32([2, 2, 3]).int_values([2, 2], &[2, 0, 2, 2]),
        case().with("num_partitions", 2).ints([3, 2], 0, 9).int_values([3], &[1, 0, 1]),
        case().with("num_partitions", 2).f32([3]).int_values([], &[1]),
    ]
    errors [
        case().with("num_partitions", 2).f32([2]).int_values([2], &[0, 2]),
        case().with("num_partitions", 2).f32([2]).int_values([3], &[0, 1, 0]),
    ]
}

/// Slices of `data` dealt out to `num_partitions` tensors, by a number for each (`tf.dynamic_partition`).
///
/// # Errors
/// `InvalidArgument` for a number out of range, or shapes that do not fit; `Unimplemented` while a function is traced, for numbers that are
/// computed in it.
pub fn dynamic_partition(
    data: impl IntoTensor,
    partitions: impl IntoTensor,
    num_partitions: i64,
) -> Result<Vec<Tensor>> {
    run(&DynamicPartition { num_partitions }, &[&data.into_tensor(None)?, &partitions.into_tensor(None)?])
}

crate::op! {
    /// Slices of several tensors collected in one, at the index of each; of equal indices the last stays. The inputs are the indices of all
    /// tensors, then the tensors.
    DynamicStitch in "tf.dynamic_stitch" (; indices_and_data) {}
    tensors |s, x| {
        let op = "DynamicStitch";
        let n = x.len() / 2;
        if n == 0 || x.len() % 2 == 1 {
            return Err(Error::invalid(op, "indices, data", "as many tensors as lists of indices", format_args!("{} inputs", x.len())));
        }
        let (indices, data) = x.split_at(n);
        let is = indices[0].rank();
        let rest = data[0].shape().get(is..).unwrap_or(&[]);
        let (mut at, mut rows) = (vec![], vec![]);
        for (k, (i, d)) in indices.iter().zip(data).enumerate() {
            let fits = d.shape().get(..i.rank()) == Some(&i.shape()[..]) && d.shape().get(i.rank()..) == Some(rest);
            if !fits {
                let wanted = format!("the shape of indices[{k}], {}, then {rest:?}", i.shape());
                return Err(Error::invalid(op, &format!("data[{k}]"), wanted, d.shape()));
            }
            let numbers = host_value(op, i)?.to_i64s();
            if let Some(bad) = numbers.iter().find(|v| **v < 0) {
                return Err(Error::invalid(op, &format!("indices[{k}]"), "values of at least 0", bad));
            }
            let flat: Vec<usize> = std::iter::once(i.size()).chain(rest.iter().copied()).collect();
            rows.push(super::reshape(*d, flat)?);
            at.extend(numbers);
        }
        // For each place of the result the row that comes last, and zeros where none comes.
        let size = at.iter().max().map_or(0, |m| *m as usize + 1);
        let mut from = vec![-1i64; size];
        at.iter().enumerate().for_each(|(row, &i)| from[i as usize] = row as i64);
        let all = super::concat(&rows, 0)?;
        let missing = from.contains(&-1);
        let blank = Shape::from_iter(std::iter::once(1).chain(rest.iter().copied()));
        let all = if missing { super::concat(&[all.clone(), super::zeros(&blank, all.dtype())?], 0)? } else { all };
        let last = all.shape()[0] as i64 - 1;
        let from = from.into_iter().map(|r| if r < 0 { last } else { r }).collect();
        Ok(vec![super::gather(all, Literal::ints(DType::Int32, [size], from), 0, 0)?])
    };
    cases [
        case().int_values([2], &[0, 2]).int_values([2], &[1, 3]).f32([2, 3]).f32([2, 3]),
        case().int_values([], &[1]).int_values([2, 2], &[0, 4, 3, 2]).f32([2]).f32([2, 2, 2]),
        case().int_values([2], &[0, 1]).int_values([1], &[1]).ints([2], 0, 9).ints([1], 0, 9),
    ]
    errors [case().int_values([2], &[0, 1]).f32([3])]
}

/// Slices of several tensors collected in one, at the index of each; of equal indices the last stays (`tf.dynamic_stitch`).
///
/// # Errors
/// `InvalidArgument` for negative indices or shapes that do not fit; `Unimplemented` while a function is traced, for indices that are
/// computed in it.
pub fn dynamic_stitch(indices: &[Tensor], data: &[Tensor]) -> Result<Tensor> {
    run_one(&DynamicStitch {}, &indices.iter().chain(data).collect::<Vec<_>>())
}

pub(super) const OPS: &[Row] = &[row::<DynamicPartition>(), row::<DynamicStitch>()];
