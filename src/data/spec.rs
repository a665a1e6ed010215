//! What is known of elements before there are any.

use super::array::Array;
use super::element::Element;
use super::structure::Structure;
use crate::error::{Error, Result};
use crate::function::TensorSpec;
use crate::hlo::Literal;
use crate::shape::PartialShape;

/// dtype and partly known shape of each component of an element (`Dataset.element_spec`).
///
/// ```
/// # use wgflow::data::Dataset;
/// let d = Dataset::from_tensor_slices((vec![[1.0, 2.0]; 6], vec![0; 6]))?.batch(4, false);
/// assert_eq!(
///     d.element_spec()?.to_string(),
///     "(TensorSpec(shape=(None, 2), dtype=float32), TensorSpec(shape=(None,), dtype=int32))"
/// );
/// # Ok::<(), wgflow::Error>(())
/// ```
pub type ElementSpec = Structure<TensorSpec>;

impl From<TensorSpec> for ElementSpec {
    fn from(s: TensorSpec) -> Self {
        Structure::Leaf(s)
    }
}

impl<A: Into<ElementSpec>, B: Into<ElementSpec>> From<(A, B)> for ElementSpec {
    fn from((a, b): (A, B)) -> Self {
        Structure::Tuple(vec![a.into(), b.into()])
    }
}

impl<A: Into<ElementSpec>, B: Into<ElementSpec>, C: Into<ElementSpec>> From<(A, B, C)> for ElementSpec {
    fn from((a, b, c): (A, B, C)) -> Self {
        Structure::Tuple(vec![a.into(), b.into(), c.into()])
    }
}

impl<K: Into<String>, V: Into<ElementSpec>, const N: usize> From<[(K, V); N]> for ElementSpec {
    fn from(items: [(K, V); N]) -> Self {
        Structure::map(items.map(|(k, v)| (k, v.into())))
    }
}

/// The spec that an element has by itself.
pub(super) fn spec_of(e: &Element) -> ElementSpec {
    match e {
        Structure::Leaf(a) => Structure::Leaf(TensorSpec::new(a.shape(), a.dtype())),
        Structure::Tuple(items) => Structure::Tuple(items.iter().map(spec_of).collect()),
        Structure::Map(items) => Structure::Map(items.iter().map(|(k, v)| (k.clone(), spec_of(v))).collect()),
    }
}

/// Checks an element against the spec it was announced with.
pub(super) fn check(op: &str, e: &Element, spec: &ElementSpec) -> Result<()> {
    let fits = |(a, s): (&&Array, &&TensorSpec)| a.dtype() == s.dtype && s.shape.accepts(a.shape());
    if e.same_nesting(spec) && e.flatten().iter().zip(&spec.flatten()).all(fits) {
        return Ok(());
    }
    Err(Error::invalid(op, "element", spec, spec_of(e)))
}

/// Each component's shape changed by `f`.
pub(super) fn reshaped(
    spec: &ElementSpec,
    mut f: impl FnMut(&PartialShape) -> Result<PartialShape>,
) -> Result<ElementSpec> {
    spec.try_map(&mut |s| Ok(TensorSpec { shape: f(&s.shape)?, dtype: s.dtype }))
}

/// The spec that covers both of two: sizes in which they differ are unknown.
pub(super) fn common(op: &str, a: &ElementSpec, b: &ElementSpec) -> Result<ElementSpec> {
    let differ =
        || Error::invalid(op, "datasets", "elements of equal structure and dtypes", format!("{a} and {b}"));
    if !a.same_nesting(b) {
        return Err(differ());
    }
    let mut others = b.flatten().into_iter();
    a.try_map(&mut |s| {
        let o = others.next().filter(|o| o.dtype == s.dtype && o.shape.rank() == s.shape.rank());
        let o = o.ok_or_else(differ)?;
        let shape =
            s.shape.iter().zip(o.shape.iter()).map(|(&x, &y)| if x == y { x } else { None }).collect();
        Ok(TensorSpec { shape, dtype: s.dtype })
    })
}

/// The spec of a function's results. It is called on zeros, then on ones, with other sizes where these are unknown: sizes that come out
/// differently are unknown too.
pub(super) fn of_function<R>(
    op: &str,
    input: &ElementSpec,
    f: impl Fn(&Element) -> Result<R>,
    spec: impl Fn(R) -> Result<ElementSpec>,
) -> Result<ElementSpec> {
    let on = |value: f64, size: usize| {
        let made =
            |s: &TensorSpec| Array::from_literal(&Literal::filled(s.dtype, s.shape.filled(size), value));
        f(&input.try_map(&mut |s| made(s))?)
            .and_then(&spec)
            .map_err(|e| e.context(format!("{op}'s function, called on {value}s to learn its element_spec")))
    };
    common(op, &on(0.0, 2)?, &on(1.0, 3)?)
}
