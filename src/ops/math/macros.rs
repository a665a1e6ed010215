//! Declarations of elementwise ops in a line each: the op, its function, its row.

/// Ops of one tensor, listed in a constant. A line: name, function (`_` for none), TensorFlow's path, what it builds, the range of its test
/// inputs (`; wide` where TensorFlow has no float16), error cases, perhaps its own derivative, further cases.
macro_rules! unary {
    ($ops:ident; $($(#[doc = $doc:literal])+ $name:ident, $f:tt, $api:literal, |$g:ident, $x:ident| $build:expr,
        ($lo:expr, $hi:expr $(; $wide:ident)?), errors [$($error:expr),*] $(, vjp |$vg:ident, $vx:ident, $vy:ident, $vdy:ident| $vjp:expr)? $(, more [$($case:expr),*])?;)+) => {
        $(
            $crate::op! {
                $(#[doc = $doc])+
                $name in $api ($x) {}
                build |s, $g| $build;
                $(vjp |s, $vg, $vx, $vy, $vdy| $vjp;)?
                cases [
                    case().range([2, 3], $lo, $hi),
                    case().range([], $lo, $hi),
                    case().range([0, 2], $lo, $hi),
                    case().specials(),
                    case().input($crate::ops::math::macros::narrowest(&[$(stringify!($wide))?]), [5], $crate::tensor::Fill::Uniform($lo, $hi)).forward_only(),
                    case().input($crate::DType::Float64, [5], $crate::tensor::Fill::Uniform($lo, $hi))
                    $($(, $case)*)?
                ]
                errors [$($error),*]
            }
            $crate::ops::math::macros::function!([$($doc)+] $name, $f, $api);
        )+
        pub(super) const $ops: &[$crate::tensor::Row] = &[$($crate::tensor::row::<$name>()),+];
    };
}

/// The function of an op of one tensor without attributes.
macro_rules! function {
    ([$($doc:literal)+] $name:ident, _, $api:literal) => {};
    ([$($doc:literal)+] $name:ident, $f:ident, $api:literal) => {
        $(#[doc = $doc])+
        #[doc = ""]
        #[doc = concat!("TensorFlow: `", $api, "`. The result has the shape of `x`.")]
        ///
        /// # Errors
        /// `InvalidArgument` for a dtype that the function is not defined on.
        pub fn $f(x: impl $crate::IntoTensor) -> $crate::Result<$crate::Tensor> {
            $crate::tensor::run_one(&$name {}, &[&x.into_tensor(None)?])
        }
    };
}

/// Ops of two tensors, which broadcast, listed in a constant. A line: name, function (`_` for none), TensorFlow's path, what it builds from
/// operands of equal shapes, perhaps its own derivative, cases, error cases beside that of shapes which do not broadcast.
macro_rules! binary {
    ($ops:ident; $($(#[doc = $doc:literal])+ $name:ident, $f:tt, $api:literal, |$g:ident, $x:ident, $y:ident| $build:expr,
        $(vjp |$vg:ident, $vx:ident, $vy:ident, $vdy:ident| $vjp:expr,)?
        cases [$($case:expr),+], errors [$($error:expr),*];)+) => {
        $(
            $crate::op! {
                $(#[doc = $doc])+
                $name in $api ($x, $y) {}
                build |s, $g| {
                    let ($x, $y) = $g.broadcast_pair(stringify!($name), $x, $y)?;
                    $build
                };
                $(vjp |s, $vg, $vx, $vy, $vdy| $vjp;)?
                cases [$($case),+]
                errors [
                    case().input($crate::ops::math::macros::own_dtype(&[$($case),+]), [2, 3], $crate::tensor::Fill::Values(vec![1.0]))
                        .input($crate::ops::math::macros::own_dtype(&[$($case),+]), [2], $crate::tensor::Fill::Values(vec![1.0]))
                    $(, $error)*
                ]
            }
            $crate::ops::math::macros::function_of_two!([$($doc)+] $name, $f, $api);
        )+
        pub(super) const $ops: &[$crate::tensor::Row] = &[$($crate::tensor::row::<$name>()),+];
    };
}

/// The function of an op of two tensors without attributes.
macro_rules! function_of_two {
    ([$($doc:literal)+] $name:ident, _, $api:literal) => {};
    ([$($doc:literal)+] $name:ident, $f:ident, $api:literal) => {
        $(#[doc = $doc])+
        #[doc = ""]
        #[doc = concat!("TensorFlow: `", $api, "`. Operands broadcast; plain numbers take the other's dtype.")]
        ///
        /// # Errors
        /// `InvalidArgument` for different dtypes, shapes that do not broadcast, or a dtype that the function is not defined on.
        pub fn $f(x: impl $crate::IntoTensor, y: impl $crate::IntoTensor) -> $crate::Result<$crate::Tensor> {
            let (x, y) = $crate::tensor::pair(x, y)?;
            $crate::tensor::run_one(&$name {}, &[&x, &y])
        }
    };
}

/// float16, or float32 for the functions that TensorFlow has for wider floats only.
pub(super) fn narrowest(wide: &[&str]) -> crate::DType {
    if wide.is_empty() { crate::DType::Float16 } else { crate::DType::Float32 }
}

/// The dtype of the first case's first input.
pub(super) fn own_dtype(cases: &[crate::tensor::Case]) -> crate::DType {
    cases.first().and_then(|c| c.inputs.first()).map_or(crate::DType::Float32, |s| s.dtype)
}

pub(super) use {binary, function, function_of_two, unary};
