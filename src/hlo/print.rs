//! Graphs as text, one instruction a line.

use super::graph::{Graph, Inst, Val};
use super::literal::{Literal, Values};
use super::prim::{Prim, ScatterKind, WindowDim};
use crate::dtype::DType;
use std::fmt::Write;

const SHOWN_ELEMENTS: usize = 16;

impl Graph {
    /// The graph as text under a name; see [`Graph`] for an example.
    pub fn to_text(&self, name: &str) -> String {
        let mut s = String::new();
        self.write(&mut s, name, 0);
        s
    }

    fn write(&self, s: &mut String, name: &str, depth: usize) {
        let pad = "  ".repeat(depth);
        let params: Vec<_> = self.params().iter().map(|&v| format!("{}: {}", id(v), self.spec(v))).collect();
        let _ = writeln!(s, "{pad}{name}({}) {{", params.join(", "));
        for inst in self.insts() {
            if matches!(inst.prim, Prim::Parameter(..)) {
                continue;
            }
            let results: Vec<_> = inst.results().map(|v| format!("{}: {}", id(v), self.spec(v))).collect();
            let equals = if results.is_empty() { "" } else { " = " };
            let operands: Vec<_> = inst.operands.iter().map(|&v| id(v)).collect();
            let _ = write!(
                s,
                "{pad}  {}{equals}{}({})",
                results.join(", "),
                inst.prim.name(),
                operands.join(", ")
            );
            let attrs = attrs(inst);
            let _ = if attrs.is_empty() { writeln!(s) } else { writeln!(s, " {{{attrs}}}") };
            match &inst.prim {
                Prim::Scan(b) => b.body.write(s, "body", depth + 2),
                Prim::While(b) => {
                    b.cond.iter().for_each(|c| c.write(s, "cond", depth + 2));
                    b.body.write(s, "body", depth + 2);
                }
                Prim::Case(b) => {
                    b.iter().enumerate().for_each(|(i, b)| b.write(s, &format!("branch{i}"), depth + 2))
                }
                _ => {}
            }
        }
        let outputs: Vec<_> = self.outputs().iter().map(|&v| id(v)).collect();
        let _ = writeln!(s, "{pad}  return {}\n{pad}}}", outputs.join(", "));
    }
}

fn id(v: Val) -> String {
    format!("v{}", v.index())
}

fn literal(l: &Literal) -> String {
    if let (Some(v), true) = (l.splat(), l.len() > 1) {
        return format!("splat {v}");
    }
    let shown = |i: usize| match &l.values {
        Values::Ints(v) => v[i].to_string(),
        Values::Floats(v) if l.dtype == DType::Complex64 => format!("({}, {})", v[2 * i], v[2 * i + 1]),
        Values::Floats(v) => v[i].to_string(),
        Values::Strings(v) => format!("{:?}", String::from_utf8_lossy(&v[i])),
    };
    let mut text: Vec<_> = (0..l.len().min(SHOWN_ELEMENTS)).map(shown).collect();
    if l.len() > SHOWN_ELEMENTS {
        text.push("...".into());
    }
    if l.shape.rank() == 0 { text.join("") } else { format!("[{}]", text.join(", ")) }
}

fn windows(w: &[WindowDim]) -> String {
    let dims: Vec<_> = w
        .iter()
        .map(|d| {
            format!(
                "{}/{}{}({},{})",
                d.size,
                d.stride,
                if d.dilation > 1 { format!("*{}", d.dilation) } else { String::new() },
                d.low,
                d.high
            )
        })
        .collect();
    format!("window=[{}]", dims.join(" "))
}

fn attrs(inst: &Inst) -> String {
    match &inst.prim {
        Prim::Constant(l) => literal(l),
        Prim::Iota { dim, .. } => format!("dim={dim}"),
        Prim::BroadcastInDim { dims, .. } => format!("dims={dims:?}"),
        Prim::Transpose { perm } => format!("perm={perm:?}"),
        Prim::Reverse { dims } => format!("dims={dims:?}"),
        Prim::Slice { start, limit, stride } => {
            format!("start={start:?}, limit={limit:?}, stride={stride:?}")
        }
        Prim::Pad { low, high, interior } => format!("low={low:?}, high={high:?}, interior={interior:?}"),
        Prim::Concatenate { dim } => format!("dim={dim}"),
        Prim::Gather { axes, batch, mode } => format!("axes={axes:?}, batch={batch}, mode={mode:?}"),
        Prim::Scatter { kind, axes, batch } => {
            let kind = match kind {
                ScatterKind::Set => "set".to_string(),
                ScatterKind::Combine(k) => format!("{k:?}").to_lowercase(),
            };
            format!("{kind}, axes={axes:?}, batch={batch}")
        }
        Prim::DotGeneral(d) => format!(
            "batch={:?}x{:?}, contract={:?}x{:?}",
            d.lhs_batch, d.rhs_batch, d.lhs_contract, d.rhs_contract
        ),
        Prim::Convolution(c) => {
            let mut s = windows(&c.window);
            for (name, l) in [("lhs", &c.lhs), ("rhs", &c.rhs), ("out", &c.out)] {
                let _ = write!(s, ", {name}=({},{},{:?})", l.major, l.minor, l.spatial);
            }
            if c.lhs_dilation.iter().any(|&d| d != 1) {
                let _ = write!(s, ", lhs_dilation={:?}", c.lhs_dilation);
            }
            if c.feature_groups != 1 {
                let _ = write!(s, ", feature_groups={}", c.feature_groups);
            }
            if c.batch_groups != 1 {
                let _ = write!(s, ", batch_groups={}", c.batch_groups);
            }
            s
        }
        Prim::Reduce { kind, dims } => format!("{}, dims={dims:?}", format!("{kind:?}").to_lowercase()),
        Prim::ArgReduce { max, dim } => format!("{}, dim={dim}", if *max { "max" } else { "min" }),
        Prim::ReduceWindow { kind, window } => {
            format!("{}, {}", format!("{kind:?}").to_lowercase(), windows(window))
        }
        Prim::SelectAndScatter { max, window } => {
            format!("{}, {}", if *max { "max" } else { "min" }, windows(window))
        }
        Prim::Cumulative { kind, dim, exclusive, reverse } => {
            format!(
                "{}, dim={dim}, exclusive={exclusive}, reverse={reverse}",
                format!("{kind:?}").to_lowercase()
            )
        }
        Prim::Sort { dim, descending } | Prim::ArgSort { dim, descending } => {
            format!("dim={dim}, descending={descending}")
        }
        Prim::Attention(a) | Prim::AttentionQueries(a) | Prim::AttentionKeys(a) => {
            format!("scale={}, causal={}", a.scale(), a.causal)
        }
        Prim::TopK { k } => format!("k={k}"),
        Prim::Composite(c) => c.attrs_text(),
        Prim::Scan(s) => {
            format!("trips={}, consts={}, carries={}, reverse={}", s.trips, s.consts, s.carries, s.reverse)
        }
        Prim::While(w) => {
            let limit = w.limit.map_or(String::new(), |n| format!(", limit={n}"));
            format!("consts={}, carries={}, reverse={}{limit}", w.consts, w.carries, w.reverse)
        }
        Prim::Check(c) => format!("{}: {}: wanted {}", c.op, c.what, c.wanted),
        Prim::Print(t) => format!("{:?}", t.texts),
        _ => String::new(),
    }
}
