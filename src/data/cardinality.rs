//! How many elements a dataset has.

use std::fmt;

/// The number of elements of a dataset, as far as it is known without iterating (`Dataset.cardinality`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cardinality {
    /// So many.
    Finite(u64),
    /// It never ends (`tf.data.INFINITE_CARDINALITY`, -1).
    Infinite,
    /// Not known (`tf.data.UNKNOWN_CARDINALITY`, -2).
    Unknown,
}

impl Cardinality {
    /// TensorFlow's number: the count, -1 or -2.
    pub fn to_i64(self) -> i64 {
        match self {
            Cardinality::Finite(n) => i64::try_from(n).unwrap_or(i64::MAX),
            Cardinality::Infinite => -1,
            Cardinality::Unknown => -2,
        }
    }

    /// The count, where there is one.
    pub fn finite(self) -> Option<u64> {
        match self {
            Cardinality::Finite(n) => Some(n),
            _ => None,
        }
    }

    /// The count changed by `f`; what is not finite stays.
    pub(super) fn map(self, f: impl FnOnce(u64) -> u64) -> Self {
        match self {
            Cardinality::Finite(n) => Cardinality::Finite(f(n)),
            other => other,
        }
    }
}

impl fmt::Display for Cardinality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_i64())
    }
}
