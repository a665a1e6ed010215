//! Where the four classic methods of resizing read along one axis.

use super::resample::Taps;

/// How positions of the result map to the input along one axis, in float32 as TensorFlow computes them.
pub(super) struct Axis {
    pub(super) input: usize,
    pub(super) output: usize,
    pub(super) scale: f32,
    /// `align_corners`.
    pub(super) align: bool,
    /// `half_pixel_centers`.
    pub(super) half: bool,
}

impl Axis {
    /// Where place `i` of the result lies in the input.
    fn place(&self, i: usize) -> f32 {
        if self.half { (i as f32 + 0.5) * self.scale - 0.5 } else { i as f32 * self.scale }
    }

    fn bound(&self, i: i64) -> i64 {
        i.clamp(0, self.input as i64 - 1)
    }
}

pub(super) fn nearest(a: &Axis) -> Taps {
    let place = |i: usize| {
        let at = if a.half { (i as f32 + 0.5) * a.scale } else { i as f32 * a.scale };
        a.bound(if a.align { at.round() } else { at.floor() } as i64)
    };
    Taps::nearest((0..a.output).map(place).collect())
}

pub(super) fn bilinear(a: &Axis) -> Taps {
    let place = |i: usize| {
        let at = a.place(i);
        let part = at - at.floor();
        let (below, above) = (a.bound(at.floor() as i64), a.bound(at.ceil() as i64));
        vec![(below, 1.0 - part), (above, part)]
    };
    Taps::weighted((0..a.output).map(place).collect())
}

/// Steps between which the cubic's weights are not told apart.
const STEPS: f32 = 1024.0;

/// Keys' cubic weight at distance `x` below 1, and at `x + 1`.
fn cubic(x: f32, a: f64) -> (f32, f32) {
    let x = f64::from(x);
    let near = ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
    let x = x + 1.0;
    (near as f32, (((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a) as f32)
}

pub(super) fn bicubic(axis: &Axis) -> Taps {
    let a = if axis.half { -0.5 } else { -0.75 };
    let place = |i: usize| {
        let at = axis.place(i);
        let below = at.floor();
        let step = ((at - below) * STEPS).round_ties_even();
        let ((near0, far0), (near1, far1)) = (cubic(step / STEPS, a), cubic((STEPS - step) / STEPS, a));
        let taps = [(-1, far0), (0, near0), (1, near1), (2, far1)].map(|(d, w)| (below as i64 + d, w));
        if !axis.half {
            return taps.map(|(p, w)| (axis.bound(p), w)).to_vec();
        }
        // What lies outside has no weight, and the others add up to 1.
        let inside = taps.map(|(p, w)| (axis.bound(p), if axis.bound(p) == p { w } else { 0.0 }));
        let sum: f32 = inside.iter().map(|t| t.1).sum();
        let by = if sum.abs() >= 1000.0 * f32::MIN_POSITIVE { 1.0 / sum } else { 1.0 };
        inside.map(|(p, w)| (p, w * by)).to_vec()
    };
    Taps::weighted((0..axis.output).map(place).collect())
}

pub(super) fn area(a: &Axis) -> Taps {
    let place = |i: usize| {
        let (start, end) = (i as f32 * a.scale, (i + 1) as f32 * a.scale);
        let cells = start.floor() as i64..end.ceil() as i64;
        let share = |c: i64| {
            let (low, high) = (c as f32, (c + 1) as f32);
            match (low < start, high > end) {
                (true, true) => a.scale,
                (true, false) => high - start,
                (false, true) => end - low,
                (false, false) => 1.0,
            }
        };
        cells.map(|c| (a.bound(c), share(c) / a.scale)).collect()
    };
    Taps::weighted((0..a.output).map(place).collect())
}
