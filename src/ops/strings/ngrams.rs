//! Runs of neighbouring strings.

use super::{MOST, strings, too_many};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::tensor::{Case, Fill, IntoTensor, Row, Tensor, row, run};

/// A case over six strings, with splits and widths.
fn of_letters(splits: &[f64], widths: &[i64]) -> Case {
    crate::tensor::case()
        .with("separator", "|")
        .with("ngram_widths", widths.to_vec())
        .with("left_pad", "LP")
        .with("right_pad", "RP")
        .with("pad_width", -1)
        .with("preserve_short_sequences", false)
        .texts([6], &["a", "b", "c", "d", "e", "f"])
        .input(DType::Int64, [splits.len()], Fill::Values(splits.to_vec()))
}

crate::op! {
    /// The joined runs of neighbours in each row of a ragged tensor of strings: all runs of each width, rows padded at both ends.
    StringNGrams in "tf.strings.ngrams" (data, data_splits) {
        /// What stands between the strings of a run.
        separator: String,
        /// The widths of runs.
        ngram_widths: Vec<i64>,
        /// What stands before a row.
        left_pad: String,
        /// What stands behind a row.
        right_pad: String,
        /// How often a row is padded at each end, at most the width less one; so often if it is below 0.
        pad_width: i64,
        /// Whether a row that is too short for any run is one run.
        preserve_short_sequences: bool,
    }
    strings Read;
    host |s, x| ngrams_of(s, &x[0], &x[1]);
    cases [
        of_letters(&[0.0, 4.0, 6.0], &[2]),
        of_letters(&[0.0, 4.0, 6.0], &[3]),
        of_letters(&[0.0, 4.0, 6.0], &[2]).with("pad_width", 0),
        of_letters(&[0.0, 1.0, 1.0, 6.0], &[3, 1]).with("pad_width", 1),
        of_letters(&[0.0, 1.0, 1.0, 6.0], &[3]).with("pad_width", 0).with("preserve_short_sequences", true),
        of_letters(&[0.0, 1.0, 1.0, 6.0], &[5, 2]).with("preserve_short_sequences", true),
        of_letters(&[0.0, 1.0, 3.0, 6.0], &[6]).with("pad_width", 1).with("preserve_short_sequences", true),
        of_letters(&[0.0, 4.0, 6.0], &[4]).with("pad_width", 5),
        of_letters(&[0.0, 4.0, 6.0], &[]),
    ]
    errors [
        of_letters(&[0.0, 4.0, 9.0], &[2]),
        of_letters(&[0.0, 4.0, 2.0, 6.0], &[2]),
        of_letters(&[1.0, 6.0], &[2]),
        of_letters(&[0.0, 4.0], &[2]),
        of_letters(&[0.0, 4.0, 6.0], &[0]),
    ]
}

