//! The ways in which a contraction can be written, and which is usual for its shape.

use super::{K, M, N, tiled, vector_of};
use crate::compiler::codegen::{CodegenRules, Family};
use crate::compiler::kernel::{ContractKernel, Kernel, KernelKind};
use std::fmt;
use std::str::FromStr;

/// One way to write a contraction: an invocation computes `rows` rows of `quads` groups of four columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Variant {
    /// Where operands go between memory and registers.
    pub form: Form,
    /// Rows of an invocation.
    pub rows: u8,
    /// Groups of four columns of an invocation.
    pub quads: u8,
}

/// Where operands go between memory and registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Straight into registers.
    Registers,
    /// Rows are read by turns and broadcast in the subgroup.
    Broadcast,
    /// Through workgroup memory.
    Workgroup,
}

const FORMS: [(&str, Form); 3] =
    [("registers", Form::Registers), ("broadcast", Form::Broadcast), ("workgroup", Form::Workgroup)];

/// Most ways that are tried for a shape.
const MAX_VARIANTS: usize = 10;

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = FORMS.iter().find(|(_, form)| *form == self.form).map_or("", |(name, _)| name);
        write!(f, "{name} {}x{}", self.rows, self.quads)
    }
}

impl FromStr for Variant {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let wrong = || format!("wanted 'FORM ROWSxQUADS', received '{s}'");
        let (name, tile) = s.split_once(' ').ok_or_else(wrong)?;
        let (rows, quads) = tile.split_once('x').ok_or_else(wrong)?;
        let (_, form) = FORMS.iter().find(|(n, _)| *n == name).ok_or_else(wrong)?;
        let number = |t: &str| t.parse().map_err(|_| wrong());
        Ok(Variant { form: *form, rows: number(rows)?, quads: number(quads)? })
    }
}

impl Variant {
    const fn new(form: Form, rows: u8, quads: u8) -> Self {
        Variant { form, rows, quads }
    }

    /// Whether a device can run it for this contraction.
    fn fits(&self, c: &ContractKernel, rules: &CodegenRules) -> bool {
        let lanes = rules.subgroup;
        match self.form {
            Form::Registers => true,
            Form::Broadcast => {
                rules.family == Family::Direct
                    && (4..=32).contains(&lanes)
                    && u32::from(self.rows) % lanes.min(8) == 0
            }
            Form::Workgroup => {
                rules.family == Family::Tiled
                    && c.sizes[3] >= tiled::DEPTH
                    && tiled::memory(*self, rules) <= rules.workgroup_memory
            }
        }
    }

    /// What is usual for the shape.
    pub(super) fn usual(c: &ContractKernel, rules: &CodegenRules) -> Self {
        let [_, m, n, k] = c.sizes;
        if rules.family == Family::Tiled && m >= 32 && n >= 32 && k >= tiled::DEPTH {
            let large = Self::new(Form::Workgroup, 8, 2);
            let many = m * n >= 1 << 20 && large.fits(c, rules);
            return if many { large } else { Self::new(Form::Workgroup, 4, 1) };
        }
        let columns = n.div_ceil(4);
        let lanes = rules.subgroup as usize;
        // Broadcasts pay where most invocations of a subgroup have columns of their own.
        let broadcast = Self::new(Form::Broadcast, 8, 1).fits(c, rules) && 2 * columns > lanes;
        if broadcast && m >= 8 {
            let quads = if columns > lanes { 2 } else { 1 };
            let rows = match m {
                0..16 => 8,
                // Rows that lie side by side in memory are read four at a time: there can be more of them.
                32.. if vector_of(&c.lhs, [K, M]) == Some(M) => 32,
                _ => 16,
            };
            return Self::new(Form::Broadcast, rows, quads);
        }
        let quads = match columns {
            0..=4 => 1,
            5..=15 => 2,
            _ if m * n < 16 * 1024 => 2,
            _ => 4,
        };
        Self::new(Form::Registers, if m >= 8 { 8 } else { 4 }, quads)
    }
}

/// The ways in which a kernel can be written, the usual one first. Kernels that can be written in one way only have none.
pub fn variants(k: &Kernel, rules: &CodegenRules) -> Vec<Variant> {
    let KernelKind::Contract(c) = &k.kind else { return vec![] };
    let mut all = vec![Variant::usual(c, rules)];
    let others = [
        Variant::new(Form::Workgroup, 8, 2),
        Variant::new(Form::Workgroup, 8, 1),
        Variant::new(Form::Workgroup, 4, 2),
        Variant::new(Form::Workgroup, 4, 1),
        Variant::new(Form::Broadcast, 16, 2),
        Variant::new(Form::Broadcast, 16, 1),
        Variant::new(Form::Broadcast, 32, 2),
        Variant::new(Form::Broadcast, 8, 4),
        Variant::new(Form::Registers, 8, 4),
        Variant::new(Form::Registers, 8, 2),
        Variant::new(Form::Registers, 8, 1),
        Variant::new(Form::Registers, 4, 2),
        Variant::new(Form::Registers, 4, 1),
    ];
    for v in others {
        // Tiles that are mostly outside of the result are not worth a try.
        let inside =
            usize::from(v.rows) < 2 * c.sizes[1].max(4) && 4 * usize::from(v.quads) < 2 * c.sizes[2].max(4);
        if v.fits(c, rules) && inside && !all.contains(&v) && all.len() < MAX_VARIANTS {
            all.push(v);
        }
    }
    all
}

/// What kernels with the same best way have in common: how operands lie in memory, and sizes to a power of two.
pub fn shape_class(k: &Kernel) -> Option<String> {
    let KernelKind::Contract(c) = &k.kind else { return None };
    let name = |v: Option<u8>| match v {
        Some(M) => "m",
        Some(N) => "n",
        Some(K) => "k",
        _ => "-",
    };
    let power = |n: usize| usize::BITS - n.max(1).leading_zeros() - 1;
    let [g, m, n, depth] = c.sizes.map(power);
    let ty = c.lhs.body.inst(c.lhs.result).ty;
    let loads = c.lhs.body.insts.len() + c.rhs.body.insts.len();
    let (lhs, rhs) = (name(vector_of(&c.lhs, [K, M])), name(vector_of(&c.rhs, [N, K])));
    Some(format!("contract {ty:?} {lhs}{rhs} {loads} {g}.{m}.{n}.{depth}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_are_read_as_they_are_written() {
        let v = Variant::new(Form::Broadcast, 16, 2);
        assert_eq!(v.to_string(), "broadcast 16x2");
        assert_eq!("broadcast 16x2".parse(), Ok(v));
        for wrong in ["", "broadcast", "broadcast 16", "other 1x1", "workgroup 1x-1", "workgroup 300x1"] {
            assert!(wrong.parse::<Variant>().is_err(), "{wrong}");
        }
    }
}
