//! Diagonals and bands of matrices.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{GatherMode, Graph, Literal, Val, gradient};
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// A tensor of twice the rank with the elements on its diagonal and zeros elsewhere.
    Diag in "tf.linalg.tensor_diag" (diagonal) {}
    build |s, g| {
        let shape = g.shape(diagonal).clone();
        if shape.rank() == 0 {
            return Err(Error::invalid("Diag", "diagonal", "at least rank 1", "shape ()"));
        }
        let n = shape.size();
        let flat = g.reshape(diagonal, [n])?;
        let zero = g.scalar(g.dtype(flat), 0.0)?;
        // Elements stand n + 1 places apart.
        let spread = g.pad(flat, zero, &[0], &[0], &[n])?;
        g.reshape(spread, shape.iter().chain(shape.iter()).copied().collect::<Shape>())
    };
    cases [case().f32([3]), case().f32([2, 2]), case().ints([2], 0, 9), case().f32([0])]
    errors [case().f32([])]
}

/// A tensor of twice the rank with the elements on its diagonal and zeros elsewhere (`tf.linalg.tensor_diag`).
///
/// # Errors
/// `InvalidArgument` for a scalar.
pub fn tensor_diag(diagonal: impl IntoTensor) -> Result<Tensor> {
    run_one(&Diag {}, &[&diagonal.into_tensor(None)?])
}

crate::op! {
    /// The diagonal of a tensor whose shape is twice the same: the inverse of `Diag`.
    DiagPart in "tf.linalg.tensor_diag_part" (input) {}
    build |s, g| {
        let shape = g.shape(input).clone();
        let half = shape.rank() / 2;
        if shape.rank() % 2 == 1 || shape[..half] != shape[half..] {
            return Err(Error::invalid("DiagPart", "input", "a shape that is twice the same", shape));
        }
        let part: Shape = shape[..half].into();
        let n = part.size();
        let flat = g.reshape(input, [n * n])?;
        let y = g.slice(flat, &[0], &[n * n], &[n + 1])?;
        g.reshape(y, part)
    };
    cases [case().f32([3, 3]), case().f32([2, 2, 2, 2]), case().ints([2, 2], 0, 9)]
    errors [case().f32([2, 3]), case().f32([2, 2, 2])]
}

/// The diagonal of a tensor whose shape is twice the same (`tf.linalg.tensor_diag_part`).
///
/// # Errors
/// `InvalidArgument` for another shape.
pub fn tensor_diag_part(input: impl IntoTensor) -> Result<Tensor> {
    run_one(&DiagPart {}, &[&input.into_tensor(None)?])
}

crate::attr_enum! {
    /// Where diagonals that are shorter than the longest stand in their rows: those above the main diagonal, then those below.
    Align {
        /// Above to the left, below to the right.
        LeftRight = "LEFT_RIGHT",
        /// Above to the right, below to the left.
        RightLeft = "RIGHT_LEFT",
        /// All to the left.
        LeftLeft = "LEFT_LEFT",
        /// All to the right.
        RightRight = "RIGHT_RIGHT",
    }
}

/// A band of diagonals of a matrix: their numbers count from the main diagonal upwards.
#[derive(Clone, Copy)]
struct Band {
    lower: i64,
    upper: i64,
    rows: i64,
    cols: i64,
    align: Align,
}

impl Band {
    /// The diagonals `k` (one number, or the lowest and the highest) of a matrix.
    fn new(op: &str, k: &[i64], rows: i64, cols: i64, align: Align) -> Result<Self> {
        let (lower, upper) = range_of(op, k)?;
        let inside = |d: i64| d == 0 || (-rows < d && d < cols);
        if !inside(lower) || !inside(upper) {
            return Err(Error::invalid(
                op,
                "k",
                format_args!("diagonals above {} and below {cols}", -rows),
                format_args!("{k:?}"),
            ));
        }
        Ok(Band { lower, upper, rows, cols, align })
    }

    fn count(&self) -> usize {
        (self.upper - self.lower + 1) as usize
    }

    fn longest(&self) -> i64 {
        (self.rows + self.upper.min(0)).min(self.cols - self.lower.max(0))
    }

