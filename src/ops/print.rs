//! Printing, now or from inside of a graph.

use crate::error::Result;
use crate::exec::print_out;
use crate::hlo::{Prim, PrintText};
use crate::tensor::{Tensor, Variable, emit, is_tracing};

/// A part of what is printed.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// The elements of a tensor.
    Tensor(Tensor),
}

/// What can be printed: texts, numbers, tensors, variables.
pub trait Printable {
    /// Itself as a part of a line.
    ///
    /// # Errors
    /// What reading a variable meets.
    fn piece(&self) -> Result<Piece>;
}

impl Printable for Tensor {
    fn piece(&self) -> Result<Piece> {
        Ok(Piece::Tensor(self.clone()))
    }
}

impl Printable for Variable {
    fn piece(&self) -> Result<Piece> {
        self.value().map(Piece::Tensor)
    }
}

macro_rules! printed_as_text {
    ($($t:ty),*) => {
        $(impl Printable for $t {
            fn piece(&self) -> Result<Piece> {
                Ok(Piece::Text(self.to_string()))
            }
        })*
    };
}

printed_as_text!(&str, String, i32, i64, u32, u64, usize);

impl Printable for bool {
    fn piece(&self) -> Result<Piece> {
        Ok(Piece::Text(if *self { "True" } else { "False" }.into()))
    }
}

/// As Python shows a float.
impl Printable for f64 {
    fn piece(&self) -> Result<Piece> {
        let text = format!("{self:?}").replace("NaN", "nan");
        Ok(Piece::Text(match text.split_once('e') {
            Some((m, p)) => {
                let power: i32 = p.parse().unwrap_or(0);
                format!("{m}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
            }
            None => text,
        }))
    }
}

impl Printable for f32 {
    fn piece(&self) -> Result<Piece> {
        format!("{self}").parse().unwrap_or(f64::from(*self)).piece()
    }
}

/// How [`print_with`] prints.
#[derive(Clone, Debug)]
pub struct PrintOptions {
    /// How many first and last elements of each dimension are shown; all where it is negative.
    pub summarize: i64,
    /// What stands between the parts.
    pub sep: String,
    /// What stands behind the last.
    pub end: String,
}

impl Default for PrintOptions {
    fn default() -> Self {
        PrintOptions { summarize: 3, sep: " ".into(), end: "\n".into() }
    }
}

/// Prints to standard error (`tf.print`): inside of a traced function each time the graph runs, else now.
///
/// ```
/// # use wgflow::{IntoTensor, capture_prints, print};
/// let x = [[1.0, 2.5], [3.0, 4.0]].into_tensor(None)?;
/// let (_, text) = capture_prints(|| print(&[&"x =", &x]));
/// assert_eq!(text, "x = [[1 2.5]\n [3 4]]\n");
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// What reading the tensors meets.
pub fn print(parts: &[&dyn Printable]) -> Result<()> {
    print_with(parts, &PrintOptions::default())
}

/// As [`print`], with a say over its form.
///
/// # Errors
/// As [`print`].
pub fn print_with(parts: &[&dyn Printable], options: &PrintOptions) -> Result<()> {
    let mut texts = vec![String::new()];
    let mut tensors = vec![];
    for (k, part) in parts.iter().enumerate() {
        if k > 0 {
            push(&mut texts, &options.sep);
        }
        match part.piece()? {
            Piece::Text(t) => push(&mut texts, &t),
            Piece::Tensor(t) => {
                tensors.push(t);
                texts.push(String::new());
            }
        }
    }
    push(&mut texts, &options.end);
    let text = PrintText { texts, summarize: options.summarize, guarded: false };
    if is_tracing() {
        emit(Prim::Print(Box::new(text)), &tensors.iter().collect::<Vec<_>>())?;
        return Ok(());
    }
    let values = tensors.iter().map(Tensor::to_literal).collect::<Result<Vec<_>>>()?;
    if let Some(line) = text.line(&values) {
        print_out(&line);
    }
    Ok(())
}

fn push(texts: &mut [String], more: &str) {
    if let Some(last) = texts.last_mut() {
        last.push_str(more);
    }
}
