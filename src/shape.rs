//! Shapes, broadcasting and axes, with TensorFlow's rules and printed forms.

use crate::error::{Error, Result};
use smallvec::SmallVec;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// A short list of dimension numbers or sizes.
pub type Dims = SmallVec<[usize; 6]>;

/// The fully known shape of a tensor. Prints as TensorFlow does: `()`, `(3,)`, `(2, 3)`.
///
/// ```
/// # use wgflow::Shape;
/// let s = Shape::from([2, 3]);
/// assert_eq!((s.to_string(), s.size(), s.rank()), ("(2, 3)".to_string(), 6, 2));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Shape(pub Dims);

impl Shape {
    /// The shape of a scalar.
    pub fn scalar() -> Self {
        Shape(Dims::new())
    }

    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// Number of elements; 1 for a scalar.
    pub fn size(&self) -> usize {
        self.0.iter().product()
    }

    /// Row-major strides in elements.
    pub fn strides(&self) -> Dims {
        let mut strides: Dims = SmallVec::from_elem(1, self.rank());
        for d in (1..self.rank()).rev() {
            strides[d - 1] = strides[d] * self[d];
        }
        strides
    }

    /// The shape with the given dimensions set to 1 (`keepdims`) or removed.
    pub fn reduced(&self, dims: &[usize], keepdims: bool) -> Shape {
        let keep = |d: usize| !dims.contains(&d);
        if keepdims {
            self.iter().enumerate().map(|(d, &n)| if keep(d) { n } else { 1 }).collect()
        } else {
            self.iter().enumerate().filter(|(d, _)| keep(*d)).map(|(_, &n)| n).collect()
        }
    }

    /// The coordinates of the element at row-major position `flat`.
    pub fn unravel(&self, mut flat: usize) -> Dims {
        let mut at: Dims = SmallVec::from_elem(0, self.rank());
        for d in (0..self.rank()).rev() {
            at[d] = flat % self[d].max(1);
            flat /= self[d].max(1);
        }
        at
    }
}

