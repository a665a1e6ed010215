//! Weights that were read.

use crate::config::current_device;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Literal, Spec};
use crate::shape::Shape;
use crate::tensor::{MIRROR_LIMIT, Tensor};

/// A weight that was read from a file.
#[derive(Clone, Debug)]
pub struct Weight {
    /// Its name.
    pub name: String,
    /// Its dtype.
    pub dtype: DType,
    /// Its shape.
    pub shape: Shape,
    /// `model` or `optimizer`, where the file says it.
    pub group: Option<String>,
    pub(super) data: Data,
}

#[derive(Clone, Debug)]
pub(super) enum Data {
    /// Elements as devices store them.
    Numbers(Vec<u8>),
    Strings(Vec<Vec<u8>>),
}

impl Weight {
    /// The value on the current device.
    ///
    /// # Errors
    /// `Unimplemented` for strings ([`Weight::strings`] has them); what the device refuses.
    pub fn tensor(&self) -> Result<Tensor> {
        let device = current_device()?;
        // What the host may be asked for stays there.
        let mirrored = self.shape.rank() == 0 || (self.dtype.is_exact() && self.shape.size() <= MIRROR_LIMIT);
        match &self.data {
            Data::Numbers(bytes) if !mirrored => {
                Tensor::from_storage(Spec::new(self.dtype, self.shape.clone()), bytes.clone(), &device)
            }
            _ => Tensor::from_literal(self.literal()?, &device),
        }
    }

    /// The value on the host.
    ///
    /// # Errors
    /// `Unimplemented` for strings and complex numbers.
    pub fn literal(&self) -> Result<Literal> {
        match &self.data {
            Data::Numbers(bytes) => Literal::from_storage("Weight", self.dtype, self.shape.clone(), bytes),
            Data::Strings(_) => {
                Err(Error::unimplemented("Weight", format_args!("{:?} as numbers", self.name)))
            }
        }
    }

    /// The strings, where it holds such.
    pub fn strings(&self) -> Option<&[Vec<u8>]> {
        match &self.data {
            Data::Numbers(_) => None,
            Data::Strings(all) => Some(all),
        }
    }
}
