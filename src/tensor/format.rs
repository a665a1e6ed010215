//! Values as text, as NumPy prints arrays with its default options: precision 8, lines of 75, three items at each edge of more than 1000.

use crate::dtype::DType;
use crate::hlo::{Literal, Values};
use std::fmt::Write;

const PRECISION: usize = 8;
const THRESHOLD: usize = 1000;
const EDGE: usize = 3;
const WIDTH: usize = 75;

/// `str(array)`.
pub(crate) fn array_str(l: &Literal) -> String {
    if l.shape.rank() == 0 {
        return scalar_str(l);
    }
    if l.is_empty() { "[]".into() } else { lines(l, " ", "", WIDTH) }
}

/// `repr(array)`; of a scalar, that of the Python number.
pub(super) fn array_repr(l: &Literal) -> String {
    if l.shape.rank() == 0 {
        return match l.dtype {
            DType::Bool => bool_text(l.i64_at(0)).into(),
            DType::String => bytes_text(l, 0),
            d if d.is_exact() => l.i64_at(0).to_string(),
            DType::Complex64 => scalar_complex(DType::Float64, l),
            _ => scalar_float(DType::Float64, l.f64_at(0)),
        };
    }
    const PREFIX: &str = "array(";
    let body = if l.is_empty() { "[]".into() } else { lines(l, ", ", PREFIX, WIDTH - 1) };
    let mut extras = vec![];
    if (l.is_empty() && l.shape.rank() != 1) || l.len() > THRESHOLD {
        extras.push(format!("shape={}", l.shape));
    }
    if !matches!(l.dtype, DType::Int64 | DType::Float64 | DType::Bool) || l.is_empty() {
        // NumPy keeps strings as objects.
        extras.push(if l.dtype == DType::String {
            "dtype=object".into()
        } else {
            format!("dtype={}", l.dtype)
        });
    }
    if extras.is_empty() {
        return format!("{PREFIX}{body})");
    }
    let head = format!("{PREFIX}{body},");
    let tail = format!("{})", extras.join(", "));
    let last = head.len() - head.rfind('\n').map_or(0, |at| at + 1);
    let space = if last + tail.len() + 1 > WIDTH { format!("\n{:1$}", "", PREFIX.len()) } else { " ".into() };
    format!("{head}{space}{tail}")
}

fn bool_text(v: i64) -> &'static str {
    if v == 0 { "False" } else { "True" }
}

/// A string as Python writes bytes.
fn bytes_text(l: &Literal, i: usize) -> String {
    let Some(v) = l.as_strings().get(i) else { return String::new() };
    let quote = if v.contains(&b'\'') && !v.contains(&b'"') { '"' } else { '\'' };
    let mut out = format!("b{quote}");
    for &c in v {
        match c {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b' '..=b'~' if char::from(c) == quote => {
                out.push('\\');
                out.push(quote);
            }
            b' '..=b'~' => out.push(char::from(c)),
            _ => {
                let _ = write!(out, "\\x{c:02x}");
            }
        }
    }
    out.push(quote);
    out
}

fn scalar_str(l: &Literal) -> String {
    match l.dtype {
        DType::String => bytes_text(l, 0),
        DType::Bool => bool_text(l.i64_at(0)).into(),
        DType::BFloat16 => general(l.f64_at(0)),
        d if d.is_exact() => l.i64_at(0).to_string(),
        DType::Complex64 => scalar_complex(DType::Float32, l),
        d => scalar_float(d, l.f64_at(0)),
    }
}

/// How one element is written; the same width for all but strings.
enum Style {
    Bool,
    Bytes,
    Int { width: usize },
    General,
    Float(FloatStyle),
    Complex([FloatStyle; 2]),
}

#[derive(Clone, Copy)]
struct FloatStyle {
    dtype: DType,
    scientific: bool,
    left: usize,
    right: usize,
    exponent: usize,
    /// Whether numbers that are not negative have a sign too.
    plus: bool,
}

