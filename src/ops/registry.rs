//! All registered ops.

use super::{array, image, linalg, losses, math, metrics, nn, ragged, random, signal, sparse, strings};
use crate::error::{Error, ErrorKind, Result};
use crate::tensor::{Args, DynOp, Row};

/// A family's name and its lists of ops.
type Family = (&'static str, &'static [&'static [Row]]);

const FAMILIES: &[Family] = &[
    ("array", array::OPS),
    ("image", image::OPS),
    ("linalg", linalg::OPS),
    ("losses", losses::OPS),
    ("math", math::OPS),
    ("metrics", metrics::OPS),
    ("nn", nn::OPS),
    ("ragged", ragged::OPS),
    ("random", random::OPS),
    ("signal", signal::OPS),
    ("sparse", sparse::OPS),
    ("strings", strings::OPS),
];

/// Every op of every family.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    families().flat_map(|(_, rows)| rows)
}

/// The families' names with their ops.
pub fn families() -> impl Iterator<Item = (&'static str, impl Iterator<Item = &'static Row>)> {
    FAMILIES.iter().map(|(name, lists)| (*name, lists.iter().copied().flatten()))
}

/// The op `name` of `tf.raw_ops` with attributes by name: what a GraphDef node or a test file holds.
///
/// ```
/// # use wgflow::{ops, tensor::{Args, run}, IntoTensor};
/// let softmax = ops::by_name("Softmax", &Args::default())?;
/// let x = [0.0, 0.0].into_tensor(None)?;
/// assert_eq!(run(&*softmax, &[&x])?[0].to_vec::<f32>()?, [0.5, 0.5]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `NotFound` for an unknown name; `InvalidArgument` for attributes that do not fit.
pub fn by_name(name: &str, args: &Args) -> Result<Box<dyn DynOp>> {
    let row = rows().find(|r| r.info.name == name);
    let row = row.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, name, "no op of this name is registered; docs/OPS.md lists all")
    })?;
    row.make(args)
}
