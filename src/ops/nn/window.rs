//! Sliding windows as TensorFlow's ops describe them: data formats, paddings, strides.

use crate::error::{Error, ErrorKind, Result};
use crate::hlo::WindowDim;
use crate::ops::array::reshape;
use crate::shape::Shape;
use crate::tensor::Tensor;

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

/// The attributes of a windowed op, in TensorFlow's full form.
pub(super) struct Sliding<'a> {
    pub(super) op: &'a str,
    pub(super) format: DataFormat,
    pub(super) strides: &'a [i64],
    pub(super) dilations: &'a [i64],
    pub(super) padding: PaddingKind,
    pub(super) explicit: &'a [i64],
    /// The code with which TensorFlow refuses strides over batch and channels.
    pub(super) refusal: ErrorKind,
}

impl Sliding<'_> {
    /// The window of each spatial dimension, over data of shape `x`, with `sizes` positions.
    pub(super) fn windows(&self, x: &Shape, sizes: &[usize]) -> Result<Vec<WindowDim>> {
        let strides = self.spatial("strides", self.strides)?;
        let dilations = self.spatial("dilations", self.dilations)?;
        let pads = self.pads()?;
        (0..sizes.len())
            .map(|d| {
                let n = x[self.format.first_spatial() + d];
                let w =
                    WindowDim { size: sizes[d], stride: strides[d], dilation: dilations[d], low: 0, high: 0 };
                let (low, high) = match self.padding {
                    PaddingKind::Valid => (0, 0),
                    PaddingKind::Same => same(n, &w),
                    PaddingKind::Explicit => (pads[d][0], pads[d][1]),
                };
                let w = WindowDim { low, high, ..w };
                // What TensorFlow refuses: windows that reach over the data by more than a stride.
                let over = w.span() as i64 - (n as i64 + low + high);
                if over > w.stride as i64 {
                    let wanted = format!("a window of at most {} positions", n as i64 + low + high);
                    return Err(Error::invalid(
                        self.op,
                        "input",
                        wanted,
                        format_args!("{} of shape {x}", w.span()),
                    ));
                }
                Ok(w)
            })
            .collect()
    }

    /// The spatial part of strides or dilations; the rest must be 1.
    pub(super) fn spatial(&self, arg: &str, v: &[i64]) -> Result<Vec<usize>> {
        let (n, first) = (self.format.spatial(), self.format.first_spatial());
        if v.len() != n + 2 {
            return Err(Error::invalid(
                self.op,
                arg,
                format_args!("{} numbers", n + 2),
                format_args!("{v:?}"),
            ));
        }
        if v[0] != 1 || v[self.format.channel_dim()] != 1 {
            let what = format!("{arg}: wanted 1 for batch and channels. Received: {v:?}");
            return Err(Error::new(self.refusal, self.op, what));
        }
        let spatial = &v[first..first + n];
        if spatial.iter().any(|&s| s < 1) {
            return Err(Error::invalid(self.op, arg, "numbers above 0", format_args!("{v:?}")));
        }
        Ok(spatial.iter().map(|&s| s as usize).collect())
    }

    fn pads(&self) -> Result<Vec<[i64; 2]>> {
        let (n, first) = (self.format.spatial(), self.format.first_spatial());
        let pairs = self.explicit.as_chunks::<2>().0;
        let explicit = self.padding == PaddingKind::Explicit;
        let ok = if explicit {
            let inner = first..first + n;
            self.explicit.len() == 2 * (n + 2)
                && self.explicit.iter().all(|&p| p >= 0)
                && (0..n + 2).all(|d| inner.contains(&d) || pairs[d] == [0, 0])
        } else {
            self.explicit.is_empty()
        };
        if !ok {
            let wanted = match explicit {
                true => format!("{} numbers from 0 up, 0 for batch and channels", 2 * (n + 2)),
                false => format!("nothing with padding {}", self.padding),
            };
            return Err(Error::invalid(
                self.op,
                "explicit_paddings",
                wanted,
                format_args!("{:?}", self.explicit),
            ));
        }
        Ok(if explicit { pairs[first..first + n].to_vec() } else { vec![] })
    }
}

/// TensorFlow's `SAME` padding of `n` elements: before and after.
pub(crate) fn same(n: usize, w: &WindowDim) -> (i64, i64) {
    let out = n.div_ceil(w.stride) as i64;
    let total = ((out - 1) * w.stride as i64 + w.span() as i64 - n as i64).max(0);
    (total / 2, total - total / 2)
}

/// Sequences as images of height 1.
pub(super) struct Line {
    pub(super) format: DataFormat,
}

impl Line {
    pub(super) fn format(&self) -> DataFormat {
        DataFormat::of(2, self.format.channels_first())
    }

    /// Full strides, dilations or sizes with a 1 for the height.
    pub(super) fn extents(&self, v: &[i64]) -> Vec<i64> {
        let mut all = v.to_vec();
        all.insert(self.format.first_spatial(), 1);
        all
    }

    pub(super) fn padding(&self, padding: Padding) -> Padding {
        match padding {
            Padding::Explicit(mut pairs) => {
                pairs.insert(self.format.first_spatial().min(pairs.len()), [0, 0]);
                Padding::Explicit(pairs)
            }
            p => p,
        }
    }

    pub(super) fn widen(&self, x: &Tensor) -> Result<Tensor> {
        let mut shape = x.shape().clone();
        shape.0.insert(self.format.first_spatial(), 1);
        reshape(x, shape)
    }

    pub(super) fn narrow(&self, x: &Tensor) -> Result<Tensor> {
        let mut shape = x.shape().clone();
        shape.0.remove(self.format.first_spatial());
        reshape(x, shape)
    }

    pub(super) fn kernel(&self, filters: &Tensor) -> Result<Tensor> {
        let mut shape = filters.shape().clone();
        shape.0.insert(0, 1);
        reshape(filters, shape)
    }
}
