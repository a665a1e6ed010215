//! Boxes thinned out: of those that overlap the best stays.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::tensor::{IntoTensor, Row, Tensor, row, run, run_one};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// The boxes of most tests, in three groups.
const GROUPS: [f64; 24] = [
    0.0, 0.0, 1.0, 1.0, 0.0, 0.1, 1.0, 1.1, 0.0, -0.1, 1.0, 0.9, 0.0, 10.0, 1.0, 11.0, 0.0, 10.1, 1.0, 11.1,
    0.0, 100.0, 1.0, 101.0,
];
const SCORES: [f64; 6] = [0.9, 0.75, 0.6, 0.95, 0.5, 0.3];

crate::op! {
    /// The numbers of boxes that are left when each takes out those of lower score that overlap it too much.
    NonMaxSuppression in "tf.image.non_max_suppression" (boxes, scores) { max_output_size: i64, iou_threshold: f64 = 0.5 }
    host |s, x| Ok(vec![Boxes::new("NonMaxSuppression", x, s.max_output_size, s.iou_threshold)?.kept().0]);
    cases [
        case().with("max_output_size", 3).values([6, 4], &GROUPS).values([6], &SCORES),
        case().with("max_output_size", 4).with("iou_threshold", 0.3).range([12, 4], 0.0, 1.0).distinct([12]),
    ]
    errors [case().with("max_output_size", 3).f32([6, 3]).f32([6])]
}

crate::op! {
    /// As `NonMaxSuppression`, where graphs have the threshold as an input.
    NonMaxSuppressionV2 in "tf.image.non_max_suppression" (boxes, scores) { max_output_size: i64, iou_threshold: f64 = 0.5 }
    host |s, x| Ok(vec![Boxes::new("NonMaxSuppressionV2", x, s.max_output_size, s.iou_threshold)?.kept().0]);
    cases [
        case().with("max_output_size", 3).values([6, 4], &GROUPS).values([6], &SCORES),
        case().with("max_output_size", 4).with("iou_threshold", 0.3).range([12, 4], 0.0, 1.0).distinct([12]),
    ]
    errors [
        case().with("max_output_size", 3).with("iou_threshold", 1.5).f32([6, 4]).f32([6]),
        case().with("max_output_size", -1).f32([6, 4]).f32([6]),
    ]
}

crate::op! {
    /// The numbers of boxes that are left when each takes out those of lower score that overlap it too much.
    NonMaxSuppressionV3 in "tf.image.non_max_suppression" (boxes, scores) {
        max_output_size: i64,
        iou_threshold: f64 = 0.5,
        score_threshold: f64 = f64::NEG_INFINITY,
    }
    host |s, x| {
        let boxes = Boxes::new("NonMaxSuppressionV3", x, s.max_output_size, s.iou_threshold)?;
        Ok(vec![Boxes { score_threshold: s.score_threshold, ..boxes }.kept().0])
    };
    cases [
        case().with("max_output_size", 3).values([6, 4], &[0.0, 0.0, 1.0, 1.0, 0.0, 0.1, 1.0, 1.1, 0.0, -0.1, 1.0, 0.9, 0.0, 10.0, 1.0, 11.0, 0.0, 10.1, 1.0, 11.1, 0.0, 100.0, 1.0, 101.0]).values([6], &[0.9, 0.75, 0.6, 0.95, 0.5, 0.3]),
        case().with("max_output_size", 30).with("score_threshold", 0.4).values([6, 4], &[1.0, 1.0, 0.0, 0.0, 0.0, 0.1, 1.0, 1.1, 0.0, 0.9, 1.0, -0.1, 0.0, 10.0, 1.0, 11.0, 1.0, 10.1, 0.0, 11.1, 1.0, 101.0, 0.0, 100.0]).values([6], &[0.9, 0.75, 0.6, 0.95, 0.5, 0.3]),
        case().with("max_output_size", 4).with("iou_threshold", 0.3).range([12, 4], 0.0, 1.0).distinct([12]),
        case().with("max_output_size", 4).values([3, 4], &[0.0, 0.0, 1.0, 1.0]).values([3], &[0.5]),
        case().with("max_output_size", 0).range([3, 4], 0.0, 1.0).f32([3]),
        case().with("max_output_size", 4).f32([0, 4]).f32([0]),
    ]
    errors [
        case().with("max_output_size", 3).f32([6, 3]).f32([6]),
        case().with("max_output_size", 3).f32([6, 4]).f32([5]),
        case().with("max_output_size", 3).with("iou_threshold", 1.5).f32([6, 4]).f32([6]),
        case().with("max_output_size", -1).f32([6, 4]).f32([6]),
    ]
}

