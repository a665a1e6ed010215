//! Declaration of classes that are nothing but their arguments.

/// Declares a class by its arguments: those without a default in `(..)`, those with one in the first `{..}`, those that are `None` unless
/// they are set in the second; state that is no argument in `[..]`. Gives `new`, a setter an argument, and reading and writing of
/// configurations.
macro_rules! class {
    (
        $(#[$meta:meta])*
        $name:ident ($($(#[doc = $rdoc:literal])+ $r:ident: $rt:ty),* $(,)?)
        { $($(#[doc = $fdoc:literal])+ $f:ident: $t:ty = $d:expr),* $(,)? }
        { $($(#[doc = $odoc:literal])+ $o:ident: $ot:ty),* $(,)? }
        [ $($s:ident: $st:ty = $se:expr),* $(,)? ]
    ) => {
        $(#[$meta])*
        #[derive(Debug)]
        pub struct $name {
            $($(#[doc = $rdoc])+ pub $r: $rt,)*
            $($(#[doc = $fdoc])+ pub $f: $t,)*
            $($(#[doc = $odoc])+ pub $o: Option<$ot>,)*
            $($s: $st,)*
        }

        impl $name {
            $crate::keras::object::class!(@new $name ($($r: $rt),*) { $($f: $t = $d),* } { $($o),* } [$($s = $se),*]);

            $(
                $(#[doc = $fdoc])+
                #[must_use]
                pub fn $f(mut self, $f: impl Into<$t>) -> Self {
                    self.$f = $f.into();
                    self
                }
            )*
            $(
                $(#[doc = $odoc])+
                #[must_use]
                pub fn $o(mut self, $o: impl Into<$ot>) -> Self {
                    self.$o = Some($o.into());
                    self
                }
            )*

            /// Keras' name of the class.
            pub(crate) const NAME: &'static str = stringify!($name);

            /// All arguments by name.
            pub(crate) fn arguments(&self) -> $crate::keras::object::Config {
                #[allow(unused_imports, reason = "a class may have no arguments")]
                use $crate::keras::object::Setting;
                #[allow(unused_mut, reason = "a class may have no arguments")]
                let mut c = $crate::keras::object::Config::new();
                $(c.insert(stringify!($r).into(), self.$r.write());)*
                $(c.insert(stringify!($f).into(), self.$f.write());)*
                $(c.insert(stringify!($o).into(), self.$o.write());)*
                c
            }

            /// The object that [`arguments`](Self::arguments) describe; those that are missing have their defaults.
            ///
            /// # Errors
            /// `InvalidArgument` for arguments that are missing, unknown or of another type.
            pub fn from_config(config: &$crate::keras::object::Config) -> $crate::Result<Self> {
                #[allow(unused_mut, reason = "a class may have no arguments")]
                let mut fields = $crate::keras::object::Fields::new(Self::NAME, config);
                let made = $name {
                    $($r: fields.required(stringify!($r))?,)*
                    $($f: fields.optional(stringify!($f))?.unwrap_or_else(|| $d.into()),)*
                    $($o: fields.optional(stringify!($o))?.flatten(),)*
                    $($s: $se,)*
                };
                fields.finish()?;
                Ok(made)
            }
        }

        $crate::keras::object::class!(@default $name ($($r),*));
    };
    (@new $name:ident () { $($f:ident: $t:ty = $d:expr),* } { $($o:ident),* } [$($s:ident = $se:expr),*]) => {
        /// With Keras' defaults.
        pub fn new() -> Self {
            $name { $($f: $d.into(),)* $($o: None,)* $($s: $se,)* }
        }
    };
    (@new $name:ident ($($r:ident: $rt:ty),+) { $($f:ident: $t:ty = $d:expr),* } { $($o:ident),* } [$($s:ident = $se:expr),*]) => {
        /// From the arguments without a default; the others have Keras' defaults.
        pub fn new($($r: impl Into<$rt>),+) -> Self {
            $name { $($r: $r.into(),)+ $($f: $d.into(),)* $($o: None,)* $($s: $se,)* }
        }
    };
    (@default $name:ident ()) => {
        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
    };
    (@default $name:ident ($($r:ident),+)) => {};
}
pub(crate) use class;