impl Deref for Shape {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl DerefMut for Shape {
    fn deref_mut(&mut self) -> &mut [usize] {
        &mut self.0
    }
}

impl FromIterator<usize> for Shape {
    fn from_iter<I: IntoIterator<Item = usize>>(it: I) -> Self {
        Shape(it.into_iter().collect())
    }
}

impl From<&[usize]> for Shape {
    fn from(s: &[usize]) -> Self {
        Shape(s.into())
    }
}

impl From<&Shape> for Shape {
    fn from(s: &Shape) -> Self {
        s.clone()
    }
}

impl From<Vec<usize>> for Shape {
    fn from(s: Vec<usize>) -> Self {
        Shape(s.into())
    }
}

impl From<&Vec<usize>> for Shape {
    fn from(s: &Vec<usize>) -> Self {
        Shape(s.as_slice().into())
    }
}

impl From<Dims> for Shape {
    fn from(s: Dims) -> Self {
        Shape(s)
    }
}

impl From<()> for Shape {
    fn from((): ()) -> Self {
        Shape::scalar()
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(s: [usize; N]) -> Self {
        Shape(s[..].into())
    }
}

impl<const N: usize> From<&[usize; N]> for Shape {
    fn from(s: &[usize; N]) -> Self {
        Shape(s[..].into())
    }
}

fn write_tuple(f: &mut fmt::Formatter<'_>, items: impl ExactSizeIterator<Item = String>) -> fmt::Result {
    let n = items.len();
    let text = items.collect::<Vec<_>>().join(", ");
    if n == 1 { write!(f, "({text},)") } else { write!(f, "({text})") }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_tuple(f, self.iter().map(usize::to_string))
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A shape of which some dimensions are not known yet (`tf.TensorShape`): `(None, 28, 28)`.
///
/// ```
/// # use wgflow::PartialShape;
/// let s = PartialShape::from([None, Some(3)]);
/// assert_eq!(s.to_string(), "(None, 3)");
/// assert!(s.accepts(&[7, 3]) && !s.accepts(&[7, 4]));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct PartialShape(pub SmallVec<[Option<usize>; 6]>);

impl PartialShape {
    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// The full shape, when every dimension is known.
    pub fn known(&self) -> Option<Shape> {
        self.0.iter().copied().collect::<Option<Dims>>().map(Shape)
    }

    /// The shape with every unknown dimension set to `n`.
    pub fn filled(&self, n: usize) -> Shape {
        self.0.iter().map(|d| d.unwrap_or(n)).collect()
    }

    /// Whether a value of this shape satisfies the known dimensions.
    pub fn accepts(&self, shape: &[usize]) -> bool {
        self.rank() == shape.len() && self.0.iter().zip(shape).all(|(a, b)| a.is_none_or(|a| a == *b))
    }
}

impl Deref for PartialShape {
    type Target = [Option<usize>];
    fn deref(&self) -> &[Option<usize>] {
        &self.0
    }
}

impl FromIterator<Option<usize>> for PartialShape {
    fn from_iter<I: IntoIterator<Item = Option<usize>>>(it: I) -> Self {
        PartialShape(it.into_iter().collect())
    }
}

impl From<&Shape> for PartialShape {
    fn from(s: &Shape) -> Self {
        s.iter().map(|&d| Some(d)).collect()
    }
}

impl From<()> for PartialShape {
    fn from((): ()) -> Self {
        PartialShape::default()
    }
}

impl From<&[Option<usize>]> for PartialShape {
    fn from(s: &[Option<usize>]) -> Self {
        PartialShape(s.into())
    }
}

impl From<Vec<Option<usize>>> for PartialShape {
    fn from(s: Vec<Option<usize>>) -> Self {
        PartialShape(s.into())
    }
}

impl<const N: usize> From<[Option<usize>; N]> for PartialShape {
    fn from(s: [Option<usize>; N]) -> Self {
        PartialShape(s[..].into())
    }
}

impl<const N: usize> From<[usize; N]> for PartialShape {
    fn from(s: [usize; N]) -> Self {
        s.iter().map(|&d| Some(d)).collect()
    }
}

impl fmt::Display for PartialShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_tuple(f, self.0.iter().map(|d| d.map_or("None".to_string(), |d| d.to_string())))
    }
}

impl fmt::Debug for PartialShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The shape that `a` and `b` broadcast to, by NumPy's rules.
///
/// # Errors
/// `InvalidArgument`, in TensorFlow's words, when a pair of dimensions differs and neither is 1.
pub fn broadcast(op: &str, a: &Shape, b: &Shape) -> Result<Shape> {
    let rank = a.rank().max(b.rank());
    let dim = |s: &Shape, d: usize| (d + s.rank()).checked_sub(rank).map_or(1, |d| s[d]);
    (0..rank)
        .map(|d| match (dim(a, d), dim(b, d)) {
            (x, y) if x == y || y == 1 => Ok(x),
            (1, y) => Ok(y),
            _ => Err(Error::invalid(
                op,
                "shapes",
                "broadcastable shapes",
                format_args!("incompatible shapes {a} vs. {b}"),
            )),
        })
        .collect::<Result<Dims>>()
        .map(Shape)
}

/// Resolves a possibly negative `axis` of a tensor of `rank` dimensions.
///
/// # Errors
/// `InvalidArgument` when the axis lies outside `[-rank, rank)`.
pub fn resolve_axis(op: &str, arg: &str, axis: i64, rank: usize) -> Result<usize> {
    let r = rank as i64;
    if (-r..r).contains(&axis) {
        Ok(if axis < 0 { axis + r } else { axis } as usize)
    } else {
        Err(Error::invalid(op, arg, format_args!("a value in [-{rank}, {rank})"), axis))
    }
}

/// Resolves a list of axes, sorted and free of repeats.
///
/// # Errors
/// As [`resolve_axis`], and when an axis is named twice.
pub fn resolve_axes(op: &str, arg: &str, axes: &[i64], rank: usize) -> Result<Dims> {
    let mut dims = axes.iter().map(|&a| resolve_axis(op, arg, a, rank)).collect::<Result<Dims>>()?;
    dims.sort_unstable();
    if dims.windows(2).any(|w| w[0] == w[1]) {
        return Err(Error::invalid(op, arg, "each axis once", format_args!("{axes:?}")));
    }
    Ok(dims)
}