    /// The places of diagonals' elements in the packed form, as a function of the diagonal's number `d`: how far a short diagonal is moved.
    fn offset(&self, g: &mut Graph, d: Val) -> Result<Val> {
        let zero = g.zeros_like(d)?;
        let (low, high) = (g.min(d, zero)?, g.max(d, zero)?);
        let (rows, cols) = (g.full_like(d, self.rows as f64)?, g.full_like(d, self.cols as f64)?);
        let (down, across) = (g.add(rows, low)?, g.sub(cols, high)?);
        let len = g.min(down, across)?;
        let longest = g.full_like(d, self.longest() as f64)?;
        let moved = g.sub(longest, len)?;
        let left_above = matches!(self.align, Align::LeftRight | Align::LeftLeft);
        let left_below = matches!(self.align, Align::RightLeft | Align::LeftLeft);
        let (above, below) = (g.ge(d, zero)?, g.le(d, zero)?);
        let no = g.full(DType::Bool, g.shape(d).clone(), 0.0)?;
        let (a, b) = (if left_above { above } else { no }, if left_below { below } else { no });
        let left = g.or(a, b)?;
        g.select(left, zero, moved)
    }
}

fn range_of(op: &str, k: &[i64]) -> Result<(i64, i64)> {
    match *k {
        [k] => Ok((k, k)),
        [lower, upper] if lower <= upper => Ok((lower, upper)),
        _ => {
            Err(Error::invalid(op, "k", "one diagonal, or the lowest and the highest", format_args!("{k:?}")))
        }
    }
}

/// Row and column numbers in the shape of a matrix.
fn coordinates(g: &mut Graph, rows: usize, cols: usize) -> Result<(Val, Val)> {
    Ok((g.iota(DType::Int32, [rows, cols], 0)?, g.iota(DType::Int32, [rows, cols], 1)?))
}

/// Elements of the last two dimensions at places `(i, j)` of a matrix, zero where there are none.
fn at_places(g: &mut Graph, x: Val, i: Val, j: Val) -> Result<Val> {
    let (i, j) = (g.expand_dims(i, &[2])?, g.expand_dims(j, &[2])?);
    let at = g.concatenate(&[i, j], 2)?;
    let rank = g.rank(x);
    let y = g.gather(x, at, &[rank - 2, rank - 1], 0, GatherMode::Fill)?;
    let perm: Vec<usize> = (2..rank).chain([0, 1]).collect();
    g.transpose(y, &perm)
}

/// Packed diagonals spread over a matrix, and where they stand.
fn spread(g: &mut Graph, op: &str, diagonal: Val, band: &Band) -> Result<(Val, Val)> {
    let mut packed = g.shape(diagonal).clone();
    if band.count() == 1 {
        packed.0.insert(packed.rank() - 1, 1);
    }
    let rank = packed.rank();
    if rank < 2 || packed[rank - 2] != band.count() || packed[rank - 1] as i64 != band.longest() {
        let wanted = format!("{} diagonals of {}", band.count(), band.longest());
        return Err(Error::invalid(op, "diagonal", wanted, format_args!("shape {}", g.shape(diagonal))));
    }
    let x = g.reshape(diagonal, packed.clone())?;
    let (i, j) = coordinates(g, band.rows as usize, band.cols as usize)?;
    let (d, low) = (g.sub(j, i)?, g.min(i, j)?);
    let (lowest, highest) = (g.full_like(d, band.lower as f64)?, g.full_like(d, band.upper as f64)?);
    let which = g.sub(highest, d)?;
    let offset = band.offset(g, d)?;
    let place = g.add(low, offset)?;
    let y = at_places(g, x, which, place)?;
    let (above, below) = (g.ge(d, lowest)?, g.le(d, highest)?);
    let inside = g.and(above, below)?;
    let shape = g.shape(y).clone();
    let inside = g.broadcast_to(inside, &shape)?;
    Ok((y, inside))
}

