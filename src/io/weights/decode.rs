//! From bytes to weights.

use super::data::{Data, Weight};
use super::manifest::{Quantization, WeightsEntry, WeightsGroup};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::f16;
use std::borrow::Cow;

const OP: &str = "decode_weights";

/// The weights that entries describe, from their bytes (`tf.io.decodeWeights`).
///
/// ```
/// use wgflow::{DType, io::{WeightsEntry, decode_weights}};
/// let entries = [WeightsEntry::new("a", [2], DType::Int32), WeightsEntry::new("b", [1], DType::Bool)];
/// let weights = decode_weights(&entries, &[1, 0, 0, 0, 255, 255, 255, 255, 1])?;
/// assert_eq!(weights[0].tensor()?.to_vec::<i32>()?, [1, -1]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `DataLoss` where there are fewer bytes than the entries need, or more.
pub fn decode_weights(entries: &[WeightsEntry], bytes: &[u8]) -> Result<Vec<Weight>> {
    let mut rest = bytes;
    let weights = entries
        .iter()
        .map(|e| {
            let data = one(e, &mut rest)?;
            Ok(Weight {
                name: e.name.clone(),
                dtype: e.dtype_read(),
                shape: e.shape.clone(),
                group: e.group.clone(),
                data,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    if !rest.is_empty() {
        let text = format!(
            "the weights that are described take {} bytes. Received: {}; the files are not those of this manifest",
            bytes.len() - rest.len(),
            bytes.len()
        );
        return Err(Error::new(ErrorKind::DataLoss, OP, text));
    }
    Ok(weights)
}

/// The weights of all groups, from the files in the order of their paths, or from all bytes in one.
pub(in crate::io) fn decode_groups(groups: &[WeightsGroup], files: &[&[u8]]) -> Result<Vec<Weight>> {
    let paths: usize = groups.iter().map(|g| g.paths.len()).sum();
    if files.len() == 1 && paths != 1 {
        let all: Vec<WeightsEntry> = groups.iter().flat_map(|g| g.weights.clone()).collect();
        return decode_weights(&all, files[0]);
    }
    if files.len() != paths {
        let names: Vec<&str> = groups.iter().flat_map(|g| &g.paths).map(String::as_str).collect();
        let wanted = format!("{paths} files of weights, {}", names.join(", "));
        return Err(Error::invalid(OP, "weights", wanted, format_args!("{} files", files.len())));
    }
    let (mut all, mut rest) = (vec![], files);
    for group in groups {
        let (own, others) = rest.split_at(group.paths.len());
        rest = others;
        let bytes: Cow<'_, [u8]> =
            if let [one] = own { Cow::Borrowed(*one) } else { Cow::Owned(own.concat()) };
        let place = || format!("files {}", group.paths.join(", "));
        all.extend(decode_weights(&group.weights, &bytes).map_err(|e| e.context(place()))?);
    }
    Ok(all)
}

impl WeightsEntry {
    /// The dtype that the weight has when it was read.
    fn dtype_read(&self) -> DType {
        match self.dtype {
            DType::UInt16 => DType::Int32,
            other => other,
        }
    }
}

/// Takes the bytes of one weight.
fn one(e: &WeightsEntry, rest: &mut &[u8]) -> Result<Data> {
    let short = |wanted: usize, left: usize| {
        let text = format!(
            "weight {:?} of shape {} takes {wanted} bytes. Received: {left}; a file is truncated or wrong",
            e.name, e.shape
        );
        Error::new(ErrorKind::DataLoss, OP, text)
    };
    // Sizes behind a 0 must not be beyond all bounds, either.
    let bound = e.shape.iter().try_fold(1usize, |n, d| n.checked_mul((*d).max(1)));
    bound.ok_or_else(|| short(usize::MAX, rest.len()))?;
    let size = e.shape.size();
    let mut take = |n: usize| {
        let (own, others) = rest.split_at_checked(n).ok_or_else(|| short(n, rest.len()))?;
        *rest = others;
        Ok::<&[u8], Error>(own)
    };
    let Some(width) = e.stored_bytes() else {
        let mut all = vec![];
        for _ in 0..size {
            let length = take(4)?.as_chunks::<4>().0.first().map_or(0, |c| u32::from_le_bytes(*c));
            all.push(take(length as usize)?.to_vec());
        }
        return Ok(Data::Strings(all));
    };
    let stored = take(size.checked_mul(width).ok_or_else(|| short(usize::MAX, 0))?)?;
    Ok(Data::Numbers(match (e.quantization, e.dtype) {
        (Some(Quantization::Float16), to) => restored(to, halves(stored, |c| f16::from_le_bytes(c).to_f64())),
        (Some(Quantization::Affine { dtype: DType::UInt8, scale, min }), to) => {
            restored(to, stored.iter().map(|v| f64::from(*v) * scale + min))
        }
        (Some(Quantization::Affine { scale, min, .. }), to) => {
            restored(to, halves(stored, |c| f64::from(u16::from_le_bytes(c)) * scale + min))
        }
        (None, DType::UInt16) => restored(DType::Int32, halves(stored, |c| f64::from(u16::from_le_bytes(c)))),
        (None, DType::Bool) => stored.iter().map(|v| u8::from(*v != 0)).collect(),
        (None, _) => stored.to_vec(),
    }))
}

fn halves(bytes: &[u8], f: impl Fn([u8; 2]) -> f64) -> impl Iterator<Item = f64> {
    bytes.as_chunks::<2>().0.iter().map(move |c| f(*c))
}

/// Values as a device stores them: float32, or the nearest int32.
fn restored(to: DType, values: impl Iterator<Item = f64>) -> Vec<u8> {
    if to == DType::Int32 {
        values.flat_map(|v| (v.round() as i32).to_le_bytes()).collect()
    } else {
        values.flat_map(|v| (v as f32).to_le_bytes()).collect()
    }
}
