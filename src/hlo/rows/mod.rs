//! The elementwise table: one row an operation, with everything that is known of it.
//!
//! A row says how the operation is written in WGSL, how it differentiates (in other primitives), what it is in f64 and in exact
//! integers, where it is defined, where its slope jumps and how exact devices must be. Inference, the interpreter, differentiation,
//! code generation and the derived tests read the table; none of them names an operation.

mod arith;
mod bits;
mod compare;
mod exponential;
mod special;
mod trig;

pub(crate) use special::digamma;

use super::graph::{Graph, Val};
use crate::dtype::DType;
use crate::error::Result;
use smallvec::{SmallVec, smallvec};
use std::fmt;
use std::sync::LazyLock;

macro_rules! enumerate {
    ($($name:ident),+ $(,)?) => {
        /// An elementwise operation; its facts are in its [`Row`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each is documented by its row")]
        pub enum Ew { $($name),+ }
        impl Ew {
            /// Every operation, in declaration order.
            pub const ALL: &[Ew] = &[$(Ew::$name),+];
        }
    };
}

enumerate!(
    Neg,
    Abs,
    Sign,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Max,
    Min,
    Pow,
    Floor,
    Ceil,
    Round,
    Clamp,
    NextAfter,
    Exp,
    Expm1,
    Log,
    Log1p,
    Sqrt,
    Rsqrt,
    Cbrt,
    Logistic,
    Tanh,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Atan2,
    Sinh,
    Cosh,
    Asinh,
    Acosh,
    Atanh,
    Erf,
    Erfc,
    ErfInv,
    Lgamma,
    Digamma,
    Zeta,
    And,
    Or,
    Xor,
    Not,
    ShiftLeft,
    ShiftRightArithmetic,
    ShiftRightLogical,
    Popcount,
    CountLeadingZeros,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    IsFinite,
    IsInf,
    IsNan,
    Select,
);

/// Which dtypes a row works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct On(u8);

impl On {
    /// Floats.
    pub const FLOAT: On = On(1);
    /// Signed and unsigned integers.
    pub const INT: On = On(2);
    /// Bool.
    pub const BOOL: On = On(4);
    /// Floats and integers.
    pub const NUMBER: On = On(3);
    /// Integers and bool.
    pub const EXACT: On = On(6);
    /// All of them.
    pub const ANY: On = On(7);

    /// Whether `d` is among them.
    pub fn has(self, d: DType) -> bool {
        (d.is_float() && self.0 & 1 != 0)
            || (d.is_int() && self.0 & 2 != 0)
            || (d == DType::Bool && self.0 & 4 != 0)
    }
}

impl fmt::Display for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [(1, "float"), (2, "integer"), (4, "bool")];
        let parts: Vec<_> = names.iter().filter(|(b, _)| self.0 & b != 0).map(|(_, n)| *n).collect();
        f.write_str(&parts.join(" or "))
    }
}

/// The dtype of a row's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// That of the operands.
    Same,
    /// bool.
    Bool,
}

