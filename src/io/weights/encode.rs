//! From weights to bytes.

use super::manifest::{Quantization, WeightsEntry};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::tensor::Tensor;

const OP: &str = "encode_weights";

/// Entries and bytes of tensors by name (`tf.io.encodeWeights`), with the group that each is of, if any. Reads them back.
///
/// float16 is written as such and read as float32; wider integers become int32, other floats float32.
///
/// # Errors
/// `Unimplemented` for dtypes that files of this format do not have; `InvalidArgument` for integers beyond 32 bits.
pub fn encode_weights(
    weights: &[(String, Tensor)],
    group: Option<&str>,
) -> Result<(Vec<WeightsEntry>, Vec<u8>)> {
    let (mut entries, mut bytes) = (vec![], vec![]);
    for (name, value) in weights {
        let mut entry = WeightsEntry::new(name.as_str(), value.shape().clone(), DType::Float32);
        entry.group = group.map(str::to_string);
        let stored = match value.dtype() {
            DType::Float32 | DType::Float64 => value.to_storage()?,
            DType::BFloat16 => value.cast(DType::Float32)?.to_storage()?,
            DType::Float16 => {
                entry.quantization = Some(Quantization::Float16);
                value.to_storage()?
            }
            dtype @ (DType::Bool | DType::Complex64) => {
                entry.dtype = dtype;
                value.to_storage()?
            }
            d if d.is_int() => {
                entry.dtype = DType::Int32;
                value.cast(DType::Int32)?.to_storage()?
            }
            other => {
                return Err(Error::unimplemented(
                    OP,
                    format_args!("weight {name:?} of dtype {other} in files"),
                ));
            }
        };
        bytes.extend(stored);
        entries.push(entry);
    }
    Ok((entries, bytes))
}
