//! Nested structures, as `tf.nest` has them: what elements of a dataset and their specs are made of.

use crate::error::{Error, Result};
use std::fmt;

/// A leaf, a tuple of structures, or structures by name (a Python dict).
///
/// ```
/// # use wgflow::data::Structure;
/// let s = Structure::map([("y", Structure::Leaf(1)), ("x", Structure::Leaf(2))]);
/// assert_eq!(s.to_string(), "{'y': 1, 'x': 2}");
/// // Flattened in the order of the names.
/// assert_eq!(s.flatten(), [&2, &1]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Structure<T> {
    /// A single value.
    Leaf(T),
    /// Values by position.
    Tuple(Vec<Structure<T>>),
    /// Values by name, in the order they were given.
    Map(Vec<(String, Structure<T>)>),
}

impl<T> Structure<T> {
    /// Structures by name.
    pub fn map<K: Into<String>>(items: impl IntoIterator<Item = (K, Structure<T>)>) -> Self {
        Structure::Map(items.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }

    /// The leaves, from left to right; those of a map in the order of its names (`tf.nest.flatten`).
    pub fn flatten(&self) -> Vec<&T> {
        let mut out = vec![];
        self.visit(&mut |leaf| out.push(leaf));
        out
    }

    fn visit<'a>(&'a self, f: &mut impl FnMut(&'a T)) {
        match self {
            Structure::Leaf(leaf) => f(leaf),
            Structure::Tuple(items) => items.iter().for_each(|s| s.visit(f)),
            Structure::Map(items) => sorted(items).into_iter().for_each(|(_, s)| s.visit(f)),
        }
    }

    /// The one value of a structure that is a leaf.
    ///
    /// # Errors
    /// `InvalidArgument` for a tuple or a map.
    pub fn leaf(&self) -> Result<&T> {
        match self {
            Structure::Leaf(leaf) => Ok(leaf),
            other => Err(Error::invalid("Element", "self", "a single component", other.kind())),
        }
    }

    /// Item `index` of a tuple.
    ///
    /// # Errors
    /// `InvalidArgument` for anything but a tuple, and an index past its end.
    pub fn get(&self, index: usize) -> Result<&Self> {
        match self {
            Structure::Tuple(items) if index < items.len() => Ok(&items[index]),
            other => {
                let wanted = format_args!("a tuple of more than {index} items").to_string();
                Err(Error::invalid("Element.get", "index", wanted, other.kind()))
            }
        }
    }

    /// The item of a map with this name.
    ///
    /// # Errors
    /// `InvalidArgument` for anything but a map, and for a name that it does not have; the message lists its names.
    pub fn named(&self, name: &str) -> Result<&Self> {
        let found = match self {
            Structure::Map(items) => items.iter().find(|(k, _)| k == name),
            _ => None,
        };
        let wanted = || format!("a map with '{name}'");
        found.map(|(_, s)| s).ok_or_else(|| Error::invalid("Element.named", "name", wanted(), self.kind()))
    }

    /// The same structure with `f` of each leaf, in the order of [`Structure::flatten`] (`tf.nest.map_structure`).
    ///
    /// # Errors
    /// The first one of `f`.
    pub fn try_map<U>(&self, f: &mut impl FnMut(&T) -> Result<U>) -> Result<Structure<U>> {
        Ok(match self {
            Structure::Leaf(leaf) => Structure::Leaf(f(leaf)?),
            Structure::Tuple(items) => {
                Structure::Tuple(items.iter().map(|s| s.try_map(f)).collect::<Result<_>>()?)
            }
            Structure::Map(items) => {
                let mut order: Vec<usize> = (0..items.len()).collect();
                order.sort_by(|&a, &b| items[a].0.cmp(&items[b].0));
                let mut made: Vec<Option<Structure<U>>> = items.iter().map(|_| None).collect();
                for i in order {
                    made[i] = Some(items[i].1.try_map(f)?);
                }
                let names = items.iter().map(|(k, _)| k.clone());
                Structure::Map(names.zip(made).filter_map(|(k, s)| Some((k, s?))).collect())
            }
        })
    }

    /// Whether another structure has the same nesting and names.
    pub fn same_nesting<U>(&self, other: &Structure<U>) -> bool {
        match (self, other) {
            (Structure::Leaf(_), Structure::Leaf(_)) => true,
            (Structure::Tuple(a), Structure::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same_nesting(b))
            }
            (Structure::Map(a), Structure::Map(b)) => {
                a.len() == b.len()
                    && sorted(a).iter().zip(sorted(b)).all(|(a, b)| a.0 == b.0 && a.1.same_nesting(&b.1))
            }
            _ => false,
        }
    }

    /// What it is, for errors.
    pub(super) fn kind(&self) -> String {
        match self {
            Structure::Leaf(_) => "a single component".into(),
            Structure::Tuple(items) => format!("a tuple of {} items", items.len()),
            Structure::Map(items) => {
                let names: Vec<String> = items.iter().map(|(k, _)| format!("'{k}'")).collect();
                format!("a map of {}", names.join(", "))
            }
        }
    }
}

fn sorted<T>(items: &[(String, Structure<T>)]) -> Vec<&(String, Structure<T>)> {
    let mut all: Vec<_> = items.iter().collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// As Python prints tuples and dicts.
impl<T: fmt::Display> fmt::Display for Structure<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Structure::Leaf(leaf) => leaf.fmt(f),
            Structure::Tuple(items) => {
                f.write_str("(")?;
                for (i, s) in items.iter().enumerate() {
                    write!(f, "{}{s}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str(if items.len() == 1 { ",)" } else { ")" })
            }
            Structure::Map(items) => {
                f.write_str("{")?;
                for (i, (k, s)) in items.iter().enumerate() {
                    write!(f, "{}'{k}': {s}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}
