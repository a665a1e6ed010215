//! Sliding windows as TensorFlow's ops describe them: data formats, paddings, strides.

use crate::error::{Error, Result};

crate::attr_enum! {
    /// The order of dimensions of images and the like: batch, spatial dimensions, channels.
    DataFormat {
        /// Sequences, channels last.
        Nwc = "NWC",
        /// Sequences, channels first.
        Ncw = "NCW",
        /// Images, channels last.
        Nhwc = "NHWC",
        /// Images, channels first.
        Nchw = "NCHW",
        /// Volumes, channels last.
        Ndhwc = "NDHWC",
        /// Volumes, channels first.
        Ncdhw = "NCDHW",
    }
}

impl DataFormat {
    /// Whether the channels stand before the spatial dimensions.
    pub fn channels_first(self) -> bool {
        matches!(self, DataFormat::Ncw | DataFormat::Nchw | DataFormat::Ncdhw)
    }

    /// The format of data with `spatial` dimensions (1 to 3) beside batch and channels.
    pub fn of(spatial: usize, channels_first: bool) -> DataFormat {
        match (spatial, channels_first) {
            (1, false) => DataFormat::Nwc,
            (1, true) => DataFormat::Ncw,
            (2, false) => DataFormat::Nhwc,
            (2, true) => DataFormat::Nchw,
            (_, false) => DataFormat::Ndhwc,
            (_, true) => DataFormat::Ncdhw,
        }
    }

    /// Number of spatial dimensions.
    pub fn spatial(self) -> usize {
        self.as_str().len() - 2
    }

    /// Where the channels stand.
    pub fn channel_dim(self) -> usize {
        if self.channels_first() { 1 } else { self.spatial() + 1 }
    }

    /// Where the first spatial dimension stands; the others follow.
    pub fn first_spatial(self) -> usize {
        if self.channels_first() { 2 } else { 1 }
    }

    /// Checks that the format is one of data with `spatial` dimensions.
    pub(super) fn want_spatial(self, op: &str, spatial: usize) -> Result<()> {
        if self.spatial() == spatial {
            return Ok(());
        }
        let wanted = format!("{} or {}", DataFormat::of(spatial, false), DataFormat::of(spatial, true));
        Err(Error::invalid(op, "data_format", wanted, self))
    }
}

crate::attr_enum! {
    /// The names of paddings in attributes; see [`Padding`].
    PaddingKind {
        /// None.
        Valid = "VALID",
        /// As much as makes the result `ceil(size / stride)` long, evenly, the odd one behind.
        Same = "SAME",
        /// As given in another attribute.
        Explicit = "EXPLICIT",
    }
}

/// How the border of the input is treated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Padding {
    /// No padding: windows stay inside.
    Valid,
    /// Zeros so that the result is `ceil(size / stride)` long, evenly, the odd one behind.
    Same,
    /// These numbers of elements before and after each dimension, batch and channels included (0 there).
    Explicit(Vec<[i64; 2]>),
}

impl<const N: usize> From<[[i64; 2]; N]> for Padding {
    fn from(pairs: [[i64; 2]; N]) -> Self {
        Padding::Explicit(pairs.to_vec())
    }
}

impl std::str::FromStr for Padding {
    type Err = Error;

    /// `"VALID"` or `"SAME"`, in any case.
    fn from_str(s: &str) -> Result<Self> {
        match s.to_ascii_uppercase().as_str() {
            "VALID" => Ok(Padding::Valid),
            "SAME" => Ok(Padding::Same),
            _ => Err(Error::invalid("Padding", "padding", "\"VALID\" or \"SAME\"", format_args!("{s:?}"))),
        }
    }
}

impl Padding {
    /// The two attributes that raw ops have for it.
    pub(super) fn attrs(&self) -> (PaddingKind, Vec<i64>) {
        match self {
            Padding::Valid => (PaddingKind::Valid, vec![]),
            Padding::Same => (PaddingKind::Same, vec![]),
            Padding::Explicit(pairs) => (PaddingKind::Explicit, pairs.concat()),
        }
    }
}

/// Sizes per spatial dimension, such as strides: one for all, one each, or one for every dimension of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extents(pub Vec<i64>);

macro_rules! extents_from {
    ($($t:ty),+) => { $(
        impl From<$t> for Extents {
            fn from(n: $t) -> Self { Extents(vec![n as i64]) }
        }
        impl<const N: usize> From<[$t; N]> for Extents {
            fn from(n: [$t; N]) -> Self { Extents(n.iter().map(|&n| n as i64).collect()) }
        }
    )+ };
}
extents_from!(i32, i64, usize);

impl From<&[i64]> for Extents {
    fn from(n: &[i64]) -> Self {
        Extents(n.to_vec())
    }
}

impl From<Vec<i64>> for Extents {
    fn from(n: Vec<i64>) -> Self {
        Extents(n)
    }
}

impl Extents {
    /// One number for every dimension of data in `format`, 1 for batch and channels: the attribute of raw ops.
    pub(super) fn full(&self, op: &str, arg: &str, format: DataFormat) -> Result<Vec<i64>> {
        let (n, first) = (format.spatial(), format.first_spatial());
        if self.0.len() == n + 2 {
            return Ok(self.0.clone());
        }
        if self.0.len() != 1 && self.0.len() != n {
            let wanted = format!("1, {n} or {} numbers", n + 2);
            return Err(Error::invalid(op, arg, wanted, format_args!("{:?}", self.0)));
        }
        let mut all = vec![1; n + 2];
        (0..n).for_each(|d| all[first + d] = if self.0.len() == 1 { self.0[0] } else { self.0[d] });
        Ok(all)
    }
}
