//! Arguments of classes as they stand in a configuration.

use crate::dtype::DType;
use crate::ops::Axes;
use serde_json::Value;

/// A Rust type that an argument of a Keras class can have.
pub(crate) trait Setting: Sized {
    /// What a value must be, for messages.
    const WANTED: &'static str;
    /// Reads it; `None` where the value is of another type.
    fn read(v: &Value) -> Option<Self>;
    /// Writes it.
    fn write(&self) -> Value;
}

impl Setting for bool {
    const WANTED: &'static str = "true or false";
    fn read(v: &Value) -> Option<Self> {
        v.as_bool()
    }
    fn write(&self) -> Value {
        Value::from(*self)
    }
}

impl Setting for f64 {
    const WANTED: &'static str = "a number";
    fn read(v: &Value) -> Option<Self> {
        v.as_f64()
    }
    fn write(&self) -> Value {
        Value::from(*self)
    }
}

impl Setting for i64 {
    const WANTED: &'static str = "a whole number";
    fn read(v: &Value) -> Option<Self> {
        v.as_i64()
    }
    fn write(&self) -> Value {
        Value::from(*self)
    }
}

impl Setting for String {
    const WANTED: &'static str = "text";
    fn read(v: &Value) -> Option<Self> {
        v.as_str().map(str::to_string)
    }
    fn write(&self) -> Value {
        Value::from(self.as_str())
    }
}

impl Setting for DType {
    const WANTED: &'static str = "the name of a dtype";
    fn read(v: &Value) -> Option<Self> {
        v.as_str()?.parse().ok()
    }
    fn write(&self) -> Value {
        Value::from(self.name())
    }
}

impl<T: Setting> Setting for Option<T> {
    const WANTED: &'static str = T::WANTED;
    fn read(v: &Value) -> Option<Self> {
        if v.is_null() { Some(None) } else { T::read(v).map(Some) }
    }
    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::write)
    }
}

impl<T: Setting> Setting for Vec<T> {
    const WANTED: &'static str = "a list";
    fn read(v: &Value) -> Option<Self> {
        // Keras writes some lists as tensors.
        let list = if v["class_name"] == "__tensor__" { &v["config"]["value"] } else { v };
        list.as_array()?.iter().map(T::read).collect()
    }
    fn write(&self) -> Value {
        Value::Array(self.iter().map(T::write).collect())
    }
}

/// One axis, a list of axes, or all of them.
impl Setting for Axes {
    const WANTED: &'static str = "an axis, a list of axes or null";
    fn read(v: &Value) -> Option<Self> {
        match v {
            Value::Null => Some(Axes(None)),
            Value::Array(_) => Vec::<i64>::read(v).map(|a| Axes(Some(a))),
            v => v.as_i64().map(|a| Axes(Some(vec![a]))),
        }
    }
    fn write(&self) -> Value {
        match self.0.as_deref() {
            None => Value::Null,
            Some([axis]) => Value::from(*axis),
            Some(axes) => Value::from(axes),
        }
    }
}

/// Declares an enum whose values Keras writes as text.
macro_rules! choice {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $vdoc:literal])+ $(#[$meta:meta])* $variant:ident = $text:literal $(or $alias:literal)*),+ $(,)? }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
        pub enum $name {
            $($(#[doc = $vdoc])+ $(#[$meta])* $variant),+
        }

        impl $crate::keras::object::Setting for $name {
            const WANTED: &'static str = concat!("one of" $(, " ", $text)+);
            fn read(v: &serde_json::Value) -> Option<Self> {
                match v.as_str()? {
                    $($text $(| $alias)* => Some($name::$variant),)+
                    _ => None,
                }
            }
            fn write(&self) -> serde_json::Value {
                match self { $($name::$variant => $text.into()),+ }
            }
        }
    };
}
pub(crate) use choice;
