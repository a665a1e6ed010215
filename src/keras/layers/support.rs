//! Arguments that many layers have.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::base::Checked;
use crate::keras::object::{Setting, choice};
use crate::ops::nn;
use crate::tensor::Tensor;
use serde_json::Value;

choice! {
    /// Where the channels of images and the like stand.
    DataFormat {
        /// Behind the spatial dimensions.
        #[default]
        ChannelsLast = "channels_last",
        /// Before the spatial dimensions.
        ChannelsFirst = "channels_first",
    }
}

choice! {
    /// How windows treat the border of the input.
    Padding {
        /// They stay inside.
        #[default]
        Valid = "valid" or "VALID",
        /// The input is padded with zeros, evenly, so that the output has `ceil(size / stride)` elements.
        Same = "same" or "SAME",
        /// The input is padded with zeros before, so that no output depends on later input; for [`Conv1D`](super::Conv1D).
        Causal = "causal" or "CAUSAL",
    }
}

impl DataFormat {
    /// Whether the channels stand before the spatial dimensions.
    pub(crate) fn channels_first(self) -> bool {
        self == DataFormat::ChannelsFirst
    }

    /// The format that ops over data with `spatial` dimensions know.
    pub(crate) fn of_ops(self, spatial: usize) -> nn::DataFormat {
        nn::DataFormat::of(spatial, self.channels_first())
    }

    /// Where the channels of a tensor of `rank` dimensions stand.
    pub(crate) fn channel_dim(self, rank: usize) -> usize {
        if self.channels_first() { 1 } else { rank.saturating_sub(1) }
    }

    /// Where the first spatial dimension stands.
    pub(crate) fn first_spatial(self) -> usize {
        if self.channels_first() { 2 } else { 1 }
    }
}

impl Padding {
    /// The padding that ops know; causal padding is none of theirs.
    pub(crate) fn of_ops(self) -> nn::Padding {
        if self == Padding::Same { nn::Padding::Same } else { nn::Padding::Valid }
    }
}

/// A size for each of `N` spatial dimensions; one number stands for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sizes<const N: usize>(pub [usize; N]);

impl<const N: usize> Sizes<N> {
    pub(crate) fn ints(self) -> Vec<i64> {
        self.0.iter().map(|&n| n as i64).collect()
    }
}

impl<const N: usize> From<usize> for Sizes<N> {
    fn from(n: usize) -> Self {
        Sizes([n; N])
    }
}

impl<const N: usize> From<[usize; N]> for Sizes<N> {
    fn from(n: [usize; N]) -> Self {
        Sizes(n)
    }
}

impl<const N: usize> Checked for Sizes<N> {
    fn check(&self) -> Result<()> {
        if self.0.contains(&0) {
            return Err(Error::invalid("layer", "sizes", "positive numbers", format_args!("{:?}", self.0)));
        }
        Ok(())
    }
}

impl<const N: usize> Setting for Sizes<N> {
    const WANTED: &'static str = "a whole number, or one for each spatial dimension";
    fn read(v: &Value) -> Option<Self> {
        let one = |v: &Value| v.as_u64().map(|n| n as usize);
        match v {
            Value::Array(all) => {
                let all: Option<Vec<usize>> = all.iter().map(one).collect();
                all?.try_into().ok().map(Sizes)
            }
            v => one(v).map(Self::from),
        }
    }
    fn write(&self) -> Value {
        Value::from(&self.0[..])
    }
}

/// How many elements are added or removed before and after each of `N` spatial dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Margins<const N: usize>(pub [[usize; 2]; N]);

impl<const N: usize> From<usize> for Margins<N> {
    fn from(n: usize) -> Self {
        Margins([[n; 2]; N])
    }
}

impl From<[usize; 2]> for Margins<1> {
    fn from(pair: [usize; 2]) -> Self {
        Margins([pair])
    }
}

/// The same before and after.
impl From<[usize; 2]> for Margins<2> {
    fn from(n: [usize; 2]) -> Self {
        Margins(n.map(|n| [n; 2]))
    }
}

/// The same before and after.
impl From<[usize; 3]> for Margins<3> {
    fn from(n: [usize; 3]) -> Self {
        Margins(n.map(|n| [n; 2]))
    }
}

impl<const N: usize> From<[[usize; 2]; N]> for Margins<N> {
    fn from(pairs: [[usize; 2]; N]) -> Self {
        Margins(pairs)
    }
}

impl<const N: usize> Checked for Margins<N> {
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

impl<const N: usize> Setting for Margins<N> {
    const WANTED: &'static str = "a whole number, one for each dimension, or a pair for each dimension";
    fn read(v: &Value) -> Option<Self> {
        let one = |v: &Value| v.as_u64().map(|n| n as usize);
        let pair = |v: &Value| -> Option<[usize; 2]> {
            let both: Option<Vec<usize>> = v.as_array()?.iter().map(one).collect();
            both?.try_into().ok()
        };
        if let Some(n) = one(v) {
            return Some(n.into());
        }
        let all = v.as_array()?;
        let pairs: Option<Vec<[usize; 2]>> = if N == 1 && all.iter().all(Value::is_u64) {
            pair(v).map(|p| vec![p])
        } else {
            all.iter().map(|v| one(v).map(|n| [n; 2]).or_else(|| pair(v))).collect()
        };
        pairs?.try_into().ok().map(Margins)
    }
    fn write(&self) -> Value {
        // Sequences have one pair, which Keras writes without the list around it.
        if N == 1 {
            Value::from(&self.0[0][..])
        } else {
            self.0.iter().map(|p| Value::from(&p[..])).collect()
        }
    }
}

/// Checks that need no more than the type.
macro_rules! checked {
    ($($t:ty),+ $(,)?) => { $(impl Checked for $t {
        fn check(&self) -> Result<()> {
            Ok(())
        }
    })+ };
}
checked!(f64, i64, String, Vec<i64>, Vec<f64>, crate::ops::Axes);

/// A float tensor as a layer computes with it: integers become the layer's compute dtype.
pub(crate) fn float_input(x: &Tensor, dtype: DType) -> Result<Tensor> {
    if x.dtype().is_float() { Ok(x.clone()) } else { x.cast(dtype) }
}

/// Fails unless `x` has `rank` dimensions.
pub(crate) fn want_rank(class: &str, x: &Tensor, rank: usize) -> Result<()> {
    if x.rank() == rank {
        return Ok(());
    }
    Err(Error::invalid(
        class,
        "inputs",
        format_args!("expected ndim={rank}"),
        format_args!("ndim={}, full shape {}", x.rank(), x.shape()),
    ))
}

/// Fails unless a number is positive.
pub(crate) fn want_positive(class: &str, arg: &str, n: usize) -> Result<()> {
    if n > 0 { Ok(()) } else { Err(Error::invalid(class, arg, "a positive number", n)) }
}

/// Fails unless a rate lies in [0, 1].
pub(crate) fn want_rate(class: &str, rate: f64) -> Result<()> {
    if (0.0..=1.0).contains(&rate) {
        return Ok(());
    }
    Err(Error::invalid(class, "rate", "a number in [0, 1]", rate))
}
