//! The functions that every kind of object has: `get`, `deserialize`, `register`.

/// Declares them for a trait with a registry, and the trait of what may stand for an object.
macro_rules! family {
    ($trait:ident, $into:ident, $registry:ident, $kind:literal, $keras:literal) => {
        #[doc = concat!("What may stand where a ", $kind, " is wanted: its name, its configuration, or an object.")]
        pub trait $into {
            /// The object.
            ///
            /// # Errors
            /// `InvalidArgument` for an unknown name, which lists those that are known, and for arguments that do not fit.
            fn into_object(self) -> $crate::Result<std::sync::Arc<dyn $trait>>;
        }

        impl<T: $trait + 'static> $into for T {
            fn into_object(self) -> $crate::Result<std::sync::Arc<dyn $trait>> {
                Ok(std::sync::Arc::new(self))
            }
        }

        impl $into for std::sync::Arc<dyn $trait> {
            fn into_object(self) -> $crate::Result<std::sync::Arc<dyn $trait>> {
                Ok(self)
            }
        }

        impl $into for &str {
            fn into_object(self) -> $crate::Result<std::sync::Arc<dyn $trait>> {
                $registry.make(self, &$crate::keras::object::Config::new())
            }
        }

        impl $into for &serde_json::Value {
            fn into_object(self) -> $crate::Result<std::sync::Arc<dyn $trait>> {
                $registry.deserialize(self)
            }
        }

        #[doc = concat!("The ", $kind, " of a name or configuration (`", $keras, ".get`); an object is returned as it is.")]
        ///
        /// # Errors
        /// `InvalidArgument` for an unknown name, which lists those that are known, and for arguments that do not fit.
        pub fn get(identifier: impl $into) -> $crate::Result<std::sync::Arc<dyn $trait>> {
            identifier.into_object()
        }

        #[doc = concat!("The ", $kind, " that `serialize` described (`", $keras, ".deserialize`).")]
        ///
        /// # Errors
        /// As [`get`].
        pub fn deserialize(config: &serde_json::Value) -> $crate::Result<std::sync::Arc<dyn $trait>> {
            $registry.deserialize(config)
        }

        #[doc = concat!("Makes a class of the caller's known to [`get`] and [`deserialize`] (`keras.saving.register_keras_serializable`).")]
        pub fn register(
            class_name: &str,
            make: fn(&$crate::keras::object::Config) -> $crate::Result<std::sync::Arc<dyn $trait>>,
        ) {
            $registry.register(class_name, make);
        }
    };
}
pub(crate) use family;

/// Lists classes for a registry: each with the names that it is found by beside its own.
macro_rules! classes {
    ($($name:ident [$($alias:literal),*]),+ $(,)?) => {
        &[$($crate::keras::object::Class {
            name: stringify!($name),
            aliases: &[$($alias),*],
            make: |c| Ok(std::sync::Arc::new($name::from_config(c)?)),
        }),+]
    };
}
pub(crate) use classes;

/// The name of a type without its path: what a class is called that says nothing else.
pub(crate) fn bare_type_name<T: ?Sized>() -> &'static str {
    let full = std::any::type_name::<T>();
    let bare = full.split('<').next().unwrap_or(full);
    bare.rsplit("::").next().unwrap_or(bare)
}
