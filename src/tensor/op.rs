//! The door's declaration: an op is a struct whose fields are its attributes.

use super::Tensor;
use super::attr::{Args, Attr};
use super::case::Case;
use crate::error::Result;
use crate::hlo::{Graph, Literal, Val};
use std::any::Any;
use std::fmt;
use std::hash::Hasher;

/// Where an op's work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// On the device, from a graph of primitives.
    Device,
    /// On the host: inputs are read back. In a trace it is an error that names the form which works there.
    Host,
}

/// Which real TensorFlow function an op's golden values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// `tf.raw_ops.NAME`: inputs and attributes carry its argument names.
    Raw,
    /// The function in [`Info::api`], for ops that TensorFlow composes in Python.
    Api,
}

/// The facts of an op beside its code.
#[derive(Debug)]
pub struct Info {
    /// TensorFlow's name of the op (`tf.raw_ops`), or of the function where there is no such op.
    pub name: &'static str,
    /// The function that users call, such as `tf.nn.softmax`.
    pub api: &'static str,
    /// First sentence: what it does.
    pub doc: &'static str,
    /// Names of the inputs.
    pub inputs: &'static [&'static str],
    /// Whether the last input stands for any number of tensors.
    pub variadic: bool,
    /// Where it runs.
    pub place: Place,
    /// Where goldens come from.
    pub truth: Truth,
    /// What it does with inputs of dtype string.
    pub strings: Strings,
}

/// What an op does with inputs of dtype string, which only the host has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strings {
    /// It refuses them.
    Refused,
    /// It moves or compares them without a look inside: the first this many results (all for `usize::MAX`) are strings.
    Moved(usize),
    /// It is an op of strings.
    Read,
}

/// Results of a build.
pub trait IntoOutputs {
    /// As a list.
    fn into_outputs(self) -> Vec<Val>;
}

impl IntoOutputs for Val {
    fn into_outputs(self) -> Vec<Val> {
        vec![self]
    }
}

impl IntoOutputs for Vec<Val> {
    fn into_outputs(self) -> Vec<Val> {
        self
    }
}

impl IntoOutputs for (Val, Val) {
    fn into_outputs(self) -> Vec<Val> {
        vec![self.0, self.1]
    }
}

impl<const N: usize> IntoOutputs for [Val; N] {
    fn into_outputs(self) -> Vec<Val> {
        self.to_vec()
    }
}

/// Adjoints of an op's inputs.
pub type Adjoints = Vec<Option<Val>>;

/// An op: attributes, what it builds from primitives, and the cases it is tested on. Declared with [`op!`](crate::op).
pub trait Op: Clone + fmt::Debug + Send + Sync + Sized + 'static {
    /// Its facts.
    const INFO: Info;
    /// Whether [`Op::vjp`] is its own.
    const OWN_VJP: bool = false;

    /// Attributes with their types and defaults.
    fn schema() -> Vec<AttrSchema>;
    /// From attributes by name.
    ///
    /// # Errors
    /// `InvalidArgument` for attributes that are missing, unknown or of the wrong type.
    fn read(a: &Args) -> Result<Self>;
    /// Attributes by name.
    fn attrs(&self) -> Vec<(&'static str, Attr)>;
    /// Whether all attributes are equal.
    #[cfg(not(target_family = "wasm"))]
    fn same(&self, other: &Self) -> bool;
    /// Feeds all attributes to a hasher.
    #[cfg(not(target_family = "wasm"))]
    fn hash_to(&self, h: &mut dyn Hasher);
    /// What it computes, in primitives.
    ///
    /// # Errors
    /// `InvalidArgument` where inputs and attributes do not fit; errors of primitives are renamed to the op by the caller.
    fn build(&self, g: &mut Graph, x: &[Val]) -> Result<Vec<Val>>;
    /// Its own derivative, where that of the primitives would be worse or other than TensorFlow's.
    fn vjp(&self, _g: &mut Graph, _x: &[Val], _y: &[Val], _dy: &[Option<Val>]) -> Option<Result<Adjoints>> {
        None
    }
    /// What a host op computes.
    ///
    /// # Errors
    /// As [`Op::build`].
    fn host(&self, _x: &[Literal]) -> Result<Vec<Literal>> {
        Err(crate::Error::internal(Self::INFO.name, "has no host form"))
    }
    /// What an op of the host computes by reading what it needs and calling other ops, so that gradients flow.
    fn compose(&self, _x: &[&Tensor]) -> Option<Result<Vec<Tensor>>> {
        None
    }
    /// Inputs and attributes it is tested on.
    fn cases() -> Vec<Case>;
    /// Inputs and attributes that it must refuse, as TensorFlow does.
    fn error_cases() -> Vec<Case>;
}

