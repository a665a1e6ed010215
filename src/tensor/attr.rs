//! Attributes of ops: what a GraphDef node, a JavaScript object or a test case may hold, and the Rust types they are read into.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};

/// An attribute's value.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the variants are the documentation")]
pub enum Attr {
    None,
    Int(i64),
    Float(f64),
    Bool(bool),
    Str(String),
    DType(DType),
    Ints(Vec<i64>),
    Floats(Vec<f64>),
    Strs(Vec<String>),
    /// Rows of two, such as paddings.
    Pairs(Vec<[i64; 2]>),
    /// A constant input.
    Tensor(Literal),
}

impl fmt::Display for Attr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Attr::None => f.write_str("None"),
            Attr::Int(v) => write!(f, "{v}"),
            Attr::Float(v) => write!(f, "{v}"),
            Attr::Bool(v) => write!(f, "{v}"),
            Attr::Str(v) => write!(f, "{v:?}"),
            Attr::DType(v) => write!(f, "{v}"),
            Attr::Ints(v) => write!(f, "{v:?}"),
            Attr::Floats(v) => write!(f, "{v:?}"),
            Attr::Strs(v) => write!(f, "{v:?}"),
            Attr::Pairs(v) => write!(f, "{v:?}"),
            Attr::Tensor(l) => write!(f, "{}{:?}", l.dtype, l.shape),
        }
    }
}

#[cfg(target_family = "wasm")]
impl Attr {
    /// Feeds it to a hasher, floats by their bits.
    pub(super) fn hash_to(&self, mut h: &mut dyn Hasher) {
        std::mem::discriminant(self).hash(&mut h);
        match self {
            Attr::None => {}
            Attr::Int(v) => v.hash(&mut h),
            Attr::Float(v) => v.to_bits().hash(&mut h),
            Attr::Bool(v) => v.hash(&mut h),
            Attr::Str(v) => v.hash(&mut h),
            Attr::DType(v) => v.hash(&mut h),
            Attr::Ints(v) => v.hash(&mut h),
            Attr::Floats(v) => v.iter().for_each(|v| v.to_bits().hash(&mut h)),
            Attr::Strs(v) => v.hash(&mut h),
            Attr::Pairs(v) => v.hash(&mut h),
            Attr::Tensor(l) => l.hash(&mut h),
        }
    }
}

macro_rules! attr_from {
    ($($t:ty => |$v:ident| $e:expr),+ $(,)?) => { $(impl From<$t> for Attr {
        fn from($v: $t) -> Attr { $e }
    })+ };
}
attr_from!(
    i64 => |v| Attr::Int(v),
    i32 => |v| Attr::Int(v.into()),
    f64 => |v| Attr::Float(v),
    bool => |v| Attr::Bool(v),
    &str => |v| Attr::Str(v.into()),
    String => |v| Attr::Str(v),
    DType => |v| Attr::DType(v),
    Vec<i64> => |v| Attr::Ints(v),
    Vec<f64> => |v| Attr::Floats(v),
    Vec<String> => |v| Attr::Strs(v),
    Vec<[i64; 2]> => |v| Attr::Pairs(v),
    Literal => |v| Attr::Tensor(v),
);

impl<const N: usize> From<[i64; N]> for Attr {
    fn from(v: [i64; N]) -> Attr {
        Attr::Ints(v.to_vec())
    }
}

impl<const N: usize> From<[f64; N]> for Attr {
    fn from(v: [f64; N]) -> Attr {
        Attr::Floats(v.to_vec())
    }
}

impl<const N: usize> From<[[i64; 2]; N]> for Attr {
    fn from(v: [[i64; 2]; N]) -> Attr {
        Attr::Pairs(v.to_vec())
    }
}

/// A Rust type that an op's attribute can have.
pub trait AttrType: Clone + PartialEq + fmt::Debug + Send + Sync + 'static {
    /// The type's name in op schemas, TensorFlow's where it has one.
    fn type_name() -> String;
    /// Reads it; `None` where the value is of another type.
    fn read(a: &Attr) -> Option<Self>;
    /// Writes it.
    fn write(&self) -> Attr;
    /// Feeds it to a hasher, so that equal values hash equal.
    fn hash_to<H: Hasher>(&self, h: &mut H);
}

macro_rules! attr_type {
    ($($t:ty, $name:literal, |$a:ident| $read:expr, |$s:ident, $h:ident| $hash:expr);+ $(;)?) => { $(impl AttrType for $t {
        fn type_name() -> String { $name.into() }
        fn read($a: &Attr) -> Option<Self> { $read }
        fn write(&self) -> Attr { Attr::from(self.clone()) }
        fn hash_to<H: Hasher>(&self, $h: &mut H) { let $s = self; $hash }
    })+ };
}

/// Integers of a constant input, for attributes that TensorFlow takes as tensors.
fn const_ints(a: &Attr) -> Option<Vec<i64>> {
    match a {
        Attr::Tensor(l) if l.dtype.is_exact() => Some(l.to_i64s()),
        _ => None,
    }
}

