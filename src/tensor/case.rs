//! Cases: inputs and attributes that an op is tested on, against the exact evaluator and against TensorFlow.

use super::attr::Attr;
use crate::dtype::DType;
use crate::shape::Shape;
use std::fmt;

/// How a test input's elements come about.
#[derive(Clone, Debug, PartialEq)]
pub enum Fill {
    /// Uniform in a range; whole numbers for exact dtypes (the upper bound excluded).
    Uniform(f64, f64),
    /// Distinct values, shuffled, evenly spread over a range: no ties.
    Distinct(f64, f64),
    /// These values, repeated as needed.
    Values(Vec<f64>),
    /// These strings, repeated as needed.
    Strings(Vec<String>),
}

/// One test input.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Logical dtype.
    pub dtype: DType,
    /// Shape.
    pub shape: Shape,
    /// Elements.
    pub fill: Fill,
}

/// One test of an op.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// Attributes that differ from their defaults, or have none.
    pub attrs: Vec<(&'static str, Attr)>,
    /// Inputs in order.
    pub inputs: Vec<Sample>,
    /// Whether gradients are compared too, where the op has any.
    pub gradient: bool,
    /// Relative and absolute bound on differences from TensorFlow, where the usual ones are too tight, and why.
    pub tolerance: Option<(f64, f64, &'static str)>,
    /// A deviation from TensorFlow that is meant: what is different and the results given here. On an error case: TensorFlow has another
    /// error than `InvalidArgument`.
    pub deviation: Option<(&'static str, Vec<Vec<f64>>)>,
}

/// A case without inputs and attributes; see its methods.
///
/// ```
/// # use wgflow::tensor::case;
/// let c = case().with("axis", 0).f32([2, 3]).ints([3], 0, 10);
/// assert_eq!((c.inputs.len(), c.attrs.len()), (2, 1));
/// ```
pub fn case() -> Case {
    Case { gradient: true, ..Case::default() }
}

impl Case {
    /// Sets an attribute.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Attr>) -> Self {
        self.attrs.push((name, value.into()));
        self
    }

    /// Adds an input.
    #[must_use]
    pub fn input(mut self, dtype: DType, shape: impl Into<Shape>, fill: Fill) -> Self {
        self.inputs.push(Sample { dtype, shape: shape.into(), fill });
        self
    }

    /// Adds a float32 input, uniform in [-2, 2).
    #[must_use]
    pub fn f32(self, shape: impl Into<Shape>) -> Self {
        self.range(shape, -2.0, 2.0)
    }

    /// Adds a float32 input, uniform in a range.
    #[must_use]
    pub fn range(self, shape: impl Into<Shape>, lo: f64, hi: f64) -> Self {
        self.input(DType::Float32, shape, Fill::Uniform(lo, hi))
    }

    /// Adds a float16 input, uniform in [-2, 2).
    #[must_use]
    pub fn half(self, shape: impl Into<Shape>) -> Self {
        self.input(DType::Float16, shape, Fill::Uniform(-2.0, 2.0))
    }

    /// Adds a float32 input of distinct values in [-2, 2].
    #[must_use]
    pub fn distinct(self, shape: impl Into<Shape>) -> Self {
        self.input(DType::Float32, shape, Fill::Distinct(-2.0, 2.0))
    }

    /// Adds a float32 input of given values; a vector where no shape follows from elsewhere.
    #[must_use]
    pub fn values(self, shape: impl Into<Shape>, v: &[f64]) -> Self {
        self.input(DType::Float32, shape, Fill::Values(v.to_vec()))
    }

    /// Adds a float32 vector of special values: both zeros, ones, small, large, infinite, NaN.
    #[must_use]
    pub fn specials(self) -> Self {
        let v = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            -0.5,
            1e-6,
            -1e-6,
            30.0,
            -30.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ];
        self.values([v.len()], &v)
    }

    /// Adds an int32 input, uniform in `lo..hi`.
    #[must_use]
    pub fn ints(self, shape: impl Into<Shape>, lo: i64, hi: i64) -> Self {
        self.input(DType::Int32, shape, Fill::Uniform(lo as f64, hi as f64))
    }

    /// Adds an int32 input of given values.
    #[must_use]
    pub fn int_values(self, shape: impl Into<Shape>, v: &[i64]) -> Self {
        self.input(DType::Int32, shape, Fill::Values(v.iter().map(|&v| v as f64).collect()))
    }

    /// Adds a complex64 input, both parts uniform in [-2, 2).
    #[must_use]
    pub fn complex(self, shape: impl Into<Shape>) -> Self {
        self.input(DType::Complex64, shape, Fill::Uniform(-2.0, 2.0))
    }

    /// Adds a complex64 input of given real and imaginary parts.
    #[must_use]
    pub fn complex_values(self, shape: impl Into<Shape>, v: &[f64]) -> Self {
        self.input(DType::Complex64, shape, Fill::Values(v.to_vec()))
    }

    /// Adds a bool input.
    #[must_use]
    pub fn bools(self, shape: impl Into<Shape>) -> Self {
        self.input(DType::Bool, shape, Fill::Uniform(0.0, 2.0))
    }

    /// Adds an input of given strings.
    #[must_use]
    pub fn texts(self, shape: impl Into<Shape>, v: &[&str]) -> Self {
        self.input(DType::String, shape, Fill::Strings(v.iter().map(|s| s.to_string()).collect()))
    }

    /// Compares results only.
    #[must_use]
    pub fn forward_only(mut self) -> Self {
        self.gradient = false;
        self
    }

    /// Widens the bound on differences from TensorFlow, with the reason.
    #[must_use]
    pub fn tolerance(mut self, rel: f64, abs: f64, why: &'static str) -> Self {
        self.tolerance = Some((rel, abs, why));
        self
    }

    /// Says that the results differ from TensorFlow's, how, and what they are here.
    #[must_use]
    pub fn deviates(mut self, how: &'static str, results: &[&[f64]]) -> Self {
        self.deviation = Some((how, results.iter().map(|r| r.to_vec()).collect()));
        self
    }
}

impl fmt::Display for Fill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fill::Uniform(lo, hi) => write!(f, "uniform {lo}..{hi}"),
            Fill::Distinct(lo, hi) => write!(f, "distinct {lo}..{hi}"),
            Fill::Values(v) => write!(f, "{v:?}"),
            Fill::Strings(v) => write!(f, "{v:?}"),
        }
    }
}

/// Attributes and inputs in one line. Golden values are filed under it: a case that is changed needs new ones.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attrs = self.attrs.iter().map(|(n, v)| match v {
            Attr::Tensor(l) => format!("{n}={v} {:?}", l.to_f64s()),
            v => format!("{n}={v}"),
        });
        let inputs = self.inputs.iter().map(|s| format!("{}{} {}", s.dtype, s.shape, s.fill));
        let mut parts: Vec<String> = attrs.chain(inputs).collect();
        if !self.gradient {
            parts.push("forward".into());
        }
        f.write_str(&parts.join("; "))
    }
}
