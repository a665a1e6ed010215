//! The scalar language: what one element of a fused kernel is, in operations that both the WGSL generator and the CPU interpreter know.

use super::index::{Index, Lanes, Source};
use crate::dtype::{DType, Storage};
use crate::hlo::{Ew, Literal};
use smallvec::SmallVec;

/// A value of a scalar program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SVal(pub u32);

/// What a value is in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Ty {
    F32,
    I32,
    U32,
    Bool,
}

impl Ty {
    /// The register type of a dtype's elements.
    pub fn of(d: DType) -> Ty {
        match d {
            DType::Bool => Ty::Bool,
            d if d.is_unsigned_int() => Ty::U32,
            d if d.is_int() => Ty::I32,
            _ => Ty::F32,
        }
    }

    /// The 32-bit pattern of a constant.
    pub fn bits(self, v: f64) -> u32 {
        match self {
            Ty::F32 => (v as f32).to_bits(),
            Ty::I32 => v as i32 as u32,
            Ty::U32 => v as u32,
            Ty::Bool => u32::from(v != 0.0),
        }
    }

    /// A dtype whose elements are of this register type, to look rows up by.
    pub fn dtype(self) -> DType {
        match self {
            Ty::F32 => DType::Float32,
            Ty::I32 => DType::Int32,
            Ty::U32 => DType::UInt32,
            Ty::Bool => DType::Bool,
        }
    }

    /// How one element of it is stored by itself.
    pub fn storage(self) -> Storage {
        match self {
            Ty::F32 => Storage::F32,
            Ty::I32 => Storage::I32,
            Ty::U32 => Storage::U32,
            Ty::Bool => Storage::U8,
        }
    }
}

/// An operation of a scalar program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SOp {
    /// A constant's bits.
    Constant(u32),
    /// Run-time scalar number `.0` of the kernel.
    Scalar(u16),
    /// The value of an index, as i32.
    Index(Index),
    /// An element of a buffer. Where `mask` is false it is not read and the value is 0.
    Load {
        /// Number among the kernel's buffers.
        buffer: u16,
        /// Which element.
        index: Index,
        /// Where it is read at all.
        mask: Option<SVal>,
    },
    /// A row of the elementwise table, over operands of the register type it works on.
    Row(Ew),
    /// Numeric conversion between dtypes.
    Convert {
        /// Of the operand.
        from: DType,
        /// Of the result.
        to: DType,
    },
    /// The same 32 bits as another register type.
    Bitcast,
    /// What is left of a value when it is stored as a narrow dtype.
    Narrow(DType),
    /// Word `index % 4` of Philox block `index / 4`; operands: two words of key, four of counter.
    Philox {
        /// Which word.
        index: Index,
    },
    /// The result of reduction number `.0` of the kernel.
    Reduced(u16),
    /// The finished sum of a contraction.
    Accumulator,
}

/// One operation.
#[derive(Clone, Debug)]
pub struct SInst {
    /// What it does.
    pub op: SOp,
    /// Operands.
    pub args: SmallVec<[SVal; 3]>,
    /// Register type of the result.
    pub ty: Ty,
    /// Bit `n`: depends on loop variable `n`.
    pub vars: u8,
}

/// A buffer that a kernel reads or writes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BufferUse {
    /// What it holds.
    pub source: BufferSource,
    /// Format of its elements.
    pub storage: Storage,
    /// Number of elements.
    pub len: usize,
    /// Whether the kernel writes it.
    pub written: bool,
    /// Whether it is one slice of `len` elements, numbered by the trip, of a longer buffer.
    pub stacked: bool,
    /// The value that is in it when the kernel starts, which the kernel reads before it writes its own there.
    pub before: Option<crate::hlo::Val>,
}

/// What a buffer of a kernel is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BufferSource {
    /// A value of the graph.
    Value(crate::hlo::Val),
    /// A constant too large to be written into the kernel.
    Constant(Box<Literal>),
    /// Scratch memory number `.0` of the kernel.
    Scratch(u16),
}

/// What all programs of a kernel number together.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    /// Buffers.
    pub buffers: Vec<BufferUse>,
    /// Graph inputs that are passed as run-time scalars.
    pub scalars: Vec<crate::hlo::Val>,
}

/// A straight-line scalar program; operations stand before their users.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Operations.
    pub insts: Vec<SInst>,
}

impl Body {
    /// The operation that gives a value.
    pub fn inst(&self, v: SVal) -> &SInst {
        &self.insts[v.0 as usize]
    }

    /// How a value changes over four neighbouring values of loop variable `var`.
    pub fn lanes(&self, v: SVal, var: u8) -> Lanes {
        let inst = self.inst(v);
        if inst.vars >> var & 1 == 0 {
            return Lanes::Uniform;
        }
        match &inst.op {
            SOp::Index(i) => i.lanes(var, &|v| self.inst(v).vars >> var & 1 == 1),
            _ => Lanes::Varying,
        }
    }

    /// How an index changes over four neighbouring values of loop variable `var`.
    pub fn index_lanes(&self, i: &Index, var: u8) -> Lanes {
        i.lanes(var, &|v| self.inst(v).vars >> var & 1 == 1)
    }

    /// Which loop variables an index depends on.
    pub fn index_vars(&self, i: &Index) -> u8 {
        i.terms.iter().fold(0, |bits, t| {
            bits | match t.source {
                Source::Var(x) => 1 << x,
                Source::Value(v) => self.inst(v).vars,
            }
        })
    }

    /// The values that the given ones are computed from, themselves included.
    pub fn needed(&self, roots: impl IntoIterator<Item = SVal>) -> Vec<bool> {
        let mut needed = vec![false; self.insts.len()];
        roots.into_iter().for_each(|v| needed[v.0 as usize] = true);
        for k in (0..self.insts.len()).rev() {
            if needed[k] {
                self.operands(SVal(k as u32)).for_each(|v| needed[v.0 as usize] = true);
            }
        }
        needed
    }

    /// Everything an operation reads: operands, masks, and values inside indices.
    pub fn operands(&self, v: SVal) -> impl Iterator<Item = SVal> + '_ {
        let inst = self.inst(v);
        let (index, mask) = match &inst.op {
            SOp::Index(i) | SOp::Philox { index: i } => (Some(i), None),
            SOp::Load { index, mask, .. } => (Some(index), *mask),
            _ => (None, None),
        };
        let inside = index.into_iter().flat_map(|i| {
            i.terms.iter().filter_map(|t| match t.source {
                Source::Value(v) => Some(v),
                Source::Var(_) => None,
            })
        });
        inst.args.iter().copied().chain(mask).chain(inside)
    }
}