fn ngrams_of(s: &StringNGrams, data: &Literal, data_splits: &Literal) -> Result<Vec<Literal>> {
    let op = "StringNGrams";
    let texts = strings(op, "data", data)?;
    for (arg, l) in [("data", data), ("data_splits", data_splits)] {
        if l.shape.rank() != 1 {
            return Err(Error::invalid(op, arg, "a vector", format_args!("shape {}", l.shape)));
        }
    }
    if !data_splits.dtype.is_int() {
        return Err(Error::invalid(op, "data_splits", "int32 or int64", data_splits.dtype));
    }
    if let Some(bad) = s.ngram_widths.iter().find(|w| **w < 1) {
        return Err(Error::invalid(op, "ngram_widths", "numbers above 0", bad));
    }
    let splits = data_splits.to_i64s();
    let n = texts.len() as i64;
    let falls = splits.windows(2).any(|w| w[0] > w[1]);
    if falls || splits.first().is_some_and(|s| *s != 0) || splits.last().is_some_and(|s| *s != n) {
        let wanted = format!("numbers from 0 to {n} that do not fall");
        return Err(Error::invalid(op, "data_splits", wanted, format_args!("{splits:?}")));
    }
    if texts.is_empty() || splits.is_empty() {
        // As TensorFlow has it: as many blanks as there are strings, in no row.
        let rows = vec![0; splits.len()];
        return Ok(vec![
            Literal::strings(data.shape.clone(), vec![vec![]; texts.len()]),
            Literal::ints(data_splits.dtype, [rows.len()], rows),
        ]);
    }
    let (mut made, mut ends) = (vec![], vec![0i64]);
    for row in splits.windows(2) {
        let own = &texts[row[0] as usize..row[1] as usize];
        let before = made.len();
        for &width in &s.ngram_widths {
            s.runs(own, width, &mut made)?;
        }
        if s.preserve_short_sequences && made.len() == before && !own.is_empty() {
            let width = 2i64.checked_mul(s.pad_width.max(0)).and_then(|p| p.checked_add(own.len() as i64));
            s.runs(own, width.ok_or_else(|| too_many(op))?, &mut made)?;
        }
        ends.push(made.len() as i64);
    }
    Ok(vec![Literal::strings([made.len()], made), Literal::ints(data_splits.dtype, [ends.len()], ends)])
}

impl StringNGrams {
    /// Adds the runs of one width over a row.
    fn runs(&self, own: &[Vec<u8>], width: i64, made: &mut Vec<Vec<u8>>) -> Result<()> {
        let op = "StringNGrams";
        let pad = if self.pad_width < 0 { width - 1 } else { self.pad_width.min(width - 1) };
        let most = MOST as i64;
        if pad > most || (pad + own.len() as i64).saturating_mul(width.min(pad + own.len() as i64)) > most {
            return Err(too_many(op));
        }
        let padded: Vec<&[u8]> = std::iter::repeat_n(self.left_pad.as_bytes(), pad as usize)
            .chain(own.iter().map(Vec::as_slice))
            .chain(std::iter::repeat_n(self.right_pad.as_bytes(), pad as usize))
            .collect();
        if made.len() + padded.len() > MOST {
            return Err(too_many(op));
        }
        made.extend(padded.windows(width as usize).map(|run| run.join(self.separator.as_bytes())));
        Ok(())
    }
}

/// The joined runs of neighbours in each row of a ragged tensor of strings (`tf.strings.ngrams`): where each row begins, and the runs. Runs are of
/// each of `ngram_widths`; rows are padded at both ends, `pad_width` times (as often as the width allows if it is below 0).
///
/// ```
/// # use wgflow::ops::strings::ngrams;
/// let (splits, runs) = ngrams(["a", "b", "c"], [0i64, 3], "|", &[2], "", "", 0, false)?;
/// assert_eq!((splits.to_vec::<i64>()?, runs.to_vec::<String>()?), (vec![0, 2], vec!["a|b".into(), "b|c".into()]));
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for widths below 1, and splits that fall or do not fit the strings.
#[expect(clippy::too_many_arguments, reason = "TensorFlow's arguments in TensorFlow's order")]
pub fn ngrams(
    data: impl IntoTensor,
    data_splits: impl IntoTensor,
    separator: &str,
    ngram_widths: &[i64],
    left_pad: &str,
    right_pad: &str,
    pad_width: i64,
    preserve_short_sequences: bool,
) -> Result<(Tensor, Tensor)> {
    let op = StringNGrams {
        separator: separator.into(),
        ngram_widths: ngram_widths.to_vec(),
        left_pad: left_pad.into(),
        right_pad: right_pad.into(),
        pad_width,
        preserve_short_sequences,
    };
    match <[Tensor; 2]>::try_from(run(&op, &[&data.into_tensor(None)?, &data_splits.into_tensor(None)?])?) {
        Ok([runs, splits]) => Ok((splits, runs)),
        Err(_) => Err(Error::internal("StringNGrams", "wanted two results")),
    }
}

pub(super) const OPS: &[Row] = &[row::<StringNGrams>()];