/// An attribute as documented.
#[derive(Clone, Debug)]
pub struct AttrSchema {
    /// Name, TensorFlow's.
    pub name: &'static str,
    /// Type, TensorFlow's name.
    pub ty: String,
    /// Default, if there is one.
    pub default: Option<Attr>,
}

/// An [`Op`] behind a pointer.
pub trait DynOp: fmt::Debug + Send + Sync + Any {
    /// Its facts.
    fn info(&self) -> &'static Info;
    /// Attributes by name.
    fn attrs(&self) -> Vec<(&'static str, Attr)>;
    /// Whether `other` is the same op with equal attributes.
    #[cfg(not(target_family = "wasm"))]
    fn same(&self, other: &dyn DynOp) -> bool;
    /// Feeds attributes to a hasher.
    #[cfg(not(target_family = "wasm"))]
    fn hash_to(&self, h: &mut dyn Hasher);
    /// See [`Op::build`].
    ///
    /// # Errors
    /// As [`Op::build`].
    fn build(&self, g: &mut Graph, x: &[Val]) -> Result<Vec<Val>>;
    /// See [`Op::vjp`].
    fn vjp(&self, g: &mut Graph, x: &[Val], y: &[Val], dy: &[Option<Val>]) -> Option<Result<Adjoints>>;
    /// See [`Op::OWN_VJP`].
    fn has_own_vjp(&self) -> bool;
    /// See [`Op::host`].
    ///
    /// # Errors
    /// As [`Op::host`].
    fn host(&self, x: &[Literal]) -> Result<Vec<Literal>>;
    /// See [`Op::compose`].
    fn compose(&self, x: &[&Tensor]) -> Option<Result<Vec<Tensor>>>;
    /// A copy behind a new pointer.
    fn boxed(&self) -> Box<dyn DynOp>;
}

impl<T: Op> DynOp for T {
    fn info(&self) -> &'static Info {
        const { &T::INFO }
    }
    fn attrs(&self) -> Vec<(&'static str, Attr)> {
        Op::attrs(self)
    }
    #[cfg(not(target_family = "wasm"))]
    fn same(&self, other: &dyn DynOp) -> bool {
        (other as &dyn Any).downcast_ref::<T>().is_some_and(|o| Op::same(self, o))
    }
    #[cfg(not(target_family = "wasm"))]
    fn hash_to(&self, h: &mut dyn Hasher) {
        Op::hash_to(self, h);
    }
    fn build(&self, g: &mut Graph, x: &[Val]) -> Result<Vec<Val>> {
        Op::build(self, g, x)
    }
    fn vjp(&self, g: &mut Graph, x: &[Val], y: &[Val], dy: &[Option<Val>]) -> Option<Result<Adjoints>> {
        Op::vjp(self, g, x, y, dy)
    }
    fn has_own_vjp(&self) -> bool {
        T::OWN_VJP
    }
    fn host(&self, x: &[Literal]) -> Result<Vec<Literal>> {
        Op::host(self, x)
    }
    fn compose(&self, x: &[&Tensor]) -> Option<Result<Vec<Tensor>>> {
        Op::compose(self, x)
    }
    fn boxed(&self) -> Box<dyn DynOp> {
        Box::new(self.clone())
    }
}

/// Whether two ops are the same, with equal attributes. In a page by their attributes as values: a comparison of its own for each of
/// hundreds of types would be much of what the page loads.
pub(super) fn same(a: &dyn DynOp, b: &dyn DynOp) -> bool {
    #[cfg(target_family = "wasm")]
    return std::ptr::eq(a.info(), b.info()) && a.attrs() == b.attrs();
    #[cfg(not(target_family = "wasm"))]
    a.same(b)
}

/// Feeds an op's attributes to a hasher, so that ops that are the [`same`] hash equal.
pub(super) fn hash_to(op: &dyn DynOp, h: &mut dyn Hasher) {
    #[cfg(target_family = "wasm")]
    op.attrs().iter().for_each(|(_, a)| a.hash_to(h));
    #[cfg(not(target_family = "wasm"))]
    op.hash_to(h);
}

/// A registered op.
#[derive(Clone, Copy)]
pub struct Row {
    /// Its facts.
    pub info: &'static Info,
    /// Attributes with types and defaults.
    pub schema: fn() -> Vec<AttrSchema>,
    /// The op with given attributes, those that it does not know passed over.
    read: fn(&Args) -> Result<Box<dyn DynOp>>,
    /// The cases it is tested on.
    pub cases: fn() -> Vec<Case>,
    /// The cases it must refuse.
    pub error_cases: fn() -> Vec<Case>,
}

