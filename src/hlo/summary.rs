//! Values as `tf.print` shows them.

use super::literal::{Literal, Values};
use crate::dtype::DType;

impl Literal {
    /// The elements as `tf.print` shows them: `[[0 1 ... 8 9] ...]`, with `summarize` first and last elements of each dimension; all
    /// where it is negative.
    pub fn summary(&self, summarize: i64) -> String {
        let edge = usize::try_from(summarize).unwrap_or(usize::MAX).min(self.len());
        let mut out = String::new();
        // As in TensorFlow, no bools are no text at all.
        if self.dtype == DType::Bool && self.is_empty() {
            return out;
        }
        self.summarize(0, 0, edge, &mut out);
        out
    }

    /// What begins at element `start`, with brackets for the dimensions from `dim` on.
    fn summarize(&self, dim: usize, start: usize, edge: usize, out: &mut String) {
        let rank = self.shape.rank();
        if dim == rank {
            out.push_str(&self.element(start));
            return;
        }
        let (n, each) = (self.shape[dim], self.shape[dim + 1..].iter().product::<usize>());
        // A space, or as many line ends as dimensions are left, then room for the brackets that stay open.
        let between = match rank - dim - 1 {
            0 => " ".to_string(),
            left => "\n".repeat(left) + &" ".repeat(dim + 1),
        };
        out.push('[');
        for k in 0..n.min(edge) {
            if k > 0 {
                out.push_str(&between);
            }
            self.summarize(dim + 1, start + k * each, edge, out);
        }
        if n > edge.saturating_mul(2) {
            out.push_str(&between);
            out.push_str("...");
        }
        for k in edge.max(n.saturating_sub(edge))..n {
            out.push_str(&between);
            self.summarize(dim + 1, start + k * each, edge, out);
        }
        out.push(']');
    }

    fn element(&self, i: usize) -> String {
        match &self.values {
            Values::Ints(v) => v[i].to_string(),
            Values::Floats(v) if self.dtype == DType::Float64 => {
                general(v[i], 15, 17, |t| t.parse() == Ok(v[i]))
            }
            Values::Floats(v) => general(v[i], 6, 9, |t| t.parse() == Ok(v[i] as f32)),
            Values::Strings(v) => format!("\"{}\"", String::from_utf8_lossy(&v[i])),
        }
    }
}

/// As C's `%.{few}g` where that reads back, else as `%.{many}g`.
fn general(v: f64, few: usize, many: usize, reads_back: impl Fn(&str) -> bool) -> String {
    if !v.is_finite() {
        return if v.is_nan() {
            "nan".into()
        } else if v > 0.0 {
            "inf".into()
        } else {
            "-inf".into()
        };
    }
    let short = c_general(v, few);
    if reads_back(&short) { short } else { c_general(v, many) }
}

fn c_general(v: f64, digits: usize) -> String {
    let scientific = format!("{v:.0$e}", digits - 1);
    let (mantissa, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let trimmed = |t: &str| -> String {
        if t.contains('.') { t.trim_end_matches('0').trim_end_matches('.').into() } else { t.into() }
    };
    if power < -4 || power >= digits as i32 {
        let sign = if power < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trimmed(mantissa), power.abs());
    }
    trimmed(&format!("{v:.0$}", (digits as i32 - 1 - power).max(0) as usize))
}