crate::op! {
    /// As `NonMaxSuppressionV3`, filled up with zeros where asked, and how many numbers there are without these.
    NonMaxSuppressionV4 in "tf.image.non_max_suppression_padded" (boxes, scores) {
        max_output_size: i64,
        iou_threshold: f64 = 0.5,
        score_threshold: f64 = f64::NEG_INFINITY,
        pad_to_max_output_size: bool = false,
    }
    host |s, x| {
        let boxes = Boxes::new("NonMaxSuppressionV4", x, s.max_output_size, s.iou_threshold)?;
        let (mut kept, _) = Boxes { score_threshold: s.score_threshold, ..boxes }.kept();
        let count = kept.len();
        if s.pad_to_max_output_size {
            kept = filled_up("NonMaxSuppressionV4", kept, s.max_output_size)?;
        }
        Ok(vec![kept, Literal::scalar(DType::Int32, count as f64)])
    };
    cases [
        case().with("max_output_size", 5).with("pad_to_max_output_size", true).values([6, 4], &GROUPS).values([6], &SCORES),
        case().with("max_output_size", 5).with("score_threshold", 0.4).values([6, 4], &GROUPS).values([6], &SCORES),
        case().with("max_output_size", 2).with("pad_to_max_output_size", true).f32([0, 4]).f32([0]),
    ]
    errors [case().with("max_output_size", 3).f32([6, 4]).f32([5])]
}

crate::op! {
    /// As `NonMaxSuppressionV4`, with the scores; with a `soft_nms_sigma` above 0 overlap lowers scores in place of taking boxes out.
    NonMaxSuppressionV5 in "tf.image.non_max_suppression_with_scores" (boxes, scores) {
        max_output_size: i64,
        iou_threshold: f64 = 0.5,
        score_threshold: f64 = f64::NEG_INFINITY,
        soft_nms_sigma: f64 = 0.0,
        pad_to_max_output_size: bool = false,
    }
    host |s, x| {
        let op = "NonMaxSuppressionV5";
        let boxes = Boxes::new(op, x, s.max_output_size, s.iou_threshold)?;
        if s.soft_nms_sigma.is_nan() || s.soft_nms_sigma < 0.0 {
            return Err(Error::invalid(op, "soft_nms_sigma", "a number from 0 up", s.soft_nms_sigma));
        }
        let (mut kept, mut scores) = Boxes { score_threshold: s.score_threshold, sigma: s.soft_nms_sigma as f32, ..boxes }.kept();
        let count = kept.len();
        if s.pad_to_max_output_size {
            (kept, scores) = (filled_up(op, kept, s.max_output_size)?, filled_up(op, scores, s.max_output_size)?);
        }
        Ok(vec![kept, scores, Literal::scalar(DType::Int32, count as f64)])
    };
    cases [
        case().with("max_output_size", 6).with("soft_nms_sigma", 0.5).with("iou_threshold", 1.0).values([6, 4], &GROUPS).values([6], &SCORES),
        case().with("max_output_size", 6).with("soft_nms_sigma", 0.3).with("score_threshold", 0.2).with("iou_threshold", 0.9).with("pad_to_max_output_size", true).values([6, 4], &GROUPS).values([6], &SCORES),
        case().with("max_output_size", 3).values([6, 4], &GROUPS).values([6], &SCORES),
        case().with("max_output_size", 8).with("soft_nms_sigma", 0.2).range([12, 4], 0.0, 1.0).distinct([12]),
    ]
    errors [
        case().with("max_output_size", 3).with("soft_nms_sigma", -1.0).f32([6, 4]).f32([6]),
        case().with("max_output_size", 3).f32([6, 4]).f32([5]),
    ]
}

/// Boxes with their scores, and how they are thinned out.
struct Boxes {
    corners: Vec<[f32; 4]>,
    scores: Vec<f32>,
    dtype: DType,
    most: usize,
    iou_threshold: f32,
    score_threshold: f64,
    sigma: f32,
}

