//! Declaration of layers by their arguments.

use super::weight::WeightSpec;
use crate::error::{Error, Result};
use crate::keras::object::Config;
use crate::shape::Shape;
use serde_json::Value;

/// A layer that is made of its arguments alone, as Keras' are.
pub(crate) trait Configured: Sized {
    /// Keras' name of the class.
    const CLASS: &'static str;
    /// All arguments by name.
    fn arguments(&self) -> Config;
    /// The layer that [`Configured::arguments`] describe; those that are missing have their defaults.
    fn from_arguments(config: &Config) -> Result<Self>;
    /// Checks arguments that are names of things.
    fn check_arguments(&self) -> Result<()>;
}

/// A layer that is configured with how its kernels and biases are made.
pub(crate) trait KernelAndBias {
    /// A kernel as the layer asks for it.
    fn kernel_spec(&self, name: &str, shape: Shape) -> WeightSpec;
    /// A bias as the layer asks for it.
    fn bias_spec(&self, name: &str, shape: Shape) -> WeightSpec;
}

/// The configuration without arguments of Keras that are not supported, which must have their usual values.
pub(crate) fn without_fixed(class: &str, config: &Config, fixed: &[(&str, Value)]) -> Result<Config> {
    let mut rest = config.clone();
    for (name, usual) in fixed {
        if let Some(given) = rest.remove(*name)
            && given != *usual
        {
            return Err(Error::unimplemented(
                class,
                format_args!("{name}={given}; only {usual} is supported"),
            ));
        }
    }
    Ok(rest)
}

