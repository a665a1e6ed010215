//! Files of named arrays with text beside them, in the format safetensors.

use crate::config::current_device;
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::{Literal, Values};
use crate::tensor::Tensor;
use crate::{bf16, f16};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// What a file holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Archive {
    pub(super) arrays: BTreeMap<String, Literal>,
    pub(super) text: HashMap<String, String>,
}

impl Archive {
    /// The file's bytes.
    pub(super) fn to_bytes(&self, op: &str) -> Result<Vec<u8>> {
        let encoded: Vec<(&String, Dtype, Vec<usize>, Vec<u8>)> = self
            .arrays
            .iter()
            .map(|(name, l)| Ok((name, dtype_of(op, l.dtype)?, l.shape.to_vec(), bytes_of(l))))
            .collect::<Result<_>>()?;
        let views = encoded
            .iter()
            .map(|(name, dtype, shape, bytes)| Ok((name, TensorView::new(*dtype, shape.clone(), bytes)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
        let text = (!self.text.is_empty()).then(|| self.text.clone());
        let written = views.and_then(|views| safetensors::serialize(views, text));
        written.map_err(|e| Error::internal(op, e))
    }

    /// The reverse of [`Archive::to_bytes`]; `place` is named where the bytes are broken.
    pub(super) fn from_bytes(op: &str, place: &str, bytes: &[u8]) -> Result<Self> {
        let broken = |what: String| Error::new(ErrorKind::DataLoss, op, format!("{place}: {what}"));
        let not_whole = |e: &dyn std::fmt::Display| {
            broken(format!("corrupt or truncated, or no file of weights ({} bytes): {e}", bytes.len()))
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| not_whole(&e))?;
        let text = header.metadata().clone().unwrap_or_default();
        let all = SafeTensors::deserialize(bytes).map_err(|e| not_whole(&e))?;
        let mut arrays = BTreeMap::new();
        for (name, view) in all.iter() {
            let array = literal(&view).ok_or_else(|| {
                broken(format!("array {name:?} has the dtype {:?}, which is not supported", view.dtype()))
            })?;
            array.check_storable(op).map_err(|e| broken(format!("array {name:?}: {}", e.message())))?;
            arrays.insert(name.to_string(), array);
        }
        Ok(Archive { arrays, text })
    }

    /// Writes a file: beside its place first, so that what was there is whole or replaced.
    #[cfg(target_family = "wasm")]
    pub(super) fn write(&self, op: &str, _: &Path) -> Result<()> {
        Err(Error::unimplemented(op, "files in a page: take the bytes"))
    }

    /// Writes a file: beside its place first, so that what was there is whole or replaced.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn write(&self, op: &str, path: &Path) -> Result<()> {
        let bytes = self.to_bytes(op)?;
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let io = |e: std::io::Error| Error::io(op, path, &e);
        std::fs::create_dir_all(parent).map_err(io)?;
        let mut beside = tempfile::Builder::new();
        #[cfg(unix)]
        {
            // As files are made otherwise: what the process' mask leaves.
            use std::os::unix::fs::PermissionsExt;
            beside.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let mut file = beside.tempfile_in(parent).map_err(io)?;
        std::io::Write::write_all(&mut file, &bytes).map_err(io)?;
        file.as_file().sync_all().map_err(io)?;
        file.persist(path).map_err(|e| io(e.error))?;
        Ok(())
    }

    /// Reads a file.
    pub(super) fn read(op: &str, path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|e| Error::io(op, path, &e))?;
        Self::from_bytes(op, &path.display().to_string(), &bytes)
    }
}

/// A value as a tensor on the current device.
pub(super) fn tensor(value: &Literal) -> Result<Tensor> {
    Tensor::from_literal(value.clone(), &current_device()?)
}

fn dtype_of(op: &str, dtype: DType) -> Result<Dtype> {
    Ok(match dtype {
        DType::Bool => Dtype::BOOL,
        DType::Int8 => Dtype::I8,
        DType::UInt8 => Dtype::U8,
        DType::Int32 => Dtype::I32,
        DType::UInt32 => Dtype::U32,
        DType::Int64 => Dtype::I64,
        DType::Float16 => Dtype::F16,
        DType::BFloat16 => Dtype::BF16,
        DType::Float32 => Dtype::F32,
        DType::Float64 => Dtype::F64,
        other => return Err(Error::unimplemented(op, format_args!("weights of dtype {other} in files"))),
    })
}

fn bytes_of(l: &Literal) -> Vec<u8> {
    let (ints, floats) = (|| l.to_i64s(), || l.to_f64s());
    match l.dtype {
        DType::Bool | DType::UInt8 => ints().into_iter().map(|v| v as u8).collect(),
        DType::Int8 => ints().into_iter().flat_map(|v| (v as i8).to_le_bytes()).collect(),
        DType::Int32 => ints().into_iter().flat_map(|v| (v as i32).to_le_bytes()).collect(),
        DType::UInt32 => ints().into_iter().flat_map(|v| (v as u32).to_le_bytes()).collect(),
        DType::Int64 => ints().into_iter().flat_map(i64::to_le_bytes).collect(),
        DType::Float16 => floats().into_iter().flat_map(|v| f16::from_f64(v).to_le_bytes()).collect(),
        DType::BFloat16 => floats().into_iter().flat_map(|v| bf16::from_f64(v).to_le_bytes()).collect(),
        DType::Float64 => floats().into_iter().flat_map(f64::to_le_bytes).collect(),
        _ => floats().into_iter().flat_map(|v| (v as f32).to_le_bytes()).collect(),
    }
}

fn literal(view: &TensorView<'_>) -> Option<Literal> {
    fn all<const N: usize, T>(bytes: &[u8], f: impl Fn([u8; N]) -> T) -> Vec<T> {
        bytes.as_chunks::<N>().0.iter().map(|c| f(*c)).collect()
    }
    let (shape, b) = (view.shape().to_vec(), view.data());
    let ints = |dtype: DType, v: Vec<i64>| Literal::ints(dtype, shape.clone(), v);
    let floats =
        |dtype: DType, v: Vec<f64>| Literal { dtype, shape: shape.clone().into(), values: Values::Floats(v) };
    Some(match view.dtype() {
        Dtype::BOOL => ints(DType::Bool, b.iter().map(|v| i64::from(*v != 0)).collect()),
        Dtype::U8 => ints(DType::UInt8, b.iter().map(|v| i64::from(*v)).collect()),
        Dtype::I8 => ints(DType::Int8, b.iter().map(|v| i64::from(v.cast_signed())).collect()),
        Dtype::I32 => ints(DType::Int32, all(b, |c| i64::from(i32::from_le_bytes(c)))),
        Dtype::U32 => ints(DType::UInt32, all(b, |c| i64::from(u32::from_le_bytes(c)))),
        Dtype::I64 => ints(DType::Int64, all(b, i64::from_le_bytes)),
        Dtype::F16 => floats(DType::Float16, all(b, |c| f16::from_le_bytes(c).to_f64())),
        Dtype::BF16 => floats(DType::BFloat16, all(b, |c| bf16::from_le_bytes(c).to_f64())),
        Dtype::F32 => floats(DType::Float32, all(b, |c| f64::from(f32::from_le_bytes(c)))),
        Dtype::F64 => floats(DType::Float64, all(b, f64::from_le_bytes)),
        _ => return None,
    })
}