impl Style {
    /// The style for all elements at `places`.
    fn of(l: &Literal, places: &[usize]) -> Style {
        match l.dtype {
            DType::Bool => Style::Bool,
            DType::String => Style::Bytes,
            DType::BFloat16 => Style::General,
            d if d.is_exact() => {
                Style::Int { width: places.iter().map(|&i| l.i64_at(i).to_string().len()).max().unwrap_or(0) }
            }
            DType::Complex64 => {
                let style = |part: usize| {
                    let v: Vec<f64> = places.iter().map(|&i| part_of(l, i)[part]).collect();
                    FloatStyle::of(DType::Float32, &v, part == 1)
                };
                Style::Complex([style(0), style(1)])
            }
            d => Style::Float(FloatStyle::of(
                d,
                &places.iter().map(|&i| l.f64_at(i)).collect::<Vec<_>>(),
                false,
            )),
        }
    }

    fn text(&self, l: &Literal, i: usize) -> String {
        match *self {
            Style::Bool => format!("{:>5}", bool_text(l.i64_at(i))),
            Style::Bytes => bytes_text(l, i),
            Style::Int { width } => format!("{:>width$}", l.i64_at(i)),
            Style::General => general(l.f64_at(i)),
            Style::Float(style) => style.text(l.f64_at(i)),
            Style::Complex([re, im]) => {
                let [a, b] = part_of(l, i);
                let text = im.text(b);
                let end = text.trim_end().len();
                format!("{}{}j{}", re.text(a), &text[..end], &text[end..])
            }
        }
    }
}

/// Real and imaginary part of a complex element.
fn part_of(l: &Literal, i: usize) -> [f64; 2] {
    match &l.values {
        Values::Floats(v) => [v[2 * i], v[2 * i + 1]],
        _ => [f64::NAN; 2],
    }
}

impl FloatStyle {
    fn text(&self, v: f64) -> String {
        let FloatStyle { dtype, scientific, left, right, exponent, plus } = *self;
        let sign = if plus && (v.is_nan() || v.is_sign_positive()) { "+" } else { "" };
        if !v.is_finite() {
            let total = if scientific { left + right + exponent + 3 } else { left + right + 1 };
            return format!("{:>total$}", format!("{sign}{}", non_finite(v)));
        }
        if !scientific {
            let (whole, fraction, _) = positional_parts(dtype, v);
            return format!("{:>left$}.{fraction:<right$}", format!("{sign}{whole}"));
        }
        let (first, rest, power) = scientific_parts(dtype, v);
        // More digits than are needed are those of the stored number, not zeros.
        let text =
            if rest.len() < right { format!("{v:.right$e}") } else { format!("{first}.{rest}e{power}") };
        let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
        let (minus, digits) = power.strip_prefix('-').map_or(('+', power), |p| ('-', p));
        format!("{:>1$}e{minus}{digits:0>exponent$}", format!("{sign}{mantissa}"), left + 1 + right)
    }

    fn of(dtype: DType, v: &[f64], plus: bool) -> FloatStyle {
        let finite: Vec<f64> = v.iter().copied().filter(|v| v.is_finite()).collect();
        let sizes = || finite.iter().map(|v| v.abs()).filter(|v| *v != 0.0);
        let (max, min) = (sizes().fold(0.0, f64::max), sizes().fold(f64::INFINITY, f64::min));
        let cutoff = match dtype {
            DType::Float16 => 1e3,
            DType::Float32 => 1e6,
            _ => 1e8,
        };
        let precise = |v: f64| if dtype == DType::Float64 { v } else { dtype.round(v) };
        let scientific = max > 0.0 && (max >= cutoff || min < precise(1e-4) || precise(max / min) > 1000.0);
        let parts: Vec<_> = finite
            .iter()
            .map(|&v| if scientific { scientific_parts(dtype, v) } else { positional_parts(dtype, v) })
            .collect();
        let signed = |p: &(String, String, i32)| p.0.len() + usize::from(plus && !p.0.starts_with('-'));
        let mut left = parts.iter().map(signed).max().unwrap_or(0);
        let right = parts.iter().map(|p| p.1.len()).max().unwrap_or(0);
        let exponent = parts.iter().map(|p| p.2.unsigned_abs().to_string().len()).max().unwrap_or(0).max(2);
        if finite.len() < v.len() {
            let total = if scientific { right + exponent + 3 } else { right + 1 };
            let longest: usize = v
                .iter()
                .filter(|v| !v.is_finite())
                .map(|&v| if v < 0.0 || (plus && !v.is_nan()) { 4 } else { 3 })
                .max()
                .unwrap_or(0);
            left = left.max(longest.saturating_sub(total));
        }
        FloatStyle { dtype, scientific, left, right, exponent, plus }
    }
}