/// A box that waits for its turn: the highest score first, of equal ones the lowest number.
struct Waiting {
    score: f32,
    at: usize,
    /// Boxes kept before this one have lowered its score already.
    seen: usize,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.at.cmp(&self.at))
    }
}

impl Boxes {
    fn new(op: &str, x: &[Literal], max_output_size: i64, iou_threshold: f64) -> Result<Boxes> {
        let [boxes, scores] = x else {
            return Err(Error::invalid(op, "inputs", 2, x.len()));
        };
        let n = boxes.shape.first().copied().unwrap_or(0);
        if *boxes.shape != [n, 4]
            || *scores.shape != [n]
            || !boxes.dtype.is_float()
            || scores.dtype != boxes.dtype
        {
            let received = format!("{}{} and {}{}", boxes.dtype, boxes.shape, scores.dtype, scores.shape);
            return Err(Error::invalid(op, "boxes, scores", "floats of shapes (n, 4) and (n,)", received));
        }
        if !(0.0..=1.0).contains(&iou_threshold) {
            return Err(Error::invalid(op, "iou_threshold", "a number in [0, 1]", iou_threshold));
        }
        let Ok(most) = usize::try_from(max_output_size) else {
            return Err(Error::invalid(op, "max_output_size", "a number from 0 up", max_output_size));
        };
        let corners = (0..n).map(|i| {
            let at = |k: usize| boxes.f64_at(4 * i + k) as f32;
            [at(0).min(at(2)), at(1).min(at(3)), at(0).max(at(2)), at(1).max(at(3))]
        });
        Ok(Boxes {
            corners: corners.collect(),
            scores: (0..n).map(|i| scores.f64_at(i) as f32).collect(),
            dtype: boxes.dtype,
            most,
            iou_threshold: iou_threshold as f32,
            score_threshold: f64::NEG_INFINITY,
            sigma: 0.0,
        })
    }

    /// The numbers of the boxes that are left, best first, and their scores.
    fn kept(&self) -> (Literal, Literal) {
        let passes = |score: f32| f64::from(score) > self.score_threshold;
        let all = self.scores.iter().enumerate().filter(|(_, s)| passes(**s));
        let mut waiting: BinaryHeap<Waiting> =
            all.map(|(at, &score)| Waiting { score, at, seen: 0 }).collect();
        let mut kept: Vec<(usize, f32)> = vec![];
        while kept.len() < self.most {
            let Some(mut next) = waiting.pop() else { break };
            let before = next.score;
            let mut gone = false;
            // Those that were kept last are the likeliest to overlap.
            for &(other, _) in kept[next.seen..].iter().rev() {
                let overlap = overlap(&self.corners[next.at], &self.corners[other]);
                if overlap > self.iou_threshold && self.sigma == 0.0 {
                    gone = true;
                    break;
                }
                next.score *= self.weight(overlap);
                if !passes(next.score) {
                    break;
                }
            }
            next.seen = kept.len();
            if gone {
                continue;
            }
            if next.score == before {
                kept.push((next.at, next.score));
            } else if passes(next.score) {
                waiting.push(next);
            }
        }
        let numbers = kept.iter().map(|k| k.0 as i64).collect();
        let scores = kept.iter().map(|k| f64::from(k.1)).collect();
        (
            Literal::ints(DType::Int32, [kept.len()], numbers),
            Literal::floats(self.dtype, [kept.len()], scores),
        )
    }

    /// What is left of the score of a box that overlaps a better one.
    fn weight(&self, overlap: f32) -> f32 {
        if self.sigma == 0.0 {
            return 1.0;
        }
        if overlap > self.iou_threshold {
            return 0.0;
        }
        libm::expf(-0.5 / self.sigma * overlap * overlap)
    }
}

/// The largest number of results that is filled up to.
const MOST: i64 = i32::MAX as i64;