fn matrix_diag(g: &mut Graph, s: &MatrixDiagV3, diagonal: Val, padding: Val) -> Result<Val> {
    let op = "MatrixDiagV3";
    let shape = g.shape(diagonal).clone();
    let Some(&longest) = shape.last() else {
        return Err(Error::invalid(op, "diagonal", "at least rank 1", "shape ()"));
    };
    crate::ops::build::want_rank(g, op, "padding_value", padding, 0)?;
    let (lower, upper) = range_of(op, &s.k)?;
    let (least_rows, least_cols) =
        ((longest as i64).saturating_sub(upper.min(0)), (longest as i64).saturating_add(lower.max(0)));
    let (rows, cols) = match (s.num_rows, s.num_cols) {
        (-1, -1) => (least_rows.max(least_cols), least_rows.max(least_cols)),
        (-1, cols) => (least_rows, cols),
        (rows, -1) => (rows, least_cols),
        both => both,
    };
    let fits = rows >= least_rows && cols >= least_cols && (rows == least_rows || cols == least_cols);
    if !fits {
        let wanted = format!("at least {least_rows} rows and {least_cols} columns, one of them exactly");
        return Err(Error::invalid(op, "num_rows, num_cols", wanted, format_args!("{rows} and {cols}")));
    }
    let band = Band::new(op, &s.k, rows, cols, s.align)?;
    let (y, inside) = spread(g, op, diagonal, &band)?;
    let filled = g.broadcast_in_dim(padding, g.shape(y).clone(), &[])?;
    g.select(inside, y, filled)
}

crate::op! {
    /// Matrices with given diagonals, and a padding value elsewhere.
    MatrixDiagV3 in "tf.linalg.diag" (diagonal, padding_value) {
        /// Which diagonals: one number, or the lowest and the highest.
        k: Vec<i64>,
        /// Rows of a matrix; -1 for as many as needed.
        num_rows: i64,
        /// Columns of a matrix; -1 for as many as needed.
        num_cols: i64,
        /// Where short diagonals stand in their rows.
        align: Align = Align::RightLeft,
    }
    build |s, g| matrix_diag(g, s, diagonal, padding_value);
    vjp |s, g, x, y, dy| {
        let again = matrix_diag(g, s, x[0], x[1])?;
        Ok(vec![gradient(g, &[again], &[Some(dy)], &x[..1])?[0], None])
    };
    cases [
        case().with("k", 0).with("num_rows", -1).with("num_cols", -1).f32([2, 3]).values([], &[0.0]),
        case().with("k", 1).with("num_rows", -1).with("num_cols", -1).f32([3]).values([], &[9.0]),
        case().with("k", [-1, 1]).with("num_rows", 3).with("num_cols", -1).f32([2, 3, 3]).values([], &[-1.0]),
        case().with("k", [-1, 2]).with("num_rows", 4).with("num_cols", 4).with("align", "LEFT_RIGHT").f32([4, 4]).values([], &[0.0]),
        case().with("k", [-2, 0]).with("num_rows", 3).with("num_cols", 5).with("align", "LEFT_LEFT").f32([3, 3]).values([], &[0.0]),
        case().with("k", [-2, -1]).with("num_rows", -1).with("num_cols", 4).with("align", "RIGHT_RIGHT").ints([2, 2], 1, 9).ints([], 0, 1),
    ]
    errors [
        case().with("k", [1, 0]).with("num_rows", -1).with("num_cols", -1).f32([2, 3]).f32([]),
        case().with("k", 0).with("num_rows", 2).with("num_cols", 2).f32([3]).f32([]),
        case().with("k", [0, 1]).with("num_rows", -1).with("num_cols", -1).f32([3, 3]).f32([]),
    ]
}