fn non_finite(v: f64) -> &'static str {
    match v {
        v if v.is_nan() => "nan",
        v if v > 0.0 => "inf",
        _ => "-inf",
    }
}

/// Digits of the shortest decimal number that reads back as `v` in `dtype`, and the power of ten of the first.
fn shortest(dtype: DType, v: f64) -> (String, i32) {
    let v = v.abs();
    let reads_back = |text: &str| match dtype {
        DType::Float16 => text.parse().is_ok_and(|r: f64| dtype.round(r) == v),
        DType::Float32 => text.parse().is_ok_and(|r: f32| f64::from(r) == v),
        _ => text.parse() == Ok(v),
    };
    let text = match dtype {
        DType::Float32 => format!("{:e}", v as f32),
        DType::Float16 => (0..17).map(|p| format!("{v:.p$e}")).find(|t| reads_back(t)).unwrap_or_default(),
        _ => format!("{v:e}"),
    };
    let found = split_scientific(&text);
    // Of two numbers that are equally short and near, NumPy takes the one with an even last digit.
    let even = format!("{v:.0$e}", found.0.len() - 1);
    if reads_back(&even) { split_scientific(&even) } else { found }
}

fn split_scientific(text: &str) -> (String, i32) {
    let (digits, power) = text.split_once('e').unwrap_or((text, "0"));
    let digits: String = digits.chars().filter(|c| *c != '.').collect();
    let trimmed = digits.trim_end_matches('0');
    (if trimmed.is_empty() { "0".into() } else { trimmed.into() }, power.parse().unwrap_or(0))
}

fn signed(v: f64, digits: &str) -> String {
    if v.is_sign_negative() { format!("-{digits}") } else { digits.into() }
}

/// Whole part and fraction, with at most eight digits behind the point and no zeros at the end.
fn positional_parts(dtype: DType, v: f64) -> (String, String, i32) {
    let (digits, power) = shortest(dtype, v);
    let behind = digits.len() as i32 - 1 - power;
    let text =
        if behind > PRECISION as i32 { format!("{:.PRECISION$}", v.abs()) } else { plain(&digits, power) };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    (signed(v, whole), fraction.trim_end_matches('0').into(), 0)
}

/// First digit, further digits (at most eight) and power of ten.
fn scientific_parts(dtype: DType, v: f64) -> (String, String, i32) {
    let (mut digits, mut power) = shortest(dtype, v);
    if digits.len() > PRECISION + 1 {
        (digits, power) = split_scientific(&format!("{:.PRECISION$e}", v.abs()));
    }
    let (first, rest) = digits.split_at(1);
    (signed(v, first), rest.into(), power)
}

/// Digits with the first at a power of ten, as a number without exponent.
fn plain(digits: &str, power: i32) -> String {
    if power < 0 {
        return format!("0.{}{digits}", "0".repeat((-power - 1) as usize));
    }
    let whole = power as usize + 1;
    if digits.len() <= whole {
        return format!("{digits:0<whole$}.");
    }
    format!("{}.{}", &digits[..whole], &digits[whole..])
}

/// A float scalar of NumPy: all digits, an exponent where the number is large for its dtype or small.
fn scalar_float(dtype: DType, v: f64) -> String {
    if !v.is_finite() {
        return non_finite(v).into();
    }
    let cutoff = match dtype {
        DType::Float16 => 1e3,
        DType::Float32 => 1e6,
        _ => 1e16,
    };
    let (digits, power) = shortest(dtype, v);
    let size = v.abs();
    if size != 0.0 && (size >= cutoff || size < 1e-4) {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if power < 0 { '-' } else { '+' };
        return signed(v, &format!("{first}{point}{rest}e{sign}{:02}", power.unsigned_abs()));
    }
    let text = plain(&digits, power);
    signed(v, &if text.ends_with('.') { text + "0" } else { text })
}