/// `l` with zeros up to a size.
fn filled_up(op: &str, l: Literal, size: i64) -> Result<Literal> {
    let Some(n) = Some(size).filter(|n| *n <= MOST).and_then(|n| usize::try_from(n).ok()) else {
        return Err(Error::invalid(op, "max_output_size", format_args!("a number from 0 to {MOST}"), size));
    };
    Ok(if l.dtype.is_exact() {
        let mut v = l.to_i64s();
        v.resize(n, 0);
        Literal::ints(l.dtype, [n], v)
    } else {
        let mut v = l.to_f64s();
        v.resize(n, 0.0);
        Literal::floats(l.dtype, [n], v)
    })
}

/// The area of two boxes' intersection over that of their union.
fn overlap(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let area = |c: &[f32; 4]| (c[2] - c[0]) * (c[3] - c[1]);
    let (area_a, area_b) = (area(a), area(b));
    if area_a <= 0.0 || area_b <= 0.0 {
        return 0.0;
    }
    let height = (a[2].min(b[2]) - a[0].max(b[0])).max(0.0);
    let width = (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    let common = height * width;
    common / (area_a + area_b - common)
}

/// The numbers (int32) of at most `max_output_size` boxes, best score first, without those that overlap a better one by more than
/// `iou_threshold` or score no more than `score_threshold` (`tf.image.non_max_suppression`, whose defaults are 0.5 and minus infinity).
///
/// # Errors
/// `InvalidArgument` for shapes that do not fit and a threshold outside of [0, 1]; `Unimplemented` in a function that is traced: the
/// result's shape depends on values.
pub fn non_max_suppression(
    boxes: impl IntoTensor,
    scores: impl IntoTensor,
    max_output_size: usize,
    iou_threshold: f64,
    score_threshold: f64,
) -> Result<Tensor> {
    let op = NonMaxSuppressionV3 { max_output_size: max_output_size as i64, iou_threshold, score_threshold };
    run_one(&op, &[&boxes.into_tensor(None)?, &scores.into_tensor(None)?])
}

/// As [`non_max_suppression`], filled up with zeros to `max_output_size` where asked, and how many numbers there are without these
/// (`tf.image.non_max_suppression_padded` of one set of boxes).
///
/// # Errors
/// As [`non_max_suppression`].
pub fn non_max_suppression_padded(
    boxes: impl IntoTensor,
    scores: impl IntoTensor,
    max_output_size: usize,
    iou_threshold: f64,
    score_threshold: f64,
    pad_to_max_output_size: bool,
) -> Result<(Tensor, Tensor)> {
    let max_output_size = max_output_size as i64;
    let op = NonMaxSuppressionV4 { max_output_size, iou_threshold, score_threshold, pad_to_max_output_size };
    let found = run(&op, &[&boxes.into_tensor(None)?, &scores.into_tensor(None)?])?;
    match <[Tensor; 2]>::try_from(found) {
        Ok([kept, count]) => Ok((kept, count)),
        Err(_) => Err(Error::internal("NonMaxSuppressionV4", "wanted two results")),
    }
}

/// As [`non_max_suppression`], with the scores of the boxes that are left (`tf.image.non_max_suppression_with_scores`). With a
/// `soft_nms_sigma` above 0 (TensorFlow's default is 0) a better box lowers the scores of those that it overlaps.
///
/// # Errors
/// As [`non_max_suppression`]; `InvalidArgument` for a sigma below 0.
pub fn non_max_suppression_with_scores(
    boxes: impl IntoTensor,
    scores: impl IntoTensor,
    max_output_size: usize,
    iou_threshold: f64,
    score_threshold: f64,
    soft_nms_sigma: f64,
) -> Result<(Tensor, Tensor)> {
    let op = NonMaxSuppressionV5 {
        max_output_size: max_output_size as i64,
        iou_threshold,
        score_threshold,
        soft_nms_sigma,
        pad_to_max_output_size: false,
    };
    let found = run(&op, &[&boxes.into_tensor(None)?, &scores.into_tensor(None)?])?;
    match <[Tensor; 3]>::try_from(found) {
        Ok([kept, scores, _]) => Ok((kept, scores)),
        Err(_) => Err(Error::internal("NonMaxSuppressionV5", "wanted three results")),
    }
}

pub(super) const OPS: &[Row] = &[
    row::<NonMaxSuppression>(),
    row::<NonMaxSuppressionV2>(),
    row::<NonMaxSuppressionV3>(),
    row::<NonMaxSuppressionV4>(),
    row::<NonMaxSuppressionV5>(),
];