/// How a row is written in WGSL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Functor {
    /// `x op y`, scalars or vectors.
    Infix(&'static str),
    /// `op x`, scalars or vectors.
    Prefix(&'static str),
    /// A builtin function of scalars or vectors.
    Builtin(&'static str),
    /// A function of `shaders/lib`, of scalars.
    Lib(&'static str),
}

/// A row as a function of floats.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the signatures are the documentation")]
pub enum FloatFn {
    Unary(fn(f64) -> f64),
    Binary(fn(f64, f64) -> f64),
    Ternary(fn(f64, f64, f64) -> f64),
    Test(fn(f64) -> bool),
    Compare(fn(f64, f64) -> bool),
}

/// A row as a function of exact integers. Results are wrapped to the dtype by the caller.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the signatures are the documentation")]
pub enum IntFn {
    Unary(fn(i64) -> i64),
    Binary(fn(i64, i64) -> i64),
    Ternary(fn(i64, i64, i64) -> i64),
    Compare(fn(i64, i64) -> bool),
    /// With the width in bits: what depends on it.
    Sized(fn(i64, i64, u32) -> i64),
}

/// The adjoints of a row's operands; `None` where no gradient flows.
pub type Adjoints = SmallVec<[Option<Val>; 3]>;

/// A derivative: graph, operands, result, adjoint of the result.
pub type Rule = fn(&mut Graph, &[Val], Val, Val) -> Result<Adjoints>;

/// How exact a device must be: `|got - want| <= abs + rel * |want|`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tol {
    /// Relative part.
    pub rel: f64,
    /// Absolute part.
    pub abs: f64,
}

impl Tol {
    /// Equal but for rounding: half a unit in the last place of a float32, and subnormals may be flushed.
    pub const EXACT: Tol = Tol { rel: 1.2e-7, abs: 1.2e-38 };

    /// A relative bound, with subnormals flushed.
    pub const fn rel(rel: f64) -> Tol {
        Tol { rel, abs: 1.2e-38 }
    }
}

/// One elementwise operation.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The operation.
    pub op: Ew,
    /// StableHLO's (or CHLO's) name.
    pub name: &'static str,
    /// Number of operands.
    pub arity: usize,
    /// How many of the first operands are bool whatever the dtype is.
    pub leading_bools: usize,
    /// Which dtypes it works on.
    pub on: On,
    /// dtype of the result.
    pub outcome: Outcome,
    /// WGSL over f32.
    pub wgsl_float: Option<Functor>,
    /// WGSL over i32.
    pub wgsl_int: Option<Functor>,
    /// WGSL over u32; as over i32 where not said.
    pub wgsl_uint: Option<Functor>,
    /// WGSL over bool.
    pub wgsl_bool: Option<Functor>,
    /// The function in f64.
    pub float: Option<FloatFn>,
    /// The function of integers and bool.
    pub int: Option<IntFn>,
    /// The derivative; `None` gives no gradient.
    pub vjp: Option<Rule>,
    /// Where float operands are sampled in tests, one range an operand (the last repeats).
    pub domain: &'static [(f64, f64)],
    /// Points where the slope jumps, with the slope TensorFlow gives there.
    pub kinks: &'static [(f64, f64)],
    /// How exact float32 results must be inside the domain.
    pub tol: Tol,
}

impl Row {
    const fn new(op: Ew, name: &'static str, arity: usize) -> Row {
        Row {
            op,
            name,
            arity,
            leading_bools: 0,
            on: On(0),
            outcome: Outcome::Same,
            wgsl_float: None,
            wgsl_int: None,
            wgsl_uint: None,
            wgsl_bool: None,
            float: None,
            int: None,
            vjp: None,
            domain: &[(-8.0, 8.0)],
            kinks: &[],
            tol: Tol::EXACT,
        }
    }

    const fn float(mut self, f: FloatFn, wgsl: Functor) -> Row {
        self.on.0 |= On::FLOAT.0;
        self.float = Some(f);
        self.wgsl_float = Some(wgsl);
        self
    }

    const fn int(mut self, f: IntFn, wgsl: Functor) -> Row {
        self.on.0 |= On::INT.0;
        self.int = Some(f);
        self.wgsl_int = Some(wgsl);
        self
    }

    const fn uint(mut self, wgsl: Functor) -> Row {
        self.wgsl_uint = Some(wgsl);
        self
    }

    const fn bool(mut self, f: IntFn, wgsl: Functor) -> Row {
        self.on.0 |= On::BOOL.0;
        self.int = Some(f);
        self.wgsl_bool = Some(wgsl);
        self
    }

    const fn predicate(mut self) -> Row {
        self.outcome = Outcome::Bool;
        self
    }

    const fn vjp(mut self, rule: Rule) -> Row {
        self.vjp = Some(rule);
        self
    }

    const fn domain(mut self, domain: &'static [(f64, f64)]) -> Row {
        self.domain = domain;
        self
    }

    const fn kinks(mut self, kinks: &'static [(f64, f64)]) -> Row {
        self.kinks = kinks;
        self
    }

    const fn tol(mut self, rel: f64) -> Row {
        self.tol = Tol::rel(rel);
        self
    }

    const fn abs_tol(mut self, rel: f64, abs: f64) -> Row {
        self.tol = Tol { rel, abs };
        self
    }

    /// How the row is written in WGSL for elements of `d`.
    pub fn wgsl(&self, d: DType) -> Option<Functor> {
        match d {
            DType::Bool => self.wgsl_bool,
            d if d.is_unsigned_int() => self.wgsl_uint.or(self.wgsl_int),
            d if d.is_int() => self.wgsl_int,
            _ => self.wgsl_float,
        }
    }
}

static TABLE: LazyLock<Vec<&'static Row>> = LazyLock::new(|| {
    let families = [arith::ROWS, exponential::ROWS, trig::ROWS, special::ROWS, bits::ROWS, compare::ROWS];
    let mut rows: Vec<&'static Row> = families.into_iter().flatten().collect();
    rows.sort_by_key(|r| r.op);
    rows
});

impl Ew {
    /// Everything that is known of the operation.
    pub fn row(self) -> &'static Row {
        TABLE[self as usize]
    }

    /// The operation with a StableHLO name.
    pub fn by_name(name: &str) -> Option<Ew> {
        TABLE.iter().find(|r| r.name == name).map(|r| r.op)
    }
}

fn one(v: Val) -> Result<Adjoints> {
    Ok(smallvec![Some(v)])
}

fn two(a: Val, b: Val) -> Result<Adjoints> {
    Ok(smallvec![Some(a), Some(b)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_one_row_with_all_its_facts() {
        assert_eq!(TABLE.len(), Ew::ALL.len());
        for (op, row) in Ew::ALL.iter().zip(TABLE.iter()) {
            assert_eq!(*op, row.op, "rows follow the enum");
            assert_ne!(row.on, On(0), "{op:?} works on no dtype");
            assert_eq!(
                row.on.has(DType::Float32),
                row.float.is_some() && row.wgsl_float.is_some(),
                "{op:?} float facts"
            );
            assert_eq!(
                row.on.has(DType::Int32),
                row.int.is_some() && row.wgsl_int.is_some(),
                "{op:?} int facts"
            );
            assert_eq!(
                row.on.has(DType::Bool),
                row.int.is_some() && row.wgsl_bool.is_some(),
                "{op:?} bool facts"
            );
        }
        let mut names: Vec<_> = TABLE.iter().map(|r| r.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLE.len(), "names are distinct");
    }
}