/// A complex scalar: the real part unless it is zero, and the imaginary one, without points that end a number.
fn scalar_complex(dtype: DType, l: &Literal) -> String {
    let [re, im] = part_of(l, 0);
    let short = |v: f64| {
        let text = scalar_float(dtype, v);
        text.strip_suffix(".0").map_or(text.clone(), str::to_string)
    };
    let imaginary = format!("{}j", short(im));
    if re == 0.0 && re.is_sign_positive() {
        return imaginary;
    }
    let sign = if im.is_nan() || im.is_sign_positive() { "+" } else { "" };
    format!("({}{sign}{imaginary})", short(re))
}

/// Six significant digits, as C's `%g`: how bfloat16 is printed.
fn general(v: f64) -> String {
    if !v.is_finite() {
        return non_finite(v).into();
    }
    let (digits, power) = split_scientific(&format!("{:.5e}", v.abs()));
    if v == 0.0 {
        return signed(v, "0");
    }
    if !(-4..6).contains(&power) {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if power < 0 { '-' } else { '+' };
        return signed(v, &format!("{first}{point}{rest}e{sign}{:02}", power.unsigned_abs()));
    }
    signed(v, plain(&digits, power).trim_end_matches('.'))
}

/// Brackets, separators, line breaks and dots around the elements of an array that is not empty.
fn lines(l: &Literal, separator: &str, prefix: &str, width: usize) -> String {
    let summary = l.len() > THRESHOLD;
    let shown = |n: usize| -> Vec<usize> {
        if summary && n > 2 * EDGE { (0..EDGE).chain(n - EDGE..n).collect() } else { (0..n).collect() }
    };
    let mut places = vec![0];
    for &n in l.shape.iter() {
        let next = shown(n);
        places = places.iter().flat_map(|p| next.iter().map(move |k| p * n + k)).collect();
    }
    let writer = Lines { l, style: Style::of(l, &places), separator, summary };
    writer.write(0, 0, &" ".repeat(prefix.len() + 1), width)
}

struct Lines<'a> {
    l: &'a Literal,
    style: Style,
    separator: &'a str,
    summary: bool,
}

impl Lines<'_> {
    /// The sub-array of dimension `axis` on whose number is `at`.
    fn write(&self, axis: usize, at: usize, indent: &str, width: usize) -> String {
        let shape = &self.l.shape;
        let n = shape[axis];
        let dots = self.summary && n > 2 * EDGE;
        let items = (0..n).filter(|k| !dots || *k < EDGE || *k >= n - EDGE);
        let mut out = String::new();
        if axis + 1 == shape.rank() {
            let limit = width - self.separator.trim_end().len().max(1);
            let mut line = indent.to_string();
            let mut put = |word: &str, last: bool| {
                if line.len() + word.len() > limit && line.len() > indent.len() {
                    out.push_str(line.trim_end());
                    out.push('\n');
                    line = indent.to_string();
                }
                line.push_str(word);
                if !last {
                    line.push_str(self.separator);
                }
            };
            for k in items {
                if dots && k == n - EDGE {
                    put("...", false);
                }
                put(&self.style.text(self.l, at * n + k), k + 1 == n);
            }
            out.push_str(&line);
        } else {
            let between = format!("{}{}", self.separator.trim_end(), "\n".repeat(shape.rank() - axis - 1));
            let deeper = format!("{indent} ");
            for k in items {
                if dots && k == n - EDGE {
                    let _ = write!(out, "{indent}...{between}");
                }
                let _ = write!(out, "{indent}{}", self.write(axis + 1, at * n + k, &deeper, width - 1));
                if k + 1 < n {
                    out.push_str(&between);
                }
            }
        }
        format!("[{}]", &out[indent.len()..])
    }
}