fn matrix_diag_part(g: &mut Graph, s: &MatrixDiagPartV3, input: Val, padding: Val) -> Result<Val> {
    let op = "MatrixDiagPartV3";
    let shape = g.shape(input).clone();
    let [batch @ .., rows, cols] = &shape[..] else {
        return Err(Error::invalid(op, "input", "at least rank 2", format_args!("shape {shape}")));
    };
    crate::ops::build::want_rank(g, op, "padding_value", padding, 0)?;
    let band = Band::new(op, &s.k, *rows as i64, *cols as i64, s.align)?;
    let (count, longest) = (band.count(), band.longest().max(0) as usize);
    let (m, n) = coordinates(g, count, longest)?;
    let highest = g.full_like(m, band.upper as f64)?;
    let d = g.sub(highest, m)?;
    let offset = band.offset(g, d)?;
    let along = g.sub(n, offset)?;
    let zero = g.zeros_like(d)?;
    let (down, across) = (g.min(d, zero)?, g.max(d, zero)?);
    let (i, j) = (g.sub(along, down)?, g.add(along, across)?);
    let y = at_places(g, input, i, j)?;
    let (bottom, right) = (g.full_like(i, *rows as f64)?, g.full_like(j, *cols as f64)?);
    let (a, b, c) = (g.ge(along, zero)?, g.lt(i, bottom)?, g.lt(j, right)?);
    let inside = g.and(a, b)?;
    let inside = g.and(inside, c)?;
    let full = g.shape(y).clone();
    let inside = g.broadcast_to(inside, &full)?;
    let filled = g.broadcast_in_dim(padding, full, &[])?;
    let y = g.select(inside, y, filled)?;
    let mut out: Vec<usize> = batch.to_vec();
    out.extend(if count == 1 { vec![longest] } else { vec![count, longest] });
    g.reshape(y, out)
}

crate::op! {
    /// Diagonals of matrices, packed in rows from the highest to the lowest.
    MatrixDiagPartV3 in "tf.linalg.diag_part" (input, padding_value) {
        /// Which diagonals: one number, or the lowest and the highest.
        k: Vec<i64>,
        /// Where short diagonals stand in their rows.
        align: Align = Align::RightLeft,
    }
    build |s, g| matrix_diag_part(g, s, input, padding_value);
    vjp |s, g, x, y, dy| {
        let again = matrix_diag_part(g, s, x[0], x[1])?;
        Ok(vec![gradient(g, &[again], &[Some(dy)], &x[..1])?[0], None])
    };
    cases [
        case().with("k", 0).f32([2, 3, 4]).values([], &[0.0]),
        case().with("k", -1).f32([4, 3]).values([], &[0.0]),
        case().with("k", [-1, 2]).f32([2, 3, 4]).values([], &[9.0]),
        case().with("k", [-2, 1]).with("align", "LEFT_RIGHT").f32([4, 3]).values([], &[9.0]),
        case().with("k", [-1, 1]).with("align", "LEFT_LEFT").ints([3, 3], 1, 9).ints([], 0, 1),
    ]
    errors [case().with("k", 4).f32([3, 4]).f32([]), case().with("k", [1, 0]).f32([3, 3]).f32([]), case().with("k", 0).f32([3]).f32([])]
}

crate::op! {
    /// Matrices with some of their diagonals replaced.
    MatrixSetDiagV3 in "tf.linalg.set_diag" (input, diagonal) {
        /// Which diagonals: one number, or the lowest and the highest.
        k: Vec<i64>,
        /// Where short diagonals stand in their rows.
        align: Align = Align::RightLeft,
    }
    build |s, g| {
        let op = "MatrixSetDiagV3";
        let shape = g.shape(input).clone();
        let [batch @ .., rows, cols] = &shape[..] else {
            return Err(Error::invalid(op, "input", "at least rank 2", format_args!("shape {shape}")));
        };
        let band = Band::new(op, &s.k, *rows as i64, *cols as i64, s.align)?;
        let ds = g.shape(diagonal).clone();
        if ds.rank() < batch.len() + 1 || ds[..batch.len()] != *batch {
            return Err(Error::invalid(op, "diagonal", format_args!("leading dimensions {batch:?}"), ds));
        }
        let (y, inside) = spread(g, op, diagonal, &band)?;
        g.select(inside, y, input)
    };
    cases [
        case().with("k", 0).f32([2, 3, 4]).f32([2, 3]),
        case().with("k", [-1, 1]).f32([3, 3]).f32([3, 3]),
        case().with("k", [0, 2]).with("align", "LEFT_RIGHT").f32([3, 4]).f32([3, 3]),
        case().with("k", 1).ints([3, 3], 0, 9).ints([2], 0, 9),
    ]
    errors [case().with("k", 0).f32([3, 3]).f32([2]), case().with("k", 5).f32([3, 3]).f32([2])]
}

