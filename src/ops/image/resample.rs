//! Resampling along height and width: each result reads a few places of the input and weighs them.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{GatherMode, Graph, Literal, ReduceKind, Val, gradient};
use crate::shape::Shape;

/// Where each place along an axis of the result reads, and with which weights. Every place has equally many reads, spare ones of weight 0.
#[derive(Debug, Default)]
pub(super) struct Taps {
    /// Reads of a place.
    pub(super) count: usize,
    /// Positions in the input, `count` for each place.
    pub(super) indices: Vec<i64>,
    /// Weights of the reads; none where each place is one read of weight 1.
    pub(super) weights: Option<Vec<f32>>,
}

impl Taps {
    /// One read for each place.
    pub(super) fn nearest(indices: Vec<i64>) -> Taps {
        Taps { count: 1, indices, weights: None }
    }

    /// From lists of position and weight, which may be of different lengths; `spare` is a position for what is missing.
    pub(super) fn weighted(places: Vec<Vec<(i64, f32)>>) -> Taps {
        let count = places.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let (mut indices, mut weights) = (vec![], vec![]);
        for place in places {
            let spare = place.last().map_or(0, |p| p.0);
            for k in 0..count {
                let (i, w) = place.get(k).copied().unwrap_or((spare, 0.0));
                indices.push(i);
                weights.push(w);
            }
        }
        Taps { count, indices, weights: Some(weights) }
    }

    fn places(&self) -> usize {
        self.indices.len() / self.count.max(1)
    }
}

/// Images `[batch, height, width, channels]` resampled along both axes.
pub(super) fn resample(g: &mut Graph, images: Val, rows: &Taps, columns: &Taps) -> Result<Val> {
    // The axis that is read moves to the front: [height', batch, width, channels], then [width', height', batch, channels].
    let x = along(g, images, 1, rows)?;
    let x = along(g, x, 2, columns)?;
    g.transpose(x, &[2, 1, 0, 3])
}

fn along(g: &mut Graph, x: Val, axis: usize, taps: &Taps) -> Result<Val> {
    let n = taps.places();
    let Some(weights) = &taps.weights else {
        let at = g.constant(Literal::ints(DType::Int32, [n, 1], taps.indices.clone()))?;
        return g.gather(x, at, &[axis], 0, GatherMode::Clip);
    };
    let at = g.constant(Literal::ints(DType::Int32, [n, taps.count, 1], taps.indices.clone()))?;
    let read = g.gather(x, at, &[axis], 0, GatherMode::Clip)?;
    let weights: Vec<f64> = weights.iter().map(|&w| f64::from(w)).collect();
    let w = g.constant(Literal::floats(g.dtype(x), [n, taps.count], weights))?;
    let w = g.broadcast_in_dim(w, g.shape(read).clone(), &[0, 1])?;
    let weighted = g.mul(read, w)?;
    g.reduce(ReduceKind::Sum, weighted, &[1])
}

/// The adjoint of `like`, images that were resampled by `f`, from that of the result.
pub(super) fn adjoint(
    g: &mut Graph,
    op: &str,
    like: (DType, Shape),
    dy: Val,
    f: impl FnOnce(&mut Graph, Val) -> Result<Val>,
) -> Result<Val> {
    // Resampling is linear: its derivative at zero is its derivative everywhere.
    let zero = g.full(like.0, like.1, 0.0)?;
    let y = f(g, zero)?;
    if g.spec(y) != g.spec(dy) {
        return Err(Error::invalid(op, "grads", g.spec(y), g.spec(dy)));
    }
    let found = gradient(g, &[y], &[Some(dy)], &[zero])?.first().copied().flatten();
    found.ok_or_else(|| Error::internal(op, "resampling has no derivative"))
}
