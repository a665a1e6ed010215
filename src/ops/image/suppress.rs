//! Boxes thinned out: of those that overlap the best stays.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// The numbers of boxes that are left when each takes out those of lower score that overlap it too much.
    NonMaxSuppressionV3 in "tf.image.non_max_suppression" (boxes, scores) {
        max_output_size: i64,
        iou_threshold: f64 = 0.5,
        score_threshold: f64 = f64::NEG_INFINITY,
    }
    host |s, x| suppress(s, &x[0], &x[1]).map(|l| vec![l]);
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

fn suppress(s: &NonMaxSuppressionV3, boxes: &Literal, scores: &Literal) -> Result<Literal> {
    let op = "NonMaxSuppressionV3";
    let n = boxes.shape.first().copied().unwrap_or(0);
    if *boxes.shape != [n, 4] || *scores.shape != [n] {
        let received = format!("shapes {} and {}", boxes.shape, scores.shape);
        return Err(Error::invalid(op, "boxes, scores", "shapes (n, 4) and (n,)", received));
    }
    if !(0.0..=1.0).contains(&s.iou_threshold) {
        return Err(Error::invalid(op, "iou_threshold", "a number in [0, 1]", s.iou_threshold));
    }
    let Ok(most) = usize::try_from(s.max_output_size) else {
        return Err(Error::invalid(op, "max_output_size", "a number from 0 up", s.max_output_size));
    };
    let corners: Vec<[f32; 4]> = (0..n)
        .map(|i| {
            let at = |k: usize| boxes.f64_at(4 * i + k) as f32;
            [at(0).min(at(2)), at(1).min(at(3)), at(0).max(at(2)), at(1).max(at(3))]
        })
        .collect();
    let score = |i: &usize| scores.f64_at(*i);
    let mut order: Vec<usize> = (0..n).filter(|i| score(i) > s.score_threshold).collect();
    order.sort_by(|a, b| score(b).total_cmp(&score(a)));
    let mut kept: Vec<usize> = vec![];
    for i in order {
        if kept.len() == most {
            break;
        }
        if kept.iter().all(|&k| overlap(&corners[i], &corners[k]) <= s.iou_threshold as f32) {
            kept.push(i);
        }
    }
    Ok(Literal::ints(DType::Int32, [kept.len()], kept.into_iter().map(|i| i as i64).collect()))
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

pub(super) const OPS: &[Row] = &[row::<NonMaxSuppressionV3>()];