crate::op! {
    /// Matrices with zeros outside of a band around the main diagonal; a negative width keeps all on that side.
    MatrixBandPart in "tf.linalg.band_part" (input) {
        /// Diagonals kept below.
        num_lower: i64,
        /// Diagonals kept above.
        num_upper: i64,
    }
    build |s, g| {
        let shape = g.shape(input).clone();
        let [.., rows, cols] = shape[..] else {
            return Err(Error::invalid("MatrixBandPart", "input", "at least rank 2", format_args!("shape {shape}")));
        };
        for (arg, k, n) in [("num_lower", s.num_lower, rows), ("num_upper", s.num_upper, cols)] {
            if k > n as i64 {
                return Err(Error::invalid("MatrixBandPart", arg, format_args!("at most {n}"), k));
            }
        }
        let (i, j) = coordinates(g, rows, cols)?;
        let d = g.sub(j, i)?;
        let side = |width: i64, other: usize| if width < 0 { other as f64 } else { width as f64 };
        let lowest = g.full_like(d, -side(s.num_lower, rows))?;
        let highest = g.full_like(d, side(s.num_upper, cols))?;
        let (above, below) = (g.ge(d, lowest)?, g.le(d, highest)?);
        let inside = g.and(above, below)?;
        let inside = g.broadcast_to(inside, &shape)?;
        let zero = g.zeros_like(input)?;
        g.select(inside, input, zero)
    };
    cases [
        case().with("num_lower", 1).with("num_upper", -1).f32([4, 4]),
        case().with("num_lower", 0).with("num_upper", 1).f32([2, 3, 4]),
        case().with("num_lower", -1).with("num_upper", 0).ints([3, 3], 1, 9),
    ]
    errors [case().with("num_lower", 4).with("num_upper", 0).f32([3, 3]), case().with("num_lower", 0).with("num_upper", 0).f32([3])]
}

/// Matrices with zeros outside of a band around the main diagonal (`tf.linalg.band_part`); a negative width keeps all on that side.
///
/// # Errors
/// `InvalidArgument` for less than rank 2 or widths beyond the matrix.
pub fn band_part(input: impl IntoTensor, num_lower: i64, num_upper: i64) -> Result<Tensor> {
    run_one(&MatrixBandPart { num_lower, num_upper }, &[&input.into_tensor(None)?])
}

/// Matrices with the given main diagonals and zeros elsewhere (`tf.linalg.diag` with its defaults; see [`MatrixDiagV3`] for others).
///
/// # Errors
/// `InvalidArgument` for a scalar.
pub fn diag(diagonal: impl IntoTensor, k: i64) -> Result<Tensor> {
    let diagonal = diagonal.into_tensor(None)?;
    let zero = Literal::scalar(diagonal.dtype(), 0.0).into_tensor(None)?;
    run_one(
        &MatrixDiagV3 { k: vec![k], num_rows: -1, num_cols: -1, align: Align::RightLeft },
        &[&diagonal, &zero],
    )
}

/// Diagonal `k` of matrices (`tf.linalg.diag_part`, whose default is 0; see [`MatrixDiagPartV3`] for bands).
///
/// # Errors
/// `InvalidArgument` for less than rank 2 or a diagonal outside.
pub fn diag_part(input: impl IntoTensor, k: i64) -> Result<Tensor> {
    let input = input.into_tensor(None)?;
    let zero = Literal::scalar(input.dtype(), 0.0).into_tensor(None)?;
    run_one(&MatrixDiagPartV3 { k: vec![k], align: Align::RightLeft }, &[&input, &zero])
}

/// Matrices with diagonal `k` replaced (`tf.linalg.set_diag`, whose default is 0; see [`MatrixSetDiagV3`] for bands).
///
/// # Errors
/// `InvalidArgument` for shapes that do not fit.
pub fn set_diag(input: impl IntoTensor, diagonal: impl IntoTensor, k: i64) -> Result<Tensor> {
    let input = input.into_tensor(None)?;
    let diagonal = diagonal.into_tensor(Some(input.dtype()))?;
    run_one(&MatrixSetDiagV3 { k: vec![k], align: Align::RightLeft }, &[&input, &diagonal])
}

pub(super) const OPS: &[Row] = &[
    row::<Diag>(),
    row::<DiagPart>(),
    row::<MatrixDiagV3>(),
    row::<MatrixDiagPartV3>(),
    row::<MatrixSetDiagV3>(),
    row::<MatrixBandPart>(),
];