attr_type! {
    i64, "int", |a| match a {
        Attr::Int(v) => Some(*v),
        a => const_ints(a).filter(|v| v.len() == 1).map(|v| v[0]),
    }, |s, h| s.hash(h);
    f64, "float", |a| match a {
        Attr::Float(v) => Some(*v),
        Attr::Int(v) => Some(*v as f64),
        Attr::Tensor(l) if l.len() == 1 => Some(l.f64_at(0)),
        _ => None,
    }, |s, h| s.to_bits().hash(h);
    bool, "bool", |a| if let Attr::Bool(v) = a { Some(*v) } else { None }, |s, h| s.hash(h);
    String, "string", |a| if let Attr::Str(v) = a { Some(v.clone()) } else { None }, |s, h| s.hash(h);
    DType, "type", |a| match a {
        Attr::DType(v) => Some(*v),
        Attr::Str(s) => s.parse().ok(),
        _ => None,
    }, |s, h| s.hash(h);
    Vec<i64>, "list(int)", |a| match a {
        Attr::Ints(v) => Some(v.clone()),
        Attr::Int(v) => Some(vec![*v]),
        Attr::Floats(v) if v.is_empty() => Some(vec![]),
        a => const_ints(a),
    }, |s, h| s.hash(h);
    Vec<f64>, "list(float)", |a| match a {
        Attr::Floats(v) => Some(v.clone()),
        Attr::Ints(v) => Some(v.iter().map(|&v| v as f64).collect()),
        Attr::Tensor(l) => Some(l.to_f64s()),
        _ => None,
    }, |s, h| s.iter().for_each(|v| v.to_bits().hash(h));
    Vec<String>, "list(string)", |a| if let Attr::Strs(v) = a { Some(v.clone()) } else { None }, |s, h| s.hash(h);
    Vec<[i64; 2]>, "list(list(int))", |a| match a {
        Attr::Pairs(v) => Some(v.clone()),
        Attr::Ints(v) if v.is_empty() => Some(vec![]),
        a => const_ints(a).filter(|v| v.len().is_multiple_of(2)).map(|v| v.as_chunks::<2>().0.to_vec()),
    }, |s, h| s.hash(h);
    Literal, "tensor", |a| if let Attr::Tensor(l) = a { Some(l.clone()) } else { None }, |s, h| s.hash(h);
}

impl<T: AttrType> AttrType for Option<T> {
    fn type_name() -> String {
        format!("optional {}", T::type_name())
    }
    fn read(a: &Attr) -> Option<Self> {
        if *a == Attr::None { Some(None) } else { T::read(a).map(Some) }
    }
    fn write(&self) -> Attr {
        self.as_ref().map_or(Attr::None, T::write)
    }
    fn hash_to<H: Hasher>(&self, h: &mut H) {
        self.is_some().hash(h);
        if let Some(v) = self {
            v.hash_to(h);
        }
    }
}

/// Declares an enum attribute by the strings TensorFlow uses for it.
#[macro_export]
macro_rules! attr_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// TensorFlow's string.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::Error;
            fn from_str(s: &str) -> $crate::Result<Self> {
                match s {
                    $($text => Ok($name::$variant),)+
                    _ => Err($crate::Error::invalid(stringify!($name), "value", [$($text),+].join(" or "), format_args!("{s:?}"))),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl $crate::tensor::AttrType for $name {
            fn type_name() -> String {
                format!("{{{}}}", [$($text),+].join(", "))
            }
            fn read(a: &$crate::tensor::Attr) -> Option<Self> {
                if let $crate::tensor::Attr::Str(s) = a { s.parse().ok() } else { None }
            }
            fn write(&self) -> $crate::tensor::Attr {
                $crate::tensor::Attr::Str(self.as_str().into())
            }
            fn hash_to<H: std::hash::Hasher>(&self, h: &mut H) {
                std::hash::Hash::hash(self, h);
            }
        }
    };
}

/// Attributes by name, as they come from outside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Args(pub BTreeMap<String, Attr>);

impl Args {
    /// Reads attribute `name` of `op`.
    ///
    /// # Errors
    /// `InvalidArgument` when it is of another type, or missing without a default.
    pub fn get<T: AttrType>(&self, op: &str, name: &str, default: Option<T>) -> Result<T> {
        match (self.0.get(name), default) {
            (Some(a), _) => T::read(a).ok_or_else(|| Error::invalid(op, name, T::type_name(), a)),
            (None, Some(d)) => Ok(d),
            (None, None) => {
                T::read(&Attr::None).ok_or_else(|| Error::invalid(op, name, T::type_name(), "nothing"))
            }
        }
    }

    /// Refuses attributes that `op` does not know.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the known ones.
    pub fn only(&self, op: &str, known: &[&str]) -> Result<()> {
        match self.0.keys().find(|k| !known.contains(&k.as_str())) {
            None => Ok(()),
            Some(k) => Err(Error::invalid(
                op,
                k,
                format_args!("one of the attributes {known:?}"),
                format_args!("{k:?}"),
            )),
        }
    }
}

impl<K: Into<String>, V: Into<Attr>, const N: usize> From<[(K, V); N]> for Args {
    fn from(items: [(K, V); N]) -> Self {
        Args(items.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }
}
