//! Dot products of samples.

use crate::error::{Error, Result};
use crate::keras::base::{Call, Checked, Layer, configured, layer};
use crate::keras::object::Setting;
use crate::ops::{array, linalg};
use crate::shape::resolve_axis;
use crate::tensor::Tensor;
use serde_json::Value;

/// The axes that [`Dot`] sums over: one of each input, or the same of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DotAxes {
    /// The same axis of both.
    Same(i64),
    /// An axis of each.
    Each([i64; 2]),
}

impl From<i64> for DotAxes {
    fn from(axis: i64) -> Self {
        DotAxes::Same(axis)
    }
}

impl From<[i64; 2]> for DotAxes {
    fn from(axes: [i64; 2]) -> Self {
        DotAxes::Each(axes)
    }
}

impl Checked for DotAxes {
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

impl Setting for DotAxes {
    const WANTED: &'static str = "an axis, or one of each input";
    fn read(v: &Value) -> Option<Self> {
        match Vec::<i64>::read(v) {
            Some(both) => both.try_into().ok().map(DotAxes::Each),
            None => v.as_i64().map(DotAxes::Same),
        }
    }
    fn write(&self) -> Value {
        match self {
            DotAxes::Same(axis) => Value::from(*axis),
            DotAxes::Each(axes) => Value::from(&axes[..]),
        }
    }
}

layer! {
    /// Dot products between samples of two inputs along an axis of each (`keras.layers.Dot`).
    ///
    /// The result has the batch, then the other dimensions of the first input, then those of the second; 1 where there are none.
    Dot(
        /// The axes; the batch is none of them.
        axes: into DotAxes,
    ) {
        /// Whether samples are scaled to length 1 along the axes before: the result is their cosine.
        normalize: plain bool = false,
    }
}

impl Layer for Dot {
    configured!();

    fn call_many(&self, _: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        let [x, y] = xs else {
            let received = format!("{} inputs", xs.len());
            return Err(Error::invalid("Dot", "inputs", "exactly 2 inputs", received));
        };
        let [a, b] = match self.axes {
            DotAxes::Same(axis) => [axis, axis],
            DotAxes::Each(axes) => axes,
        };
        let (a, b) = (resolve_axis("Dot", "axes", a, x.rank())?, resolve_axis("Dot", "axes", b, y.rank())?);
        let received = || format!("shapes {} and {} with axes {a} and {b}", x.shape(), y.shape());
        if a == 0 || b == 0 {
            return Err(Error::invalid("Dot", "axes", "axes other than the batch", received()));
        }
        if x.shape()[a] != y.shape()[b] || x.shape()[0] != y.shape()[0] {
            return Err(Error::invalid(
                "Dot",
                "inputs",
                "equal sizes along the axes and the batch",
                received(),
            ));
        }
        let (x, y) = if self.normalize {
            (linalg::l2_normalize(x, a, EPSILON)?, linalg::l2_normalize(y, b, EPSILON)?)
        } else {
            (x.clone(), y.clone())
        };
        // Letters for dimensions: the batch is b, what is summed over is s.
        let mut free = ('c'..='r').chain('t'..='z');
        let mut letters = |rank: usize, axis: usize| -> Option<String> {
            (0..rank)
                .map(|d| {
                    if d == 0 {
                        Some('b')
                    } else if d == axis {
                        Some('s')
                    } else {
                        free.next()
                    }
                })
                .collect()
        };
        let too_many = || Error::invalid("Dot", "inputs", "fewer dimensions", received());
        let left = letters(x.rank(), a).ok_or_else(too_many)?;
        let right = letters(y.rank(), b).ok_or_else(too_many)?;
        let rest = |s: &str| s.replace(['b', 's'], "");
        let out = format!("b{}{}", rest(&left), rest(&right));
        let dots = linalg::einsum(&format!("{left},{right}->{out}"), &[&x, &y])?;
        Ok(vec![if dots.rank() == 1 { array::expand_dims(dots, 1)? } else { dots }])
    }

    fn supports_masking(&self) -> bool {
        true
    }

    fn compute_mask(&self, _: &mut Call, _: &[Tensor], _: Option<&Tensor>) -> Result<Option<Tensor>> {
        Ok(None)
    }
}

/// The least squared length that is divided by.
const EPSILON: f64 = 1e-12;