impl Row {
    /// The op with given attributes.
    ///
    /// # Errors
    /// `InvalidArgument` for attributes that are missing, unknown or of the wrong type.
    pub fn make(&self, a: &Args) -> Result<Box<dyn DynOp>> {
        let known: Vec<_> = (self.schema)().iter().map(|s| s.name).collect();
        a.only(self.info.name, &known)?;
        (self.read)(a)
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Row").field(&self.info.name).finish()
    }
}

/// The registry row of an op.
pub const fn row<T: Op>() -> Row {
    Row {
        info: const { &T::INFO },
        schema: T::schema,
        read: |a| Ok(Box::new(T::read(a)?)),
        cases: T::cases,
        error_cases: T::error_cases,
    }
}

/// A hasher seen through a pointer, for [`AttrType::hash_to`](super::AttrType::hash_to).
pub struct DynHasher<'a>(pub &'a mut dyn Hasher);

impl fmt::Debug for DynHasher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DynHasher")
    }
}

impl Hasher for DynHasher<'_> {
    fn finish(&self) -> u64 {
        self.0.finish()
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }
}

/// Declares an op: one struct, one registry row.
///
/// ```text
/// op! {
///     /// What it does, in a sentence.
///     Softmax in "tf.nn.softmax" (logits) { axis: i64 = -1 }
///     build |s, g| { ... g.div(e, sum) }
///     vjp |s, g, x, y, dy| { ... Ok(vec![Some(dx)]) }      // optional, one result; `vjps` for several: y and dy are slices
///     cases [case().f32([2, 3]), case().with("axis", 0).f32([2, 3])]
///     errors [case().with("axis", 2).f32([2, 3])]          // optional: what TensorFlow refuses
/// }
/// ```
///
/// Inputs stand by name in `(x, y)`, or `(x; values)` where the last stands for any number: it is then a slice. `NAME as "Raw"` gives
/// TensorFlow's name where Rust's must differ. `in api "tf.nn.gelu"` marks an op that TensorFlow composes in Python. `host |s, x|` in the
/// place of `build` makes an op of the host over values; `tensors |s, x|` one that reads the values it needs and calls other ops. Before these
/// `strings Moved(n);` or `strings Read;` may say that it takes strings; see [`Strings`].
#[macro_export]
macro_rules! op {
    (
        $(#[doc = $doc:literal])+
        $name:ident $(as $raw:literal)? in $($api_truth:ident)? $api:literal ($($x:ident),* $(; $rest:ident)?) { $($(#[doc = $fdoc:literal])* $f:ident: $t:ty $(= $d:expr)?),* $(,)? }
        $(strings $strings:ident $(($moved:expr))?;)?
        build |$s:ident, $g:ident| $build:expr;
        $(vjp |$vs:ident, $vg:ident, $vx:ident, $vy:ident, $vdy:ident| $vjp:expr;)?
        $(vjps |$ws:ident, $wg:ident, $wx:ident, $wy:ident, $wdy:ident| $vjps:expr;)?
        cases [$($case:expr),* $(,)?]
        $(errors [$($error:expr),* $(,)?])?
    ) => {
        $crate::op!(@struct [$($doc)+] $name { $([$($fdoc)*] $f: $t),* });
        impl $crate::tensor::Op for $name {
            $crate::op!(@common [$($strings $(($moved))?)?] $name [$($raw)?] [$($api_truth)?] $api [$($doc)+] ($($x),*) ($($rest)?) Device { $($f: $t $(= $d)?),* } [$($case),*] [$($($error),*)?]);
            fn build(&self, $g: &mut $crate::hlo::Graph, x: &[$crate::hlo::Val]) -> $crate::Result<Vec<$crate::hlo::Val>> {
                let $s = self;
                let _ = ($s, &*$g);
                $crate::op!(@bind x ($($x),*) ($($rest)?));
                let outputs = $build?;
                Ok($crate::tensor::IntoOutputs::into_outputs(outputs))
            }
            $(const OWN_VJP: bool = $crate::op!(@yes $vs);
            fn vjp(&self, $vg: &mut $crate::hlo::Graph, $vx: &[$crate::hlo::Val], y: &[$crate::hlo::Val], dy: &[Option<$crate::hlo::Val>]) -> Option<$crate::Result<$crate::tensor::Adjoints>> {
                let $vs = self;
                let _ = ($vs, &*$vg, $vx);
                let ($vy, $vdy) = (y[0], dy[0]?);
                let _ = ($vy, $vdy);
                let adjoints = |$vg: &mut $crate::hlo::Graph| -> $crate::Result<$crate::tensor::Adjoints> {
                    let _ = &*$vg;
                    $vjp
                };
                Some(adjoints($vg))
            })?
            $(const OWN_VJP: bool = $crate::op!(@yes $ws);
            fn vjp(&self, $wg: &mut $crate::hlo::Graph, $wx: &[$crate::hlo::Val], $wy: &[$crate::hlo::Val], $wdy: &[Option<$crate::hlo::Val>]) -> Option<$crate::Result<$crate::tensor::Adjoints>> {
                let $ws = self;
                let _ = ($ws, &*$wg, $wx, $wy, $wdy);
                let adjoints = |$wg: &mut $crate::hlo::Graph| -> $crate::Result<$crate::tensor::Adjoints> {
                    let _ = &*$wg;
                    $vjps
                };
                Some(adjoints($wg))
            })?
        }
    };
    (
        $(#[doc = $doc:literal])+
        $name:ident $(as $raw:literal)? in $($api_truth:ident)? $api:literal ($($x:ident),* $(; $rest:ident)?) { $($(#[doc = $fdoc:literal])* $f:ident: $t:ty $(= $d:expr)?),* $(,)? }
        $(strings $strings:ident $(($moved:expr))?;)?
        host |$s:ident, $hx:ident| $host:expr;
        cases [$($case:expr),* $(,)?]
        $(errors [$($error:expr),* $(,)?])?
    ) => {
        $crate::op!(@struct [$($doc)+] $name { $([$($fdoc)*] $f: $t),* });
        impl $crate::tensor::Op for $name {
            $crate::op!(@common [$($strings $(($moved))?)?] $name [$($raw)?] [$($api_truth)?] $api [$($doc)+] ($($x),*) ($($rest)?) Host { $($f: $t $(= $d)?),* } [$($case),*] [$($($error),*)?]);
            fn build(&self, _g: &mut $crate::hlo::Graph, _x: &[$crate::hlo::Val]) -> $crate::Result<Vec<$crate::hlo::Val>> {
                Err($crate::Error::internal(stringify!($name), "has no device form"))
            }
            fn host(&self, $hx: &[$crate::hlo::Literal]) -> $crate::Result<Vec<$crate::hlo::Literal>> {
                let $s = self;
                let _ = $s;
                $host
            }
        }
    };
    (
        $(#[doc = $doc:literal])+
        $name:ident $(as $raw:literal)? in $($api_truth:ident)? $api:literal ($($x:ident),* $(; $rest:ident)?) { $($(#[doc = $fdoc:literal])* $f:ident: $t:ty $(= $d:expr)?),* $(,)? }
        $(strings $strings:ident $(($moved:expr))?;)?
        tensors |$s:ident, $tx:ident| $compose:expr;
        cases [$($case:expr),* $(,)?]
        $(errors [$($error:expr),* $(,)?])?
    ) => {
        $crate::op!(@struct [$($doc)+] $name { $([$($fdoc)*] $f: $t),* });
        impl $crate::tensor::Op for $name {
            $crate::op!(@common [$($strings $(($moved))?)?] $name [$($raw)?] [$($api_truth)?] $api [$($doc)+] ($($x),*) ($($rest)?) Host { $($f: $t $(= $d)?),* } [$($case),*] [$($($error),*)?]);
            fn build(&self, _g: &mut $crate::hlo::Graph, _x: &[$crate::hlo::Val]) -> $crate::Result<Vec<$crate::hlo::Val>> {
                Err($crate::Error::internal(stringify!($name), "has no device form"))
            }
            fn compose(&self, $tx: &[&$crate::Tensor]) -> Option<$crate::Result<Vec<$crate::Tensor>>> {
                let $s = self;
                let _ = ($s, $tx);
                let outputs = || -> $crate::Result<Vec<$crate::Tensor>> { $compose };
                Some(outputs())
            }
        }
    };
    (@struct [$($doc:literal)+] $name:ident { $([$($fdoc:literal)*] $f:ident: $t:ty),* }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name { $($(#[doc = $fdoc])* #[doc = concat!("TensorFlow's `", stringify!($f), "`.")] pub $f: $t),* }
    };
    (@common [$($strings:ident $(($moved:expr))?)?] $name:ident [$($raw:literal)?] [$($truth:ident)?] $api:literal [$($doc:literal)+] ($($x:ident),*) ($($rest:ident)?) $place:ident { $($f:ident: $t:ty $(= $d:expr)?),* } [$($case:expr),*] [$($error:expr),*]) => {
        const INFO: $crate::tensor::Info = $crate::tensor::Info {
            name: $crate::op!(@name $name $($raw)?),
            api: $api,
            doc: if cfg!(target_family = "wasm") { "" } else { concat!($($doc, "\n"),+) },
            inputs: &[$(stringify!($x),)* $(stringify!($rest))?],
            variadic: $crate::op!(@variadic $($rest)?),
            place: $crate::tensor::Place::$place,
            truth: $crate::op!(@truth $($truth)?),
            strings: $crate::op!(@strings $($strings $(($moved))?)?),
        };
        fn schema() -> Vec<$crate::tensor::AttrSchema> {
            vec![$($crate::tensor::AttrSchema {
                name: $crate::op!(@attr $f),
                ty: <$t as $crate::tensor::AttrType>::type_name(),
                default: $crate::op!(@default_attr $t $(= $d)?),
            }),*]
        }
        fn read(_a: &$crate::tensor::Args) -> $crate::Result<Self> {
            Ok($name { $($f: _a.get(<Self as $crate::tensor::Op>::INFO.name, $crate::op!(@attr $f), $crate::op!(@default $t $(= $d)?))?),* })
        }
        fn attrs(&self) -> Vec<(&'static str, $crate::tensor::Attr)> {
            vec![$(($crate::op!(@attr $f), $crate::tensor::AttrType::write(&self.$f))),*]
        }
        #[cfg(not(target_family = "wasm"))]
        fn same(&self, _other: &Self) -> bool {
            true $(&& self.$f == _other.$f)*
        }
        #[cfg(not(target_family = "wasm"))]
        fn hash_to(&self, _h: &mut dyn std::hash::Hasher) {
            $($crate::tensor::AttrType::hash_to(&self.$f, &mut $crate::tensor::DynHasher(&mut *_h));)*
        }
        fn cases() -> Vec<$crate::tensor::Case> {
            #[allow(unused_imports, reason = "an op may have no cases of its own")]
            use $crate::tensor::case;
            // What tests an op is no part of a page.
            if cfg!(target_family = "wasm") { vec![] } else { vec![$($case.into()),*] }
        }
        fn error_cases() -> Vec<$crate::tensor::Case> {
            #[allow(unused_imports, reason = "an op may refuse nothing")]
            use $crate::tensor::case;
            if cfg!(target_family = "wasm") { vec![] } else { vec![$($error.into()),*] }
        }
    };
    (@yes $any:ident) => { true };
    (@name $name:ident) => { stringify!($name) };
    (@name $name:ident $raw:literal) => { $raw };
    // Names that Rust's rules forbid as fields.
    (@attr type_) => { "type" };
    (@attr tout) => { "Tout" };
    (@attr targmax) => { "Targmax" };
    (@attr dst_t) => { "DstT" };
    (@attr tcomplex) => { "Tcomplex" };
    (@attr treal) => { "Treal" };
    (@attr truncate) => { "Truncate" };
    (@attr tsplits) => { "Tsplits" };
    (@attr output_ragged_rank) => { "OUTPUT_RAGGED_RANK" };
    (@attr $f:ident) => { stringify!($f) };
    (@variadic) => { false };
    (@variadic $rest:ident) => { true };
    (@strings) => { $crate::tensor::Strings::Refused };
    (@strings $how:ident $(($moved:expr))?) => { $crate::tensor::Strings::$how $(($moved))? };
    (@truth) => { $crate::tensor::Truth::Raw };
    (@truth api) => { $crate::tensor::Truth::Api };
    (@default $t:ty) => { None::<$t> };
    (@default $t:ty = $d:expr) => { Some::<$t>($d.into()) };
    (@default_attr $t:ty) => { None };
    (@default_attr $t:ty = $d:expr) => { Some($crate::tensor::AttrType::write(&<$t>::from($d))) };
    (@bind $xs:ident () ($rest:ident)) => { let $rest = $xs; let _ = $rest; };
    (@bind $xs:ident ($($x:ident),+) ($rest:ident)) => {
        let &[$($x,)+ ref $rest @ ..] = $xs else {
            return Err($crate::Error::invalid(<Self as $crate::tensor::Op>::INFO.name, "inputs", format_args!("{:?}", [$(stringify!($x)),+]), $xs.len()));
        };
        let _ = ($($x,)+);
    };
    (@bind $xs:ident () ()) => { let _ = $xs; };
    (@bind $xs:ident ($($x:ident),+) ()) => {
        let &[$($x),+] = $xs else {
            return Err($crate::Error::invalid(<Self as $crate::tensor::Op>::INFO.name, "inputs", format_args!("{:?}", [$(stringify!($x)),+]), $xs.len()));
        };
        let _ = ($($x,)+);
    };
}