/// Declares a layer: its arguments without a default in `(..)`, then the others. The word before a type says what a setter takes: `plain`
/// the type itself, `into` what becomes it and is checked before the first use, `maybe` the same for an argument that may be missing.
/// `weights` behind them adds what the first values, penalties and constraints of kernels and biases are, and makes the layer
/// [`KernelAndBias`]. `fixed` names arguments of Keras that are always as given here.
///
/// ```text
/// layer! {
///     /// What it computes.
///     Dense(
///         /// Size of the output.
///         units: plain usize,
///     ) {
///         /// Applied to the result.
///         activation: into Activation = "linear",
///         /// Penalty on what is computed.
///         penalty: maybe RegularizerArg,
///     } weights fixed { quantization_config: null }
/// }
/// ```
macro_rules! layer {
    (
        $(#[$meta:meta])*
        $name:ident ($($(#[doc = $rdoc:literal])+ $r:ident: $rk:ident $rt:ty),* $(,)?)
        { $($(#[doc = $fdoc:literal])+ $f:ident: $k:ident $t:ty $(= $d:expr)?),* $(,)? }
        $(fixed { $($x:ident: $xv:tt),* $(,)? })?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name {
            $($(#[doc = $rdoc])+ pub $r: $rt,)*
            $($(#[doc = $fdoc])+ pub $f: $crate::keras::base::layer!(@type $k $t),)*
        }

        impl $name {
            /// The layer with Keras' defaults for all other arguments.
            pub fn new($($r: $crate::keras::base::layer!(@takes $rk $rt)),*) -> Self {
                $name {
                    $($r: $crate::keras::base::layer!(@take $rk $r),)*
                    $($f: $crate::keras::base::layer!(@default $k $($d)?),)*
                }
            }

            $(
                $(#[doc = $fdoc])+
                #[must_use]
                pub fn $f(mut self, $f: $crate::keras::base::layer!(@takes $k $t)) -> Self {
                    self.$f = $crate::keras::base::layer!(@set $k $f);
                    self
                }
            )*
        }

        $crate::keras::base::layer!(@default_impl $name ($($r),*));

        impl $crate::keras::base::Configured for $name {
            const CLASS: &'static str = stringify!($name);

            fn arguments(&self) -> $crate::keras::object::Config {
                #[allow(unused_imports, reason = "a layer may have no arguments")]
                use $crate::keras::object::Setting;
                #[allow(unused_mut, reason = "a layer may have no arguments")]
                let mut c = $crate::keras::object::Config::new();
                $(c.insert(stringify!($r).into(), self.$r.write());)*
                $(c.insert(stringify!($f).into(), self.$f.write());)*
                $($(c.insert(stringify!($x).into(), serde_json::json!($xv));)*)?
                c
            }

            fn from_arguments(config: &$crate::keras::object::Config) -> $crate::Result<Self> {
                let fixed: &[(&str, serde_json::Value)] = &[$($((stringify!($x), serde_json::json!($xv))),*)?];
                let rest = $crate::keras::base::without_fixed(stringify!($name), config, fixed)?;
                #[allow(unused_mut, reason = "a layer may have no arguments")]
                let mut fields = $crate::keras::object::Fields::new(stringify!($name), &rest);
                let made = $name {
                    $($r: fields.required(stringify!($r))?,)*
                    $($f: fields.optional(stringify!($f))?.unwrap_or_else(|| $crate::keras::base::layer!(@default $k $($d)?)),)*
                };
                fields.finish()?;
                Ok(made)
            }

            fn check_arguments(&self) -> $crate::Result<()> {
                $($crate::keras::base::layer!(@check $rk self.$r);)*
                $($crate::keras::base::layer!(@check $k self.$f);)*
                Ok(())
            }
        }
    };
    (
        $(#[$meta:meta])*
        $name:ident ($($required:tt)*) { $($own:tt)* } weights $(fixed $fixed:tt)?
    ) => {
        $crate::keras::base::layer! {
            $(#[$meta])*
            $name ($($required)*) {
                $($own)*
                /// First value of each kernel.
                kernel_initializer: into $crate::keras::InitializerArg = "glorot_uniform",
                /// First value of each bias.
                bias_initializer: into $crate::keras::InitializerArg = "zeros",
                /// Penalty on each kernel.
                kernel_regularizer: maybe $crate::keras::RegularizerArg,
                /// Penalty on each bias.
                bias_regularizer: maybe $crate::keras::RegularizerArg,
                /// What each kernel must satisfy.
                kernel_constraint: maybe $crate::keras::ConstraintArg,
                /// What each bias must satisfy.
                bias_constraint: maybe $crate::keras::ConstraintArg,
            } $(fixed $fixed)?
        }

        impl $crate::keras::base::KernelAndBias for $name {
            fn kernel_spec(&self, name: &str, shape: $crate::Shape) -> $crate::keras::base::WeightSpec {
                $crate::keras::base::WeightSpec::of(
                    name, shape, &self.kernel_initializer, &self.kernel_regularizer, &self.kernel_constraint,
                )
            }

            fn bias_spec(&self, name: &str, shape: $crate::Shape) -> $crate::keras::base::WeightSpec {
                $crate::keras::base::WeightSpec::of(
                    name, shape, &self.bias_initializer, &self.bias_regularizer, &self.bias_constraint,
                )
            }
        }
    };
    (@type maybe $t:ty) => { Option<$t> };
    (@type $k:ident $t:ty) => { $t };
    (@takes plain $t:ty) => { $t };
    (@takes $k:ident $t:ty) => { impl Into<$t> };
    (@take plain $v:ident) => { $v };
    (@take $k:ident $v:ident) => { $v.into() };
    (@set plain $v:ident) => { $v };
    (@set into $v:ident) => { $v.into() };
    (@set maybe $v:ident) => { Some($v.into()) };
    (@default plain $d:expr) => { $d };
    (@default into $d:expr) => { $d.into() };
    (@default maybe) => { None };
    (@check plain $v:expr) => {};
    (@check $k:ident $v:expr) => { $crate::keras::base::Checked::check(&$v)?; };
    (@default_impl $name:ident ()) => {
        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
    };
    (@default_impl $name:ident ($($r:ident),+)) => {};
}
pub(crate) use layer;

/// Inside of `impl Layer` of a layer declared by [`layer!`]: class, configuration and check follow from the declaration. `with |s| ..`
/// adds a check of one's own, `config |s| ..` writes a configuration of one's own.
macro_rules! configured {
    ($(with |$s:ident| $check:expr)? $(, config |$cs:ident| $config:expr)?) => {
        fn class_name(&self) -> &'static str {
            <Self as $crate::keras::base::Configured>::CLASS
        }

        fn config(&self) -> $crate::Result<$crate::keras::object::Config> {
            $crate::keras::base::configured!(@config self $($cs $config)?)
        }

        fn validate(&self) -> $crate::Result<()> {
            $crate::keras::base::Configured::check_arguments(self)?;
            $(
                let $s = self;
                $check?;
            )?
            Ok(())
        }
    };
    (@config $self:ident) => { Ok($crate::keras::base::Configured::arguments($self)) };
    (@config $self:ident $cs:ident $config:expr) => {{
        let $cs = $self;
        Ok($config)
    }};
}
pub(crate) use configured;
